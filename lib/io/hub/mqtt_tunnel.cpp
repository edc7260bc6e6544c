#include "io/hub/mqtt_tunnel.hpp"

#include <asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "codec/ws_frame.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostRead = 60u << 10;      // bytes of the broker in one frame
constexpr std::size_t kMostWaiting = 256u << 10;  // bytes for the broker before reading stops
constexpr int kMostReads = 8;                     // before others get a turn

}  // namespace

class MqttTunnels::Tunnel final : public WebSocketListener, private Deadline {
 public:
  explicit Tunnel(MqttTunnels& owner)
      : owner_(owner),
        self_(std::make_shared<Tunnel*>(this)),
        broker_(owner.broker_(owner.reactor_)) {
    owner_.tunnels_.push_back(this);
  }
  ~Tunnel() {
    std::erase(owner_.tunnels_, this);
    *self_ = nullptr;
    broker_->close();
  }
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  void on_open(WebSocket& socket) override {
    socket_ = &socket;
    owner_.deadlines_.set(*this, owner_.connect_time_);
    asio::co_spawn(owner_.reactor_.context(), connect(broker_, self_),
                   [](const std::exception_ptr& thrown) {
                     if (thrown) std::rethrow_exception(thrown);
                   });
  }

  void on_message(PayloadKind kind, ws::Payload payload) override {
    if (ended_) return;
    if (kind != PayloadKind::binary) return end(1003, "MQTT comes in binary frames");
    if (waiting_.empty())
      waiting_ = payload.take();
    else
      waiting_ += payload.view();
    send_waiting();
    if (waiting_.size() - sent_ <= kMostWaiting || paused_ || ended_) return;
    paused_ = true;
    socket_->pause_reading(true);
  }

  void on_writable() override {
    if (!frame_.empty() && !socket_->write(frame_)) return;
    frame_.clear();
    receive();
  }

  void on_gone() override { delete this; }

 private:
  // It may be over before the connection stands: the coroutine owns what it uses.
  static asio::awaitable<void> connect(std::shared_ptr<Carrier> broker,
                                       std::shared_ptr<Tunnel*> self) {
    const Result<void> connected = co_await broker->connect();
    Tunnel* const tunnel = *self;
    if (tunnel == nullptr || tunnel->ended_) co_return;
    if (!connected) {
      Log::info("MQTT over WebSocket: " + connected.error().text());
      tunnel->end(1013, "the broker cannot be reached");
      co_return;
    }
    tunnel->connected_ = true;
    tunnel->send_waiting();
    tunnel->receive();
  }

  void send_waiting() {
    if (!connected_ || blocked_ || ended_) return;
    while (sent_ < waiting_.size()) {
      const Result<std::size_t> taken = broker_->send(std::string_view(waiting_).substr(sent_));
      if (!taken) return end(1011, "the connection to the broker was lost");
      sent_ += *taken;
      if (*taken > 0) continue;
      blocked_ = true;
      broker_->on_writable([this] {
        blocked_ = false;
        send_waiting();
      });
      break;
    }
    if (sent_ == waiting_.size()) {
      std::string().swap(waiting_);  // what is assigned to keeps its room
      sent_ = 0;
    } else if (sent_ >= kMostWaiting) {
      waiting_.erase(0, std::exchange(sent_, 0));
    }
    if (!paused_ || waiting_.size() - sent_ > kMostWaiting / 4) return;
    paused_ = false;
    socket_->pause_reading(false);
  }

  // Brings what the broker has said to the WebSocket, while that takes it.
  void receive() {
    if (!connected_ || !frame_.empty() || ended_) return;
    for (int i = 0; i < kMostReads; ++i) {
      const std::span<char> into = owner_.reactor_.scratch().first(kMostRead);
      const Result<Carrier::Received> got = broker_->receive(into);
      if (!got) return end(1011, "the connection to the broker was lost");
      if (got->ended) return end(1000, "the broker has ended the connection");
      if (got->size == 0) break;
      clear();
      ws::append_message(frame_, ws::Opcode::binary, {into.data(), got->size});
      // Whatever the socket cannot take comes back by on_writable().
      if (!socket_->write(frame_)) return;
      frame_.clear();
      if (ended_) return;
    }
    broker_->on_readable([this] { receive(); });
  }

  // A broker says nothing before it has a whole CONNECT, and then at once.
  void on_deadline() override {
    Log::info("MQTT over WebSocket: no CONNECT that the broker has answered came in time");
    end(1008, "no MQTT CONNECT came in time");
  }

  void end(std::uint16_t code, std::string_view reason) {
    if (ended_) return;
    ended_ = true;
    clear();
    broker_->close();
    socket_->close(code, reason);
  }

  MqttTunnels& owner_;
  const std::shared_ptr<Tunnel*> self_;  // what it points to is null when this is gone
  const std::shared_ptr<Carrier> broker_;
  WebSocket* socket_ = nullptr;
  std::string waiting_;  // for the broker, of which sent_ bytes are gone
  std::size_t sent_ = 0;
  std::string frame_;  // for the WebSocket, which has not taken it
  bool connected_ = false;
  bool blocked_ = false;  // the broker takes nothing
  bool paused_ = false;   // the WebSocket is not read from
  bool ended_ = false;
};

MqttTunnels::MqttTunnels(Reactor& reactor, Deadlines& deadlines, MqttTunnelsOptions options)
    : reactor_(reactor),
      deadlines_(deadlines),
      broker_(std::move(options.broker)),
      descriptors_(options.descriptors),
      connect_time_(options.connect_time) {}

MqttTunnels::~MqttTunnels() {
  while (!tunnels_.empty()) delete tunnels_.back();
}

WebSocketListener& MqttTunnels::make() {
  return *new Tunnel(*this);
}

}  // namespace rt
