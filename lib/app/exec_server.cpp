#include "app/exec_server.hpp"

#include <unistd.h>

#include <asio/post.hpp>
#include <cerrno>
#include <memory>
#include <utility>

#include "app/web_server.hpp"
#include "base/log.hpp"
#include "codec/ws_handshake.hpp"
#include "io/process/find_program.hpp"

namespace rt {
namespace {

// Behind the connections' own time, in which a command that ignores SIGTERM has its three seconds.
constexpr Milliseconds kEndTime = 1s;

class ExecServer final : private ExchangeHandler {
 public:
  ExecServer(Reactor& reactor, const std::shared_ptr<ExecCommands>& commands,
             const ExecServerOptions& options)
      : commands_(commands), options_(options), web_(reactor, options_.server, *this) {}

  // Nobody else tells them.
  ~ExecServer() {
    while (!commands_->connections.empty()) (*commands_->connections.begin())->on_gone();
  }
  ExecServer(const ExecServer&) = delete;
  ExecServer& operator=(const ExecServer&) = delete;

  Result<void> listen() { return web_.listen("ws", options_.notify); }
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
    const std::string& channel = options_.server.address.channel;
    if (!channel.empty() && request.path != channel)
      return web_.answers().refuse(exchange, 404, "there is nothing here");
    if (request.websocket == http::WebSocketWish::malformed)
      return web_.answers().refuse(exchange, 400, "this is no WebSocket handshake");
    if (request.websocket != http::WebSocketWish::valid)
      return web_.answers().refuse(exchange, 426, "only WebSockets are served here",
                                   {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}});
    if (commands_->running >= options_.max_children)
      return web_.answers().refuse(exchange, 503, "too many commands run here (--max-children)",
                                   {{"Retry-After", "1"}});
    start(exchange);
  }

  void start(Exchange& exchange) {
    const http::Request& request = exchange.request();
    std::vector<std::pair<std::string, std::string>> environment = {
        {"REMOTE_ADDR", exchange.peer_address()},
        {"PATH_INFO", std::string(request.path)},
        {"QUERY_STRING", std::string(request.query)}};
    auto connection =
        ExecConnection::start(commands_, std::string(request.path), std::move(environment));
    if (!connection) {
      Log::error("exec: " + connection.error().text());
      return web_.answers().refuse(exchange, 503, "the command cannot be run");
    }
    // It deletes itself when its peer is gone.
    exchange.open_websocket(subprotocol_for(request), *connection->release());
  }

  std::string_view subprotocol_for(const http::Request& request) const {
    for (const std::string& name : options_.server.service.subprotocols)
      if (ws::offers_subprotocol(request, name)) return name;
    return {};
  }

  const std::shared_ptr<ExecCommands> commands_;
  const ExecServerOptions& options_;
  WebServer web_;
};

}  // namespace

asio::awaitable<Result<void>> serve_commands(Reactor& reactor, Shutdown& shutdown,
                                             ExecServerOptions options) {
  const std::string program = options.command.words.front();
  const Result<std::string> path = program_path(program);
  if (!path) co_return path.error().within("--exec");
  if (access(path->c_str(), X_OK) != 0)
    co_return cannot_run(program, *path, errno).within("--exec");
  const auto commands = std::make_shared<ExecCommands>(reactor, options.command);
  // On the heap: what is posted to the loop may refer to it until the loop has stopped.
  const auto server = std::make_unique<ExecServer>(reactor, commands, options);
  if (Result<void> listens = server->listen(); !listens) co_return listens;
  co_await shutdown.wait();
  options.notify.stopping();
  // Once the connections have been told why.
  asio::post(reactor.context(), [commands] {
    for (ExecConnection* const connection : commands->connections) connection->end_command();
  });
  co_await server->drain();
  const SteadyTime deadline = std::chrono::steady_clock::now() + kEndTime;
  while (commands->running > 0 && std::chrono::steady_clock::now() < deadline)
    co_await commands->ended.wait_until(deadline);
  co_return Result<void>();
}

}  // namespace rt
