#include "app/replay_server.hpp"

#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "app/replay_players.hpp"
#include "app/web_server.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/http_values.hpp"
#include "codec/rt_v1.hpp"
#include "codec/ws_frame.hpp"
#include "codec/ws_handshake.hpp"

namespace rt {
namespace {

constexpr std::uint16_t kLost = 1006;  // no close code: the connection was lost without one

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

class SocketPlayer final : public Player, public WebSocketListener {
 public:
  SocketPlayer(PlayersPtr its_players, std::string channel)
      : Player(std::move(its_players)), channel_(std::move(channel)) {}

  bool write(std::string_view& bytes) override {
    if (socket_ == nullptr) return true;
    if (!socket_->write(bytes)) return false;
    bytes = {};
    return true;
  }
  std::string encode(const Message& message) const override {
    std::string frames;
    const bool text = message.kind == PayloadKind::text;
    ws::append_message(frames, text ? ws::Opcode::text : ws::Opcode::binary, message.payload);
    return frames;
  }
  void end(const RecordedLine& line) override {
    if (socket_ == nullptr) return;
    // 1005: it said none.
    const std::uint16_t code = line.code.value_or(1000);
    if (code == kLost || code == 1015)
      socket_->cut();
    else
      socket_->close(code == 1005 ? 1000 : code, line.reason);
  }
  void hold(bool held) override {
    if (socket_ != nullptr && held != std::exchange(held_, held)) socket_->pause_reading(held);
  }

  void on_open(WebSocket& socket) override;
  void on_message(PayloadKind kind, ws::Payload payload) override {
    Message message;
    message.payload = payload.take();
    message.kind = kind;
    message.channel = channel_;
    players->print(std::move(message));
    if (players->output.pending() > kMostForStdout) hold(true);
  }
  void on_writable() override { changed.notify_all(); }
  void on_gone() override { drop(); }

 private:
  void forget() override { socket_ = nullptr; }

  const std::string channel_;
  WebSocket* socket_ = nullptr;
  bool held_ = false;
};

class StreamPlayer final : public Player, public ExchangeListener {
 public:
  StreamPlayer(PlayersPtr its_players, Exchange& exchange)
      : Player(std::move(its_players)), exchange_(&exchange) {}

  bool write(std::string_view& bytes) override {
    if (exchange_ == nullptr) return true;
    bytes.remove_prefix(exchange_->write(bytes));
    return bytes.empty();
  }
  std::string encode(const Message& message) const override {
    std::string out;
    if (v1::fits_plain_event(message))
      v1::append_plain_event(out, message, message.id);
    else
      v1::append_envelope_event(out, message, message.id, message.channel);
    return out;
  }
  void end(const RecordedLine&) override { stop(); }
  void stop() override {
    if (Exchange* const exchange = std::exchange(exchange_, nullptr)) exchange->end_stream();
    drop();
  }
  void on_writable() override { changed.notify_all(); }
  void on_gone() override { drop(); }

 private:
  void forget() override { exchange_ = nullptr; }

  Exchange* exchange_;
};

void SocketPlayer::on_open(WebSocket& socket) {
  socket_ = &socket;
  asio::co_spawn(players->reactor.context(), play_to(shared_from_this()), rethrow);
}

// --- the server ----------------------------------------------------------------------------------

class ReplayServer final : private ExchangeHandler {
 public:
  ReplayServer(Reactor& reactor, const PlayersPtr& players)
      : players_(players), options_(players->options), web_(reactor, options_.server, *this) {}
  ~ReplayServer() {
    for (const PlayerPtr& player : players_->there()) player->drop();
  }
  ReplayServer(const ReplayServer&) = delete;
  ReplayServer& operator=(const ReplayServer&) = delete;

  Result<void> listen() {
    return web_.listen(options_.transport == Transport::ws ? "ws" : "http", options_.notify);
  }
  asio::awaitable<void> drain() { return web_.drain(); }

 private:
  bool admit(Exchange& exchange) override { return web_.admission().check(exchange); }

