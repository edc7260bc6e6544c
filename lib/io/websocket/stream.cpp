#include "io/websocket/stream.hpp"

#include <asio/post.hpp>
#include <chrono>
#include <cstring>
#include <optional>

#include "base/text.hpp"
#include "codec/ws_session.hpp"
#include "io/net/proxy.hpp"
#include "io/net/tls.hpp"
#include "io/websocket/faults.hpp"
#include "io/websocket/opening.hpp"
#include "io/websocket/random.hpp"
#include "io/websocket/request.hpp"

namespace rt {
namespace {

// Of a frame's payload: servers have bounds for frames. So many make one send.
constexpr std::size_t kFrame = 16u << 10;
constexpr std::size_t kFramesAtOnce = 8;

WsClientOptions handshake_options(const WsStreamOptions& options) {
  WsClientOptions out;
  out.endpoint = options.endpoint;
  out.headers = options.headers;
  out.origin = options.origin;
  out.subprotocols = {options.subprotocol};
  return out;
}

bool in_good_order(std::uint16_t code) {
  return code == 1000 || code == 1001 || code == 1005;
}

}  // namespace

struct WsStream::State final : ws::SessionListener, std::enable_shared_from_this<WsStream::State> {
  State(Reactor& reactor_, WsStreamOptions with)
      : reactor(reactor_), options(std::move(with)), opening(reactor_) {
    options.endpoint.user.clear();
    options.endpoint.password.clear();
    options.endpoint.has_password = false;
    terms.role = ws::Role::client;
    terms.max_message = ~std::size_t{0};
    terms.in_pieces = true;
    terms.mask_key = [this] { return keys.next(); };
  }

  void close() {
    ++readable_turn;
    writable = nullptr;
    opening.abandon();
    stream.reset();
  }

  // --- the beginning
  Result<WsAttempt> attempt() const {
    const Endpoint& at = options.endpoint;
    auto fields = handshake_fields(handshake_options(options), at, true, http::Cookies(), 0);
    if (!fields) return fields.error();
    auto proxy = proxy_for(at, options.network);
    if (!proxy) return proxy.error();
    if (at.tls)
      if (auto checked = check_tls_files(options.tls); !checked) return checked.error();
    WsAttempt out;
    out.at = at;
    out.tls = options.tls;
    out.network = options.network;
    out.proxy = std::move(*proxy);
    out.fields = std::move(*fields);
    out.offer = {new_websocket_key(), {options.subprotocol}, {}};
    out.deadline = std::chrono::steady_clock::now() + options.connect_timeout;
    out.patience = options.connect_timeout;
    return out;
  }

  Result<void> begin(const ws::Answer& answer) {
    if (answer.status != 101) return handshake_refusal(answer, handshake_place(options.endpoint));
    if (answer.subprotocol.empty())
      return Error(Fault::protocol, "the server's WebSocket does not speak " + options.subprotocol +
                                        ": it chose no subprotocol")
          .with_hint("is the path right?");
    stream = opening.take_stream();
    early = opening.take_early();
    session.emplace(terms, static_cast<ws::SessionListener&>(*this));
    return {};
  }

  // --- reading
  void on_message(PayloadKind kind, ws::Payload payload) override {
    if (kind == PayloadKind::text) {
      has_text = true;
      return session->give_up(1003, "binary frames are needed");
    }
    const std::string_view bytes = payload.view();
    // They lie where they were received, and not before the place that they go to.
    std::memmove(filled, bytes.data(), bytes.size());
    filled += bytes.size();
  }
  void on_control(ws::Opcode, std::string_view) override {}
  bool on_hold(std::size_t) override { return true; }

  Result<Received> how_it_ended() const {
    if (has_text)
      return Error(Fault::protocol,
                   "the server sent a text frame, but " + options.subprotocol + " is binary");
    if (session->violation()) return *session->violation();
    const std::uint16_t code = session->peer_code();
    if (code == 1006 || in_good_order(code) || !session->closed_by_peer())
      return Received{.ended = true};
    std::string text = "the server has closed the WebSocket (" + std::to_string(code);
    if (!session->peer_reason().empty()) text += ": " + printable(session->peer_reason(), 123);
    return Error(Fault::network, text + ")");
  }

  bool is_over() const {
    return has_text || session->violation() || session->state() == ws::Session::State::ended;
  }

  // The next bytes of the network.
  Result<Received> receive_raw(std::span<char> into) {
    if (early.empty()) return stream->receive(into);
    const std::size_t size = std::min(early.size(), into.size());
    std::memcpy(into.data(), early.data(), size);
    early.erase(0, size);
    return Received{.size = size};
  }

