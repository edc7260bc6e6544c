#include "io/server/websocket.hpp"

#include <libwebsockets.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/growing.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/rt_v1.hpp"
#include "codec/ws_frame.hpp"
#include "io/loop/socket_send.hpp"
#include "io/trace/access_log.hpp"
#include "io/trace/wire.hpp"

namespace rt {
namespace {

constexpr Milliseconds kCloseTime = 5s;     // for the closing handshake
constexpr Milliseconds kPartialTime = 60s;  // for every so many bytes of a message
constexpr std::size_t kPartialStep = 16u << 10;
constexpr int kSilentPings = 3;         // unanswered ones before a peer counts as gone
constexpr int kSilentPingsStalled = 8;  // ... while it does not even take what waits for it
// Not empty: lws does not tell of the pong that answers an empty one.
constexpr std::string_view kPing("\x89\x02rt", 4);

class WsConnection;

int on_event(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length);

// lws reads no more than this at a time and keeps a buffer of this size for every connection: a
// bulk publisher wants it large, ten thousand idle readers small.
constexpr std::size_t kReceiveBuffer = 3u << 10;

const lws_protocols kProtocols[] = {
    {"rt-plain", on_event, 0, kReceiveBuffer, 0, nullptr, 1u << 20},
    {"rt.v1", on_event, 0, kReceiveBuffer, 1, nullptr, 1u << 20},
    {"mqtt", on_event, 0, kReceiveBuffer, 2, nullptr, 1u << 20},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
};

}  // namespace

struct WsServer::State {
  State(Reactor& reactor, Deadlines& wheel, Holdings& account, WsServerOptions server_options)
      : deadlines(wheel), holdings(account), options(server_options), loop(reactor) {}

  Deadlines& deadlines;
  Holdings& holdings;
  WsServerOptions options;
  lws_vhost* vhost = nullptr;
  std::uint64_t next_ticket = 1;
  // Handshakes under way, by the ticket in the request line that lws is given.
  std::unordered_map<std::uint64_t, WsConnection*> arriving;
  WsConnection* first = nullptr;
  std::size_t count = 0;
  std::function<void()> on_empty;
  LwsLoop loop;  // destroyed first: that ends the connections, which use all of the above
};

namespace {

// One connection; it lives until lws has destroyed its own side.
class WsConnection final : public WebSocket, private Deadline, private Holder {
 public:
  // `packets`: MQTT lies in the messages, which may hold a password.
  WsConnection(WsServer::State& state, WebSocketListener& listener, std::size_t most, bool packets)
      : state_(state), listener_(&listener), most_(most), packets_(packets) {
    next_ = state.first;
    if (next_ != nullptr) next_->previous_ = this;
    state.first = this;
    ++state.count;
  }
  ~WsConnection() {
    (previous_ != nullptr ? previous_->next_ : state_.first) = next_;
    if (next_ != nullptr) next_->previous_ = previous_;
    if (--state_.count == 0 && state_.on_empty) state_.on_empty();
  }

  bool write(std::string_view frames) override {
    if (!open_ || closing_) return true;  // on_gone is on its way
    if (lws_partial_buffered(wsi_) != 0) {
      blocked_ = true;
      lws_callback_on_writable(wsi_);
      state_.loop.pump();
      return false;
    }
    took_ = true;
    // In clear text the socket takes the frames straight from us; lws gets what it did not take,
    // buffers that, and asks for writability. A caller therefore writes little at a time.
    ssize_t sent = send_quietly(fd_, frames);
    if (sent == static_cast<ssize_t>(frames.size())) return true;
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
      kill();
      return true;
    }
    frames.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    unsent_ = frames.size();
    if (!write_raw(frames) || !account()) kill();
    return true;
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (!open_ || closing_) return;
    closing_ = true;
    const std::string payload = ws::close_payload(code, reason);
    trace_frame(">", ws::Opcode::close, payload);
    close_frame_.clear();
    ws::append_frame(close_frame_, ws::Opcode::close, payload);
    send_close();
    state_.deadlines.set(*this, kCloseTime);
    state_.loop.pump();
  }

  void pause_reading(bool paused) override {
    if (paused == paused_ || !open_) return;
    paused_ = paused;
    lws_rx_flow_control(wsi_, paused ? 0 : 1);
    state_.loop.pump();
  }

