#include "app/exec_server.hpp"

#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <exception>
#include <memory>
#include <unordered_set>
#include <utility>

#include "app/web_server.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/ws_frame.hpp"
#include "codec/ws_handshake.hpp"
#include "io/loop/notifier.hpp"
#include "io/process/child.hpp"
#include "io/process/find_program.hpp"
#include "io/stdio/frame_writer.hpp"

namespace rt {
namespace {

constexpr Milliseconds kEndTime = 4s;  // a command that ignores SIGTERM has three seconds
constexpr std::size_t kMostWaiting = 256u << 10;  // bytes for a command before reading stops

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

// What all commands share, and may outlive the server for as long as they take to end.
struct Commands {
  Commands(Reactor& its_reactor, ExecServerOptions with)
      : reactor(its_reactor), options(std::move(with)), ended(reactor.executor()) {}
  Reactor& reactor;
  const ExecServerOptions options;
  std::size_t running = 0;
  std::unordered_set<WebSocketListener*> connections;
  Notifier ended;  // one of those that run
};

// One command, and its connection for as long as that lasts.
struct Command {
  explicit Command(std::shared_ptr<Commands> commands)
      : all(std::move(commands)),
        child(all->reactor),
        decoder(all->options.framing),
        encoder(all->options.framing, Transport::ws, "exec"),
        fed(all->reactor.executor()),
        writable(all->reactor.executor()) {
    ++all->running;
  }
  ~Command() {
    --all->running;
    all->ended.notify_all();
  }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  void close(std::uint16_t code, std::string_view reason) {
    closing = true;
    fed.notify_all();
    if (socket != nullptr) socket->close(code, reason);
  }

