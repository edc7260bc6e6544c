#include "io/hub/web_sockets.hpp"

#include <asio/post.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "codec/envelope.hpp"
#include "codec/rt_v1.hpp"
#include "codec/ws_frame.hpp"
#include "codec/ws_handshake.hpp"
#include "io/hub/channel_writer.hpp"
#include "io/hub/listed.hpp"

namespace rt {
namespace {

// Of one connection's messages, what the log may still have to take before more are read.
constexpr std::size_t kMostAppending = 256;
constexpr std::size_t kMostAppendingBytes = 4u << 20;
constexpr std::size_t kMostAtOnce = 32u << 10;  // bytes of an echo
constexpr std::size_t kMostTimed = 64;          // messages that get one time

}  // namespace

// It deletes itself when its peer is gone.
class WebSockets::Socket final : public Subscriber,
                                 public Listed<Socket>,
                                 public WebSocketListener,
                                 private AppendListener,
                                 private ChannelWriter::Target {
 public:
  Socket(WebSockets& owner, Wire wire, const Identity& identity)
      : Listed(owner.sockets_, this),
        owner_(owner),
        identity_(identity),
        token_(owner.publisher_.new_token()),
        writer_(wire),
        wire_(wire) {}
  ~Socket() {
    if (published_ && published_->appending > 0) owner_.hub_.log.forget(*this);
    if (ack_pending_) std::erase(owner_.acks_, this);
  }

  void begin(Channel& channel, const Start& start, std::string_view from) {
    writer_.begin(owner_.delivery_, *this, channel, start, from);
  }
  void flush(Delivery& delivery) override;
  const Identity& identity() const override { return identity_; }
  void cut() override {
    writer_.give_up();
    if (wire_ == Wire::ws_plain) return socket_->close(v1::kGapCloseCode, v1::kGapCloseReason);
    socket_->close(1013, "too much is held for you: read on from the last id");
  }
  void resume();
  void end() {
    if (socket_ != nullptr) socket_->close(1001, "the server is ending");
  }
  // Acknowledges all that came by this connection so far.
  void acknowledge();

  void on_open(WebSocket& socket) override;
  void on_message(PayloadKind kind, ws::Payload payload) override;
  void on_writable() override;
  void on_gone() override;
  const void* token() const { return token_; }

 private:
  struct Published {
    std::size_t appending = 0;  // messages that the log has not answered for
    std::size_t appending_bytes = 0;
    std::uint64_t accepted = 0;
    MessageId last_accepted;
  };

  std::size_t take(std::string_view bytes) override {
    return socket_->write(bytes) ? bytes.size() : 0;
  }
  void echo(PayloadKind kind, std::string_view payload);
  std::shared_ptr<Message> message_of(PayloadKind kind, ws::Payload& payload);
  void publish(std::shared_ptr<Message> message);
  void refuse(const Error& why);
  void on_appended(const Result<MessageId>& first) override;
  bool much_is_appending() const {
    return published_->appending >= kMostAppending ||
           published_->appending_bytes >= kMostAppendingBytes;
  }

  WebSockets& owner_;
  Identity identity_;
  const void* const token_;  // the origin of what it publishes
  WebSocket* socket_ = nullptr;
  ChannelWriter writer_;
  Wire wire_;
  bool ack_pending_ = false;  // it is in the owner's list
  bool ack_due_ = false;      // to be sent when there is room
  bool waits_for_log_ = false;
  std::unique_ptr<Published> published_;  // null: it has only read
};

void WebSockets::Socket::on_open(WebSocket& socket) {
  socket_ = &socket;
  if (socket.compresses()) writer_.compress();
  flush(owner_.delivery_);
}

void WebSockets::Socket::on_gone() {
  if (owner_.watcher_ != nullptr)
    owner_.watcher_->on_closed(token_, socket_ != nullptr ? socket_->end() : WebSocketEnd());
  delete this;
}

void WebSockets::Socket::flush(Delivery& delivery) {
  if (socket_ == nullptr) return;
  const void* const own = published_ ? token_ : nullptr;
  if (writer_.write(delivery, *this, *this, own) == ChannelWriter::Outcome::gap_not_sayable)
    socket_->close(v1::kGapCloseCode, v1::kGapCloseReason);
}

void WebSockets::Socket::on_writable() {
  writer_.unblock();
  flush(owner_.delivery_);
  if (writer_.blocked()) return;
  if (ack_due_) acknowledge();
  if (owner_.hub_.options.echo && !writer_.blocked())
    socket_->pause_reading(owner_.pause_.paused());
}

void WebSockets::Socket::resume() {
  // An echo that is not taken goes on holding its sender back; so does a log that is behind.
  const bool echoes = owner_.hub_.options.echo && writer_.blocked();
  if (socket_ != nullptr && !echoes && !waits_for_log_) socket_->pause_reading(false);
}

void WebSockets::Socket::on_message(PayloadKind kind, ws::Payload payload) {
  if (owner_.hub_.options.echo) return echo(kind, payload.view());
  // Asked once: what a connection may do does not change while it stands.
  if (!published_ && !owner_.admission_.allows(identity_, Action::publish, channel()->name()))
    return socket_->close(1008, "you may not publish to this channel");
  if (std::shared_ptr<Message> message = message_of(kind, payload)) publish(std::move(message));
}

void WebSockets::Socket::echo(PayloadKind kind, std::string_view payload) {
  std::string frames;
  ws::append_message(frames, kind == PayloadKind::text ? ws::Opcode::text : ws::Opcode::binary,
                     payload);
  if (frames.size() <= kMostAtOnce && writer_.idle() && socket_->write(frames)) return;
  writer_.push(std::move(frames));
  flush(owner_.delivery_);
  // Whoever does not take the echoes is not listened to: they would pile up here.
  if (writer_.blocked()) socket_->pause_reading(true);
}

// Null where there is nothing to publish; the connection may be closing then.
std::shared_ptr<Message> WebSockets::Socket::message_of(PayloadKind kind, ws::Payload& payload) {
  if (wire_ != Wire::ws_v1) {
    auto message = std::make_shared<Message>();
    message->payload = payload.take();
    message->kind = kind;
    return message;
  }
  static envelope::Reader reader;
  Result<Message> read = reader.read(payload.view());
  if (!read) {
    socket_->close(1007, read.error().text());
    return nullptr;
  }
  if (read->gap) return nullptr;
  if (read->payload.size() > owner_.hub_.hub.limits().max_message) {
    socket_->close(1009, "message too big");
    return nullptr;
  }
  return std::make_shared<Message>(std::move(*read));
}

void WebSockets::Socket::publish(std::shared_ptr<Message> message) {
  if (!published_) published_ = std::make_unique<Published>();
  if (const Result<void> good = owner_.publisher_.check(*message); !good)
    return refuse(good.error());
  const std::string& name = channel()->name();
  // Each connection may bring one while publishers are paused, but not any number of them.
  if (owner_.pause_.refuses(name))
    return socket_->close(1013, "what is published here is not taken fast enough");
  ++published_->appending;
  published_->appending_bytes += message->payload.size();
  Record record{name, Publisher::for_channel(name, std::move(message), owner_.turn_time()), token_,
                channel()};
  if (const auto failed = owner_.publisher_.publish({&record, 1}, *this)) {
    --published_->appending;
    return refuse(*failed);
  }
  if (much_is_appending()) waits_for_log_ = true;
  if (waits_for_log_ || owner_.pause_.holds(name)) socket_->pause_reading(true);
}

void WebSockets::Socket::refuse(const Error& why) {
  socket_->close(why.fault() == Fault::usage ? 1008 : 1013, why.text());
}

void WebSockets::Socket::on_appended(const Result<MessageId>& first) {
  if (--published_->appending == 0) {
    published_->appending_bytes = 0;
    if (std::exchange(waits_for_log_, false) && !owner_.pause_.holds(channel()->name())) resume();
  }
  if (!first) return refuse(first.error());
  ++published_->accepted;
  published_->last_accepted = *first;
  if (wire_ != Wire::ws_v1 || ack_pending_) return;
  ack_pending_ = true;
  owner_.acknowledge_soon(*this);
}

void WebSockets::Socket::acknowledge() {
  ack_pending_ = false;
  // One acknowledgement stands for all before it, so a slow reader is owed one at most.
  ack_due_ = writer_.blocked();
  if (ack_due_) return;
  std::string line;
  v1::append(line, v1::Ack{to_string(published_->last_accepted), published_->accepted});
  std::string frame;
  ws::append_message(frame, ws::Opcode::text, line);
  writer_.push(std::move(frame));
  flush(owner_.delivery_);
}

// --- all of them ---------------------------------------------------------------------------------

WebSockets::WebSockets(const HubContext& hub, Delivery& delivery, const Admission& admission,
                       Publisher& publisher, PublisherPause& pause)
    : hub_(hub), delivery_(delivery), admission_(admission), publisher_(publisher), pause_(pause) {
  pause_.add(*this);
}

WebSockets::~WebSockets() {
  pause_.remove(*this);
  while (!sockets_.empty()) delete sockets_.back();
}

void WebSockets::open(Exchange& exchange, bool envelopes, Channel& channel, const Start& start,
                      std::string_view from) {
  auto* const socket =
      new Socket(*this, envelopes ? Wire::ws_v1 : Wire::ws_plain, exchange.identity());
  socket->begin(channel, start, from);
  if (watcher_ != nullptr)
    watcher_->on_opened(socket->token(), "ws", channel.name(), exchange.peer_address());
  exchange.open_websocket(envelopes ? v1::kName : plain_subprotocol(exchange), *socket);
}

// The first that the server was told of, of those that the client offers.
std::string_view WebSockets::plain_subprotocol(const Exchange& exchange) const {
  for (const std::string& name : hub_.options.subprotocols)
    if (ws::offers_subprotocol(exchange.request(), name)) return name;
  return {};
}

WallTime WebSockets::turn_time() {
  if (turn_time_ != WallTime{} && ++timed_ < kMostTimed) return turn_time_;
  if (turn_time_ == WallTime{}) asio::post(hub_.reactor.context(), [this] { turn_time_ = {}; });
  timed_ = 0;
  return turn_time_ = wall_now();
}

void WebSockets::drain() {
  for (Socket* const socket : sockets_) socket->end();
}

void WebSockets::on_resume() {
  for (Socket* const socket : sockets_) socket->resume();
}

void WebSockets::acknowledge_soon(Socket& socket) {
  acks_.push_back(&socket);
  if (acks_.size() > 1) return;
  asio::post(hub_.reactor.context(), [this] {
    for (Socket* const one : std::exchange(acks_, {})) one->acknowledge();
  });
}

}  // namespace rt