  // --- lws's side
  void established(lws* wsi) {
    wsi_ = wsi;
    fd_ = lws_get_socket_fd(wsi);
    open_ = true;
    if (trace::on()) peer_ = std::make_unique<std::string>(peer_name(fd_));
    if (state_.options.ping_interval > 0ms)
      state_.deadlines.set(*this, state_.options.ping_interval);
    if (listener_ != nullptr) listener_->on_open(*this);
  }

  // False ends the connection.
  bool receive(std::string_view bytes) {
    heard_ = true;
    if (closing_ || listener_ == nullptr) return true;
    if (partial_.size() + bytes.size() > most_ || announces_too_much(bytes.size())) {
      refuse_long();
      return true;
    }
    const bool final = lws_is_final_fragment(wsi_) != 0;
    if (!final) {
      if (partial_.empty()) begin_partial();
      if (!make_room(bytes.size())) {
        give_up();
        return true;
      }
      partial_.append(bytes);
      return true;
    }
    std::string payload;
    if (partial_.empty()) {
      payload.assign(bytes);
    } else {
      if (!make_room(bytes.size())) {
        give_up();
        return true;
      }
      payload = std::exchange(partial_, {});
      (void)account();
      payload.append(bytes);
    }
    const bool binary = lws_frame_is_binary(wsi_) != 0;
    trace_frame("<", binary ? ws::Opcode::binary : ws::Opcode::text, payload);
    listener_->on_message(binary ? PayloadKind::binary : PayloadKind::text, std::move(payload));
    return true;
  }

  void heard() { heard_ = true; }

  // False ends the connection.
  bool writable() {
    if (closing_) {
      send_close();
      return true;
    }
    if (unsent_ > 0 && lws_partial_buffered(wsi_) == 0) {
      unsent_ = 0;
      (void)account();
    }
    if (blocked_ && lws_partial_buffered(wsi_) == 0) {
      blocked_ = false;
      if (listener_ != nullptr) listener_->on_writable();
    }
    return true;
  }

  // The peer's close frame: lws answers it (true), unless it is the answer to ours. Nothing else
  // goes out behind that.
  bool peer_closes(std::string_view payload) {
    trace_frame("<", ws::Opcode::close, payload);
    return !std::exchange(closing_, true);
  }

  void drop_partial() {
    partial_ = {};
    (void)account();
  }

  void gone() {
    clear();
    drop_partial();
    if (peer_ && open_) Log::info(*peer_ + ": the WebSocket has ended");
    open_ = false;
    WebSocketListener* const listener = std::exchange(listener_, nullptr);
    if (listener != nullptr) listener->on_gone();
  }

  void forget_listener() { listener_ = nullptr; }
  WsConnection* next() const { return next_; }

 private:
  void trace_frame(std::string_view way, ws::Opcode opcode, std::string_view payload) const {
    if (!peer_) return;
    const std::string from = *peer_ + " " + std::string(way);
    if (packets_ && opcode == ws::Opcode::binary)
      return Log::info(from + " binary " + std::to_string(payload.size()) + " (MQTT)");
    trace::frame(from, {static_cast<unsigned>(opcode), true, payload.size()}, payload);
  }

  // Of the frame under way, of which `here` bytes have just come.
  bool announces_too_much(std::size_t here) const {
    const std::size_t known = partial_.size() + here;
    return lws_remaining_packet_payload(wsi_) > most_ - std::min(most_, known);
  }

  void begin_partial() {
    partial_mark_ = 0;
    partial_marked_ = std::chrono::steady_clock::now();
    // Without pings nobody else would come to look.
    if (state_.options.ping_interval <= 0ms) state_.deadlines.set(*this, kPartialTime);
  }

  // A message has to come at some speed, as a request's body has.
  bool partial_is_late() {
    if (partial_.empty()) return false;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (partial_.size() - partial_mark_ < kPartialStep)
      return now - partial_marked_ >= kPartialTime;
    partial_mark_ = partial_.size();
    partial_marked_ = now;
    return false;
  }

  // For so many more bytes of a message that is not whole. What is held for others may be given up
  // for it first. False: there is none.
  bool make_room(std::size_t more) {
    const std::size_t needed = partial_.size() + more;
    if (needed <= partial_.capacity() && !partial_.empty()) return true;
    // To the end of the frame under way, where most messages end, or a quarter more for the next
    // one. What is announced alone gets no room.
    const std::size_t end = needed + lws_remaining_packet_payload(wsi_);
    const std::size_t capacity =
        grown_capacity(partial_, needed, std::max(end, needed + needed / 4));
    if (!state_.holdings.hold(*this, capacity + unsent_)) return false;
    grow_exactly(partial_, capacity);
    return true;
  }