  const std::shared_ptr<Commands> all;
  ChildProcess child;
  FrameDecoder decoder;
  FrameWriter encoder;
  std::string channel;
  WebSocket* socket = nullptr;  // null: not yet, or no more
  bool closing = false;
  bool gone = false;
  bool paused = false;
  bool deaf = false;  // it has closed its stdin
  std::string waiting;
  Notifier fed;
  Notifier writable;
};

using CommandPtr = std::shared_ptr<Command>;

// What has come goes to its stdin; while it does not read, neither do we.
asio::awaitable<void> feed(CommandPtr command) {
  for (;;) {
    while (command->waiting.empty() && !command->closing && !command->gone)
      co_await command->fed.wait();
    if (command->closing || command->gone) co_return;
    const std::string bytes = std::exchange(command->waiting, {});
    const Result<void> written = co_await command->child.write(bytes);
    if (!written) command->deaf = true;
    if (command->socket != nullptr && std::exchange(command->paused, false))
      command->socket->pause_reading(false);
    if (!written) co_return;
  }
}

asio::awaitable<bool> send(CommandPtr command, Batch batch) {
  for (const MessagePtr& message : batch) {
    std::string frames;
    const SendAs as = command->all->options.send_as;
    const bool may_be_text = message->kind == PayloadKind::text || valid_utf8(message->payload);
    const bool text = as == SendAs::by_content ? message->kind == PayloadKind::text
                                               : as == SendAs::text && may_be_text;
    ws::append_message(frames, text ? ws::Opcode::text : ws::Opcode::binary, message->payload);
    while (!command->gone && !command->closing && !command->socket->write(frames))
      co_await command->writable.wait();
    if (command->gone || command->closing) co_return false;
  }
  co_return true;
}

// What it writes is sent; while the peer does not take it, it is not read.
asio::awaitable<void> listen_to(CommandPtr command) {
  for (bool more = true; more && !command->gone;) {
    const Result<std::string> bytes = co_await command->child.read_output();
    more = bytes && !bytes->empty();
    Batch batch;
    const Result<void> decoded =
        more ? command->decoder.receive(*bytes, batch) : command->decoder.finish(batch);
    if (!co_await send(command, std::move(batch))) break;
    // Others get a turn between two reads.
    if (decoded) co_await asio::post(command->all->reactor.context(), asio::use_awaitable);
    if (decoded) continue;
    Log::warn("exec: " + decoded.error().text());
    command->close(1011, "the command's output cannot be sent");
    break;
  }
  if (command->closing || command->gone) command->child.end();
  const int status = co_await command->child.wait();
  if (status != 0 && !command->gone) Log::warn("exec: " + describe_exit(status));
  if (!command->closing && !command->gone)
    command->close(status == 0 ? 1000 : 1011, status == 0 ? "" : "the command has failed");
}

class Connection final : public WebSocketListener {
 public:
  explicit Connection(CommandPtr command) : command_(std::move(command)) {
    command_->all->connections.insert(this);
  }
  ~Connection() { command_->all->connections.erase(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void on_open(WebSocket& socket) override {
    command_->socket = &socket;
    asio::co_spawn(command_->all->reactor.context(), feed(command_), rethrow);
    asio::co_spawn(command_->all->reactor.context(), listen_to(command_), rethrow);
  }

  void on_message(PayloadKind kind, ws::Payload payload) override {
    if (command_->closing || command_->deaf) return;
    Message message;
    message.payload = payload.take();
    message.kind = kind;
    message.channel = command_->channel;
    command_->encoder.append(command_->waiting, message);
    command_->fed.notify_all();
    if (command_->waiting.size() < kMostWaiting || command_->paused) return;
    command_->paused = true;
    command_->socket->pause_reading(true);
  }

  void on_writable() override { command_->writable.notify_all(); }

  void on_gone() override {
    command_->gone = true;
    command_->socket = nullptr;
    command_->child.end();
    command_->fed.notify_all();
    command_->writable.notify_all();
    delete this;
  }

 private:
  const CommandPtr command_;
};

class ExecServer final : private ExchangeHandler {
 public:
  ExecServer(Reactor& reactor, const std::shared_ptr<Commands>& commands)
      : commands_(commands), options_(commands->options.server), web_(reactor, options_, *this) {}

  // Nobody else tells them.
  ~ExecServer() {
    while (!commands_->connections.empty()) (*commands_->connections.begin())->on_gone();
  }
  ExecServer(const ExecServer&) = delete;
  ExecServer& operator=(const ExecServer&) = delete;

  Result<void> listen() { return web_.listen("ws", commands_->options.notify); }
  asio::awaitable<void> drain() { return web_.drain(); }

 private:
  bool admit(Exchange& exchange) override {
    if (!web_.admission().check(exchange)) return false;
    if (is_read(exchange.request().method)) return true;
    web_.answers().refuse(exchange, 405, "only WebSockets are served here",
                          {{"Allow", "GET, HEAD"}});
    return false;
  }

  void handle(Exchange& exchange) override {
    if (!admit(exchange)) return;
    const http::Request& request = exchange.request();
    const std::string& channel = options_.address.channel;
    if (!channel.empty() && request.path != channel)
      return web_.answers().refuse(exchange, 404, "there is nothing here");
    if (request.websocket == http::WebSocketWish::malformed)
      return web_.answers().refuse(exchange, 400, "this is no WebSocket handshake");
    if (request.websocket != http::WebSocketWish::valid)
      return web_.answers().refuse(exchange, 426, "only WebSockets are served here",
                                   {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}});
    if (commands_->running >= commands_->options.max_children)
      return web_.answers().refuse(exchange, 503, "too many commands run here (--max-children)",
                                   {{"Retry-After", "1"}});
    start(exchange);
  }

  void start(Exchange& exchange) {
    const http::Request& request = exchange.request();
    const auto command = std::make_shared<Command>(commands_);
    command->channel = request.path;
    ChildOptions child;
    child.arguments = commands_->options.command;
    child.pipe_input = child.pipe_output = true;
    child.environment = {{"REMOTE_ADDR", exchange.peer_address()},
                         {"PATH_INFO", std::string(request.path)},
                         {"QUERY_STRING", std::string(request.query)}};
    if (const Result<void> started = command->child.start(std::move(child)); !started) {
      Log::error("exec: " + started.error().text());
      return web_.answers().refuse(exchange, 503, "the command cannot be run");
    }
    // It deletes itself when its peer is gone.
    auto connection = std::make_unique<Connection>(command);
    exchange.open_websocket(subprotocol_for(request), *connection.release());
  }

  std::string_view subprotocol_for(const http::Request& request) const {
    for (const std::string& name : options_.service.subprotocols)
      if (ws::offers_subprotocol(request, name)) return name;
    return {};
  }

  const std::shared_ptr<Commands> commands_;
  const HubServerOptions& options_;
  WebServer web_;
};

}  // namespace

asio::awaitable<Result<void>> serve_commands(Reactor& reactor, Shutdown& shutdown,
                                             ExecServerOptions options) {
  const std::string program = options.command.front();
  const Result<std::string> path = program_path(program);
  if (!path) co_return path.error().within("--exec");
  if (access(path->c_str(), X_OK) != 0)
    co_return cannot_run(program, *path, errno).within("--exec");
  const auto commands = std::make_shared<Commands>(reactor, std::move(options));
  // On the heap: what is posted to the loop may refer to it until the loop has stopped.
  const auto server = std::make_unique<ExecServer>(reactor, commands);
  if (Result<void> listens = server->listen(); !listens) co_return listens;
  co_await shutdown.wait();
  commands->options.notify.stopping();
  co_await server->drain();
  const SteadyTime deadline = std::chrono::steady_clock::now() + kEndTime;
  while (commands->running > 0 && std::chrono::steady_clock::now() < deadline)
    co_await commands->ended.wait_until(deadline);
  co_return Result<void>();
}

}  // namespace rt