  void handle(Exchange& exchange) override {
    if (!admit(exchange)) return;
    const http::Request& request = exchange.request();
    const std::string& channel = options_.server.address.channel;
    const Answers& answers = web_.answers();
    if (request.method == "OPTIONS") return answers.preflight(exchange);
    if (!channel.empty() && request.path != channel)
      return answers.refuse(exchange, 404, "there is nothing here");
    if (request.websocket == http::WebSocketWish::malformed)
      return answers.refuse(exchange, 400, "this is no WebSocket handshake");
    if (request.websocket == http::WebSocketWish::bad_version)
      return answers.refuse(exchange, 426, "only version 13 of WebSocket is spoken here",
                            {{"Sec-WebSocket-Version", "13"}});
    if (request.websocket == http::WebSocketWish::valid) return open_socket(exchange);
    const std::string_view accept = request.value("Accept");
    const bool asks = http::accepts_explicitly(accept, "text/event-stream");
    if (is_read(request.method)) {
      const bool any = options_.transport != Transport::ws &&
                       http::accept_quality(accept, "text/event-stream") > 0;
      if (asks || any) return open_stream(exchange);
      return answers.refuse(exchange, 406,
                            "a recording is played as a WebSocket or an event stream");
    }
    take_publication(exchange, asks);
  }

  // A POST may ask for the stream.
  void take_publication(Exchange& exchange, bool asks) {
    Message message;
    message.channel = exchange.request().path;
    message.content_type = exchange.request().value("Content-Type");
    message.payload = exchange.take_body();
    if (!valid_utf8(message.payload)) message.kind = PayloadKind::binary;
    players_->print(std::move(message));
    if (asks) return open_stream(exchange);
    Response response;
    response.status = 204;
    web_.answers().add_cors(exchange.request(), response.fields);
    exchange.respond(response);
  }

  void prepare(Player& player, Exchange& exchange) const {
    player.peer = exchange.peer_address();
    if (const auto next = players_->next_of(player.peer))
      player.place = *next;
    else
      player.after_id = exchange.request().value("Last-Event-ID");
  }

  void open_socket(Exchange& exchange) {
    const http::Request& request = exchange.request();
    const auto player = std::make_shared<SocketPlayer>(players_, std::string(request.path));
    prepare(*player, exchange);
    player->self = player;
    exchange.open_websocket(subprotocol_for(request), *player);
  }

  void open_stream(Exchange& exchange) {
    http::Fields fields{{"Content-Type", "text/event-stream"},
                        {"Cache-Control", "no-store"},
                        {"X-Accel-Buffering", "no"}};
    fields.add(kGuard);
    web_.answers().add_cors(exchange.request(), fields);
    if (exchange.request().method == "HEAD") return exchange.respond({200, fields, {}});
    const auto player = std::make_shared<StreamPlayer>(players_, exchange);
    prepare(*player, exchange);
    player->self = player;
    exchange.open_stream(fields, *player);
    asio::co_spawn(players_->reactor.context(), play_to(player), rethrow);
  }

  std::string_view subprotocol_for(const http::Request& request) const {
    for (const std::string& name : options_.server.service.subprotocols)
      if (ws::offers_subprotocol(request, name)) return name;
    return {};
  }

  const PlayersPtr players_;
  const ReplayServerOptions& options_;
  WebServer web_;
};

}  // namespace

asio::awaitable<Result<void>> serve_recording(Reactor& reactor, Shutdown& shutdown,
                                              ReplayServerOptions options) {
  const auto players = std::make_shared<Players>(reactor, shutdown, std::move(options));
  players->output.on_progress([weak = std::weak_ptr(players)] {
    if (const auto still = weak.lock()) still->on_output_progress();
  });
  // On the heap: what is posted to the loop may refer to it until the loop has stopped.
  const auto server = std::make_unique<ReplayServer>(reactor, players);
  if (Result<void> listens = server->listen(); !listens) co_return listens;
  players->output.begin();
  co_await shutdown.wait();
  players->options.notify.stopping();
  for (const PlayerPtr& player : players->there()) player->stop();
  co_await server->drain();
  if (players->failed) co_return *players->failed;
  co_return players->encoder.verdict();
}

}  // namespace rt