  // Less is never refused.
  bool account() {
    const std::size_t partial = partial_.empty() ? 0 : partial_.capacity();
    return state_.holdings.hold(*this, partial + unsent_);
  }

  void give_up() override {
    if (unsent_ > 0) return kill();
    drop_partial();
    close(1013, "too much memory is held for messages that are not whole");
  }

  void refuse_long() {
    drop_partial();
    close(1009, "message too big");
  }

  void kill() {
    closing_ = true;
    state_.loop.kill(wsi_);
  }

  // Bytes that are frames already go out as they are under this protocol flag.
  bool write_raw(std::string_view frames) {
    auto* const bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(frames.data()));
    return lws_write(wsi_, bytes, frames.size(), LWS_WRITE_HTTP) >= 0;
  }

  // Our close frame, behind what lws still buffers. lws forgets a close that begins outside its
  // callbacks, so the frame is made here.
  void send_close() {
    if (close_frame_.empty()) return;
    if (lws_partial_buffered(wsi_) != 0) {
      lws_callback_on_writable(wsi_);
      return;
    }
    const bool sent = write_raw(close_frame_);
    close_frame_.clear();
    if (!sent) kill();
  }

  void on_deadline() override {
    if (closing_) return kill();
    if (announces_too_much(0)) return refuse_long();
    if (partial_is_late()) {
      drop_partial();
      return close(1008, "the message did not arrive in time");
    }
    if (state_.options.ping_interval <= 0ms) {
      if (!partial_.empty()) state_.deadlines.set(*this, kPartialTime);
      return;
    }
    const bool stalled = lws_partial_buffered(wsi_) != 0;
    // A peer that is slow to read gets no ping between its messages, and is there all the same.
    if (heard_ || paused_ || (stalled && took_)) silent_pings_ = 0;
    heard_ = false;
    took_ = false;
    if (silent_pings_ >= (stalled ? kSilentPingsStalled : kSilentPings)) {
      Log::info("a WebSocket peer has answered no ping: closing its connection");
      return kill();
    }
    ++silent_pings_;
    if (!stalled && !write_raw(kPing)) return kill();
    state_.deadlines.set(*this, state_.options.ping_interval);
  }

  WsServer::State& state_;
  WebSocketListener* listener_;
  lws* wsi_ = nullptr;
  int fd_ = -1;
  WsConnection* previous_ = nullptr;
  WsConnection* next_ = nullptr;
  std::string partial_;
  std::size_t unsent_ = 0;        // what lws has of our frames
  std::size_t partial_mark_ = 0;  // of it, when its time was last extended
  SteadyTime partial_marked_{};
  std::size_t most_;  // bytes of a message as it comes
  std::string close_frame_;
  std::unique_ptr<std::string> peer_;  // its address, with -v
  const bool packets_;
  std::uint8_t silent_pings_ = 0;
  bool open_ = false;
  bool closing_ = false;
  bool blocked_ = false;
  bool paused_ = false;
  bool heard_ = false;
  bool took_ = false;  // what was buffered before is gone
};

// Behind what lws answers to the handshake.
bool add_server_name(lws_process_html_args& answer) {
  const std::string line = "Server: " + std::string(v1::kServerName) + "\r\n";
  if (answer.max_len < static_cast<int>(line.size())) return false;
  answer.p = std::copy(line.begin(), line.end(), answer.p);
  answer.max_len -= static_cast<int>(line.size());
  return true;
}

// The ticket is the request's path: "/17".
WsConnection* claim(lws* wsi) {
  auto* const state = static_cast<WsServer::State*>(lws_get_vhost_user(lws_get_vhost(wsi)));
  char path[32];
  const int length = lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI);
  if (length < 2) return nullptr;
  const auto ticket = parse_uint(std::string_view(path + 1, static_cast<std::size_t>(length - 1)));
  const auto found = state->arriving.find(ticket.value_or(0));
  if (found == state->arriving.end()) return nullptr;
  WsConnection* const connection = found->second;
  state->arriving.erase(found);
  return connection;
}

