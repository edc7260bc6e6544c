#include "io/websocket/connection.hpp"

#include <libwebsockets.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/rt_v1.hpp"
#include "io/net/faults.hpp"
#include "io/net/socket_traffic.hpp"
#include "io/net/tls.hpp"
#include "io/trace/redact.hpp"
#include "io/websocket/faults.hpp"
#include "io/websocket/request.hpp"

namespace rt {
namespace {

constexpr char kProtocol[] = "rt-client";
// lws reads this much at a time and gives longer frames out in such pieces.
constexpr std::size_t kReceiveBuffer = 32u << 10;
constexpr std::size_t kMostAtOnce = 1u << 20;
constexpr unsigned short kMaxAnswerHead = 32u << 10;

// lws would ping by itself and take for dead whoever we do not read from.
const lws_retry_bo_t kNoPings{};

int on_lws_event(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length) {
  switch (reason) {
    case LWS_CALLBACK_WSI_CREATE:
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:
      // Without a link the connection was abandoned.
      return user == nullptr
                 ? 0
                 : static_cast<WsClientConnection*>(user)->on_event(wsi, reason, in, length);
    default:
      return 0;
  }
}

const lws_protocols kProtocols[] = {
    {kProtocol, on_lws_event, 0, kReceiveBuffer, 0, nullptr, kMostAtOnce},
    {nullptr, nullptr, 0, 0, 0, nullptr, 0},
};

LwsLoopOptions loop_options(BridgeKind bridge, unsigned seconds) {
  LwsLoopOptions options;
  options.bridge = bridge;
  options.check_utf8 = false;  // whole messages are checked faster
  options.many = false;
  options.timeout_seconds = seconds;
  options.header_bytes = kMaxAnswerHead;
  return options;
}

unsigned seconds_beyond(Milliseconds limit) {
  return static_cast<unsigned>(limit.count() / 1000) + 10;
}

// True when the other side has ended the connection or it broke.
bool hung_up(lws* wsi) {
  char byte = 0;
  const auto got = recv(lws_get_socket_fd(wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace

// --- the context ---------------------------------------------------------------------------------

// Our own timer ends attempts, so lws's patience is longer.
WsClientContext::WsClientContext(Reactor& reactor, const WsClientOptions& options)
    : loop_(reactor, loop_options(options.bridge, seconds_beyond(options.connect_timeout))),
      tls_(options.tls),
      connect_seconds_(seconds_beyond(options.connect_timeout)) {}

lws_vhost* WsClientContext::create(bool tls) {
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.protocols = kProtocols;
  info.vhost_name = tls ? "wss" : "ws";
  info.connect_timeout_secs = connect_seconds_;
  // Port 0 is no proxy. Without one named lws would take the environment's.
  info.http_proxy_address = "none:0";
  info.retry_and_idle_policy = &kNoPings;
  std::string ca_file;
  if (tls) {
    info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    ca_file = trusted_file(tls_);
    if (!ca_file.empty()) info.client_ssl_ca_filepath = ca_file.c_str();
    if (!trust_is_more_than_file(tls_)) info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
    if (!tls_.certificate_file.empty()) {
      info.client_ssl_cert_filepath = tls_.certificate_file.c_str();
      const std::string& key = tls_.key_file.empty() ? tls_.certificate_file : tls_.key_file;
      info.client_ssl_private_key_filepath = key.c_str();
    }
  } else {
    info.options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
  }
  return lws_create_vhost(loop_.context(), &info);
}

Result<lws_vhost*> WsClientContext::vhost(bool tls) {
  if (loop_.context() == nullptr)
    return Error(Fault::other,
                 "libwebsockets could not be started (is its libuv support installed?)");
  lws_vhost*& vhost = tls ? secure_ : plain_;
  if (vhost != nullptr) return vhost;
  if (tls)
    if (auto checked = check_tls_files(tls_); !checked) return checked.error();
  vhost = create(tls);
  if (vhost != nullptr) return vhost;
  if (tls && !tls_.certificate_file.empty())
    return Error(Fault::usage,
                 "the key of --key is not the certificate's of --cert, or one of them cannot be "
                 "read (" +
                     printable(tls_.certificate_file) + ")")
        .as_fatal();
  return Error(Fault::other, "libwebsockets refused to make a connection");
}

// --- the link ------------------------------------------------------------------------------------

WsClientConnection::WsClientConnection(WsClientContext& context, WsLinkListener& listener,
                                       WsAttempt attempt)
    : context_(context), listener_(listener), attempt_(std::move(attempt)) {
  if (trace::on()) trace_ = std::make_unique<trace::ArrivingFrame>();
}

WsClientConnection::~WsClientConnection() {
  context_.loop().after_run(nullptr);
  if (wsi_ == nullptr) return;
  lws_set_wsi_user(wsi_, nullptr);
  lws_set_timeout(wsi_, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_SYNC);
  context_.loop().pump();
}

void WsClientConnection::start() {
  const auto vhost = context_.vhost(attempt_.tls);
  if (!vhost) return fail("no virtual host");
  const std::string proxy = attempt_.proxy.empty() ? "none:0" : attempt_.proxy;
  if (lws_set_proxy(*vhost, proxy.c_str()) != 0) return fail("the proxy is not understood");

  lws_client_connect_info info{};
  info.context = context_.loop().context();
  info.vhost = *vhost;
  info.address = attempt_.address.c_str();
  info.port = attempt_.port;
  // The request that is sent is ours: see write_request.
  info.path = "/";
  info.host = attempt_.tls_name.c_str();
  info.protocol = attempt_.subprotocols.empty() ? nullptr : attempt_.subprotocols.c_str();
  info.local_protocol_name = kProtocol;
  info.ietf_version_or_minus_one = -1;
  info.userdata = this;
  info.alpn = "http/1.1";
  info.retry_and_idle_policy = &kNoPings;
  info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
  if (attempt_.tls) {
    info.ssl_connection |= LCCSCF_USE_SSL;
    if (context_.tls().verify == Verify::none)
      info.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED | LCCSCF_ALLOW_EXPIRED |
                             LCCSCF_ALLOW_INSECURE | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
  }
  LwsLoop::take_tls_fault();
  context_.loop().after_run([this] { look_ahead(); });
  wsi_ = lws_client_connect_via_info(&info);
  context_.loop().pump();
  if (wsi_ == nullptr) fail({});
}

void WsClientConnection::fail(std::string_view text) {
  if (failed_ || established_) return;
  heard_no_http_ = heard_no_http();
  failed_ = true;
  failure_ = text;
  tls_fault_ = LwsLoop::take_tls_fault();
  listener_.on_progress();
}

// lws does not say what it has read; the status line, once it began, is among its headers.
bool WsClientConnection::heard_no_http() const {
  if (failed_) return heard_no_http_;
  if (wsi_ == nullptr || !reached_ || established_ || status_ != 0) return false;
  if (attempt_.tls || !attempt_.proxy.empty()) return false;
  if (lws_hdr_total_length(wsi_, WSI_TOKEN_HTTP) > 0) return false;
  if (lws_hdr_total_length(wsi_, WSI_TOKEN_HTTP1_0) > 0) return false;
  return bytes_received(lws_get_socket_fd(wsi_)) > 0;
}

// lws tells of a frame when it has a buffer full of it; how long it will be is known before.
void WsClientConnection::look_ahead() {
  if (!established_ || !usable()) return;
  if (const std::size_t rest = lws_remaining_packet_payload(wsi_); rest > 0)
    listener_.on_announced(rest);
}

bool WsClientConnection::blocked() const {
  return wsi_ != nullptr && lws_partial_buffered(wsi_) != 0;
}

void WsClientConnection::write(std::string_view frames) {
  if (!usable()) return;
  if (trace_) trace::frames(">", frames);
  // Frames that are ready and masked go out as they are under this flag, at once and uncopied; what
  // the socket does not take is buffered by lws, which asks to be writable then.
  auto* const bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(frames.data()));
  if (lws_write(wsi_, bytes, frames.size(), LWS_WRITE_HTTP) < 0) return kill();
  if (blocked()) {
    lws_callback_on_writable(wsi_);
    context_.loop().pump();
  }
}

void WsClientConnection::close(std::string_view frame) {
  write(frame);
  closed_ = true;
}

void WsClientConnection::pause_reading(bool paused) {
  if (wsi_ == nullptr) return;
  lws_rx_flow_control(wsi_, paused ? 0 : 1);
  context_.loop().pump();
}

void WsClientConnection::kill() {
  killed_ = true;
  if (wsi_ != nullptr) context_.loop().kill(wsi_);
}

int WsClientConnection::on_event(lws* wsi, int reason, void* in, std::size_t length) {
  wsi_ = wsi;
  switch (reason) {
    case LWS_CALLBACK_CLIENT_RECEIVE: {
      const bool final = lws_is_final_fragment(wsi) != 0;
      const std::string_view bytes(static_cast<const char*>(in), length);
      if (trace_)
        trace_->receive("<", bytes, lws_frame_is_binary(wsi) != 0,
                        lws_remaining_packet_payload(wsi), final);
      return listener_.on_data(bytes, final, lws_frame_is_binary(wsi) != 0) ? 0 : -1;
    }
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      if (!blocked()) listener_.on_writable();
      return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
      if (trace_)
        trace::frame("<", {static_cast<unsigned>(ws::Opcode::pong), true, length},
                     {static_cast<const char*>(in), length});
      listener_.on_pong();
      return 0;
    default:
      return on_connection_event(reason, in, length);
  }
}

int WsClientConnection::on_connection_event(int reason, void* in, std::size_t length) {
  switch (reason) {
    case LWS_CALLBACK_WSI_CREATE:
      reached_ = true;
      listener_.on_progress();
      return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
      return write_request(*static_cast<char**>(in), length) ? 0 : -1;
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
      read_answer();
      return 0;
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
      subprotocol_ = header(WSI_TOKEN_PROTOCOL);
      met_hub_ = header(WSI_TOKEN_HTTP_SERVER) == v1::kServerName;
      return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
      established_ = true;
      listener_.on_progress();
      return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      read_close({static_cast<const char*>(in), length});
      // Where ours has gone out already there is nothing left to answer.
      return closed_ ? -1 : 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      fail({static_cast<const char*>(in), in == nullptr ? 0 : length});
      return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
      note_violation();
      return 0;
    case LWS_CALLBACK_WSI_DESTROY:
      wsi_ = nullptr;
      fail("closed");
      if (established_) listener_.on_closed();
      return 0;
    default:
      return 0;
  }
}

// lws has written a request of its own into its buffer and asks for more headers. Ours replaces it:
// lws cuts long targets and hosts, adds fields that nobody asked for, and cannot leave out any.
bool WsClientConnection::write_request(char*& end, std::size_t room) {
  constexpr std::size_t kKept = 12;  // what lws keeps of the buffer for itself
  if (room + kKept > LwsLoop::kServiceBuffer) return false;
  const std::size_t used = LwsLoop::kServiceBuffer - kKept - room;
  char* const begin = end - used;
  const std::string request = handshake_request({begin, used}, attempt_.target, attempt_.fields);
  if (request.empty() || request.size() > used + room) return false;
  if (trace_) trace::head(">", request);
  std::memcpy(begin, request.data(), request.size());
  end = begin + request.size();
  return true;
}

std::string WsClientConnection::header(int token) const {
  const auto name = static_cast<lws_token_indexes>(token);
  const int size = lws_hdr_total_length(wsi_, name);
  if (size <= 0) return {};
  std::string value(static_cast<std::size_t>(size) + 1, '\0');
  const int copied = lws_hdr_copy(wsi_, value.data(), size + 1, name);
  value.resize(copied < 0 ? 0 : static_cast<std::size_t>(copied));
  return value;
}

void WsClientConnection::read_answer() {
  status_ = static_cast<int>(lws_http_client_http_response(wsi_));
  status_line_ = header(WSI_TOKEN_HTTP);
  if (status_line_.empty()) status_line_ = header(WSI_TOKEN_HTTP1_0);
  location_ = header(WSI_TOKEN_HTTP_LOCATION);
  explained_ = header(WSI_TOKEN_HTTP_CONTENT_TYPE).starts_with("application/problem+json");
  if (trace_) trace_answer();
}

// lws keeps the fields that it knows, and no others.
void WsClientConnection::trace_answer() const {
  trace::head("<", "HTTP/1.1 " + status_line_);
  for (int token = 0; token < WSI_TOKEN_COUNT; ++token) {
    const auto* const name = lws_token_to_string(static_cast<lws_token_indexes>(token));
    if (name == nullptr) continue;
    const std::string_view field(reinterpret_cast<const char*>(name));
    if (!field.ends_with(':')) continue;
    if (const std::string value = header(token); !value.empty())
      trace::head("<", std::string(field) + " " + value);
  }
}

void WsClientConnection::read_close(std::string_view payload) {
  peer_closing_ = true;
  if (trace_) {
    trace::frame("<", {static_cast<unsigned>(ws::Opcode::close), true, payload.size()}, payload);
    // lws sends it back.
    if (!closed_)
      trace::frame(">", {static_cast<unsigned>(ws::Opcode::close), true, payload.size()}, payload);
  }
  // RFC 6455, section 5.5.1: a code has two bytes.
  violated_ = payload.size() == 1;
  if (violated_) return;
  if (payload.empty()) return listener_.on_peer_close(LWS_CLOSE_STATUS_NO_STATUS, {});
  const unsigned high = static_cast<unsigned char>(payload[0]);
  const unsigned low = static_cast<unsigned char>(payload[1]);
  listener_.on_peer_close(static_cast<std::uint16_t>(high << 8 | low), payload.substr(2));
}

// lws ends the connection when the peer breaks the protocol, and does not say so.
void WsClientConnection::note_violation() {
  if (peer_closing_ || killed_ || closed_) return;
  // Over TLS the two cannot be told apart: what has been read may hold the other side's goodbye.
  violated_ = !attempt_.tls && !hung_up(wsi_);
}

Error WsClientConnection::failure() const {
  if (attempt_.tls && !tls_fault_.empty()) return certificate_fault(tls_fault_);
  if (heard_no_http_) return answer_is_not_http(attempt_.port);
  return handshake_fault(failure_, attempt_.tls, attempt_.port);
}

}  // namespace rt