  Result<Received> receive(std::span<char> into) {
    for (;;) {
      if (is_over()) return how_it_ended();
      const Result<Received> got = receive_raw(into);
      if (!got) return got.error();
      if (got->ended) return how_it_ended();
      if (got->size == 0) return Received{};
      filled = into.data();
      session->receive(into.first(got->size));
      send_output();
      const auto size = static_cast<std::size_t>(filled - into.data());
      if (size > 0) return Received{.size = size, .all = got->all && !is_over()};
      if (got->all && !is_over()) return Received{};
    }
  }

  void on_readable(std::function<void()> callback) {
    const unsigned turn = ++readable_turn;
    auto call = [weak = weak_from_this(), turn, callback = std::move(callback)] {
      const auto self = weak.lock();
      if (self && self->readable_turn == turn) callback();
    };
    // Neither the rest of what came with the answer nor an end that is known wakes a socket.
    if (!early.empty() || is_over())
      asio::post(reactor.executor(), std::move(call));
    else
      stream->on_readable(std::move(call));
  }

  // --- writing
  // False while some of what is framed waits for the system.
  Result<bool> send_framed() {
    while (sent < framed.size()) {
      const Result<std::size_t> taken = stream->send(std::string_view(framed).substr(sent));
      if (!taken) return taken.error();
      if (*taken == 0) return false;
      sent += *taken;
    }
    framed.clear();
    sent = 0;
    return true;
  }

  void frame(std::string_view bytes) {
    framed.swap(session->output());
    for (std::size_t i = 0; i < kFramesAtOnce && owed < bytes.size(); ++i) {
      const std::string_view payload = bytes.substr(owed, kFrame);
      ws::append_masked_frame(framed, ws::Opcode::binary, payload, keys.next());
      owed += payload.size();
    }
  }

  // A frame's bytes count as taken when the last of them has left.
  Result<std::size_t> send(std::string_view bytes) {
    Result<bool> gone = send_framed();
    if (gone && *gone && owed == 0) {
      if (session->state() != ws::Session::State::open)
        return Error(Fault::network, "the WebSocket is closed");
      frame(bytes);
      gone = send_framed();
    }
    if (!gone) return gone.error();
    return *gone ? std::exchange(owed, std::size_t{0}) : std::size_t{0};
  }

  // Pongs and a close: between any two frames, whoever else waits to write.
  void send_output() {
    if (framed.empty()) framed.swap(session->output());
    if (framed.empty()) return;
    // Reading tells of an error.
    const Result<bool> gone = send_framed();
    if (gone && !*gone) wait_for_room();
  }

  void wait_for_room() {
    if (std::exchange(waits, true)) return;
    stream->on_writable([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || !self->stream) return;
      self->waits = false;
      if (const auto callback = std::exchange(self->writable, nullptr)) callback();
      if (self->stream) self->send_output();
    });
  }

  Reactor& reactor;
  WsStreamOptions options;
  WsOpening opening;
  MaskKeys keys;
  ws::SessionOptions terms;
  std::unique_ptr<NetStream> stream;
  std::optional<ws::Session> session;
  std::string early;
  char* filled = nullptr;  // in what is being received: the end of what is handed on
  bool has_text = false;
  unsigned readable_turn = 0;

  std::string framed;  // whole frames, of which `sent` bytes have gone
  std::size_t sent = 0;
  std::size_t owed = 0;  // bytes of the caller in it
  std::function<void()> writable;
  bool waits = false;  // for the system to take more
};

WsStream::WsStream(Reactor& reactor, WsStreamOptions options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}
WsStream::~WsStream() {
  state_->close();
}

asio::awaitable<Result<void>> WsStream::connect() {
  const std::shared_ptr<State> state = state_;
  Result<WsAttempt> attempt = state->attempt();
  if (!attempt) co_return attempt.error();
  const Result<ws::Answer> answer = co_await state->opening.run(*std::move(attempt));
  if (!answer) co_return answer.error();
  co_return state->begin(*answer);
}

Result<Carrier::Received> WsStream::receive(std::span<char> into) {
  return state_->receive(into);
}
Result<std::size_t> WsStream::send(std::string_view bytes) {
  return state_->send(bytes);
}
void WsStream::close() {
  state_->close();
}
void WsStream::end_sending() {
  state_->session->close(1000, {});
  state_->send_output();
}
void WsStream::on_readable(std::function<void()> callback) {
  state_->on_readable(std::move(callback));
}
void WsStream::on_writable(std::function<void()> callback) {
  state_->writable = std::move(callback);
  state_->wait_for_room();
}
void WsStream::readable_from(std::size_t bytes) {
  state_->stream->readable_from(bytes);
}
void WsStream::forget_readable() {
  ++state_->readable_turn;
}

}  // namespace rt