int on_event(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length) {
  auto* const connection = static_cast<WsConnection*>(user);
  switch (reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: {
      WsConnection* const arrived = claim(wsi);
      if (arrived == nullptr) return 1;
      lws_set_wsi_user(wsi, arrived);
      return 0;
    }
    case LWS_CALLBACK_ADD_HEADERS:
      return add_server_name(*static_cast<lws_process_html_args*>(in)) ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED:
      if (connection == nullptr) return -1;
      connection->established(wsi);
      return 0;
    case LWS_CALLBACK_RECEIVE:
      if (connection == nullptr) return -1;
      return connection->receive({static_cast<const char*>(in), length}) ? 0 : -1;
    case LWS_CALLBACK_RECEIVE_PONG:
      if (connection != nullptr) connection->heard();
      return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      return connection == nullptr ||
                     connection->peer_closes({static_cast<const char*>(in), length})
                 ? 0
                 : -1;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return connection == nullptr || connection->writable() ? 0 : -1;
    case LWS_CALLBACK_WSI_DESTROY:
      if (connection != nullptr) {
        lws_set_wsi_user(wsi, nullptr);
        connection->gone();
        delete connection;
      }
      return 0;
    case LWS_CALLBACK_CLOSED:
      if (connection != nullptr) connection->gone();
      return 0;
    // lws's default answers to plain HTTP are of no use here: only checked upgrades are adopted.
    case LWS_CALLBACK_HTTP:
      return -1;
    default:
      return 0;
  }
}

}  // namespace

WsServer::WsServer(Reactor& reactor, Deadlines& deadlines, Holdings& holdings,
                   WsServerOptions options)
    : state_(std::make_unique<State>(reactor, deadlines, holdings, options)) {
  if (state_->loop.context() == nullptr) return;
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
  info.protocols = kProtocols;
  info.user = state_.get();
  info.vhost_name = "hub";
  info.options = LWS_SERVER_OPTION_VALIDATE_UTF8;
  info.timeout_secs = 20;
  // Silent peers are found by our own pings, which know of a publisher that is not read from.
  static const lws_retry_bo_t kNoPings{};
  info.retry_and_idle_policy = &kNoPings;
  state_->vhost = lws_create_vhost(state_->loop.context(), &info);
}

WsServer::~WsServer() {
  for (WsConnection* connection = state_->first; connection != nullptr;
       connection = connection->next())
    connection->forget_listener();
}

void WsServer::adopt(int fd, std::string_view key, std::string_view subprotocol,
                     std::string_view more, WebSocketListener& listener) {
  if (state_->vhost == nullptr) {
    ::close(fd);
    Log::error("libwebsockets could not be started (is its libuv support installed?)");
    return listener.on_gone();
  }
  const std::uint64_t ticket = state_->next_ticket++;
  // An envelope, or a packet of MQTT, may be longer than the message in it, whose length is checked
  // by its reader.
  const std::size_t most = subprotocol.empty() ? state_->options.max_message
                                               : 2 * state_->options.max_message + (64u << 10);
  // A request of our own making, with what has been checked and nothing else: lws never parses
  // what a stranger wrote before the first frame.
  std::string head = "GET /" + std::to_string(ticket) +
                     " HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
  head += key;
  head += "\r\n";
  if (!subprotocol.empty()) {
    head += "Sec-WebSocket-Protocol: ";
    head += subprotocol;
    head += "\r\n";
  }
  head += "\r\n";
  head += more;

  auto* const connection = new WsConnection(*state_, listener, most, subprotocol == "mqtt");
  state_->arriving.emplace(ticket, connection);
  lws* const wsi = lws_adopt_socket_vhost_readbuf(state_->vhost, fd, head.data(), head.size());
  state_->loop.pump();
  // Refused before it was claimed: nobody else will ever tell.
  const auto unclaimed = state_->arriving.find(ticket);
  if (wsi == nullptr && unclaimed != state_->arriving.end()) {
    state_->arriving.erase(unclaimed);
    connection->gone();
    delete connection;
  }
}

void WsServer::drain() {
  for (WsConnection* connection = state_->first; connection != nullptr;) {
    WsConnection* const next = connection->next();
    connection->close(LWS_CLOSE_STATUS_GOINGAWAY, "the server is ending");
    connection = next;
  }
}

std::size_t WsServer::connections() const {
  return state_->count;
}

void WsServer::on_empty(std::function<void()> callback) {
  state_->on_empty = std::move(callback);
}

}  // namespace rt
