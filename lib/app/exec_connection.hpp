#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "codec/framing.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/reactor.hpp"
#include "io/process/child.hpp"
#include "io/server/exchange.hpp"
#include "model/send_as.hpp"

namespace rt {

// What a command for each connection is like.
struct ExecCommand {
  std::vector<std::string> words;       // the program first
  Framing framing;                      // of its stdin and stdout
  SendAs send_as = SendAs::by_content;  // what cannot be text is sent as binary
};

class ExecConnection;

// What all commands share, and may outlive the server for as long as they take to end.
struct ExecCommands {
  ExecCommands(Reactor& its_reactor, ExecCommand with)
      : reactor(its_reactor), command(std::move(with)), ended(reactor.executor()) {}
  Reactor& reactor;
  const ExecCommand command;
  std::size_t running = 0;
  std::unordered_set<ExecConnection*> connections;
  Notifier ended;  // one of those that run
};

// One WebSocket and its command, see serve_commands(). It deletes itself when its peer is gone; the
// command may take longer to end.
class ExecConnection final : public WebSocketListener {
 public:
  // Starts the command. Errors: it cannot be run.
  static Result<std::unique_ptr<ExecConnection>> start(
      const std::shared_ptr<ExecCommands>& commands, std::string channel,
      std::vector<std::pair<std::string, std::string>> environment);
  ~ExecConnection();
  ExecConnection(const ExecConnection&) = delete;
  ExecConnection& operator=(const ExecConnection&) = delete;

  void end_command();

  void on_open(WebSocket& socket) override;
  void on_message(PayloadKind kind, ws::Payload payload) override;
  void on_writable() override;
  void on_gone() override;

 private:
  struct Command;
  using CommandPtr = std::shared_ptr<Command>;

  explicit ExecConnection(CommandPtr command);
  static asio::awaitable<void> feed(CommandPtr command);
  static asio::awaitable<bool> send(CommandPtr command, Batch batch);
  // Sends what is whole in some of its output. False: the connection is over.
  static asio::awaitable<bool> pass_on(CommandPtr command, std::string_view bytes,
                                       Result<void>& decoded);
  static asio::awaitable<void> listen_to(CommandPtr command);

  const CommandPtr command_;
};

}  // namespace rt
