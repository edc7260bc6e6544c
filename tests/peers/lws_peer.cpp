// A WebSocket peer on libwebsockets, in both roles, moved by lines on stdin: PROTOCOL.md.
#include <libwebsockets.h>
#include <simdjson.h>
#include <unistd.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "line_protocol.hpp"
#include "lws_request.hpp"

namespace peer {
namespace {

using simdjson::dom::element;

// What waits to be sent on a connection.
struct Outgoing {
  enum class Kind { frame, ping, close } kind = Kind::frame;
  std::string bytes;  // behind LWS_PRE bytes that libwebsockets writes to
  lws_write_protocol how = LWS_WRITE_TEXT;
  int code = 0;
  std::optional<long> tell;
};

struct Server;

struct Connection {
  long number = 0;
  lws* wsi = nullptr;
  Server* server = nullptr;  // of an accepted one
  lws_vhost* own_vhost = nullptr;
  bool open = false;
  bool refused = false;
  std::deque<Outgoing> outgoing;
  std::optional<long> tell;
  std::string message;
  int code = LWS_CLOSE_STATUS_ABNORMAL_CLOSE;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> fields;  // a client's
};

struct Server {
  long number = 0;
  lws_vhost* vhost = nullptr;
  std::vector<std::string> subprotocols;
  std::vector<std::string> look_at;
  std::vector<lws_protocols> protocols;
  std::vector<lws_extension> extensions;
  std::string name;
};

std::string text_of(element from, const char* name) {
  std::string_view value;
  if (from[name].get(value) != simdjson::SUCCESS) return {};
  return std::string(value);
}

long number_of(element from, const char* name) {
  std::int64_t value = 0;
  return from[name].get(value) == simdjson::SUCCESS ? static_cast<long>(value) : 0;
}

bool is_set(element from, const char* name) {
  bool value = false;
  return from[name].get(value) == simdjson::SUCCESS && value;
}

std::vector<std::string> texts_of(element from, const char* name) {
  std::vector<std::string> out;
  simdjson::dom::array values;
  if (from[name].get(values) != simdjson::SUCCESS) return out;
  for (const element value : values) out.emplace_back(std::string_view(value));
  return out;
}

// What a client offers of permessage-deflate; a server takes what it is offered.
std::string deflate_offer(element deflate) {
  std::string offer = "permessage-deflate";
  for (const char* name : {"server_no_context_takeover", "client_no_context_takeover"})
    if (is_set(deflate, name)) offer += std::string("; ") + name;
  for (const char* name : {"server_max_window_bits", "client_max_window_bits"})
    if (const long bits = number_of(deflate, name); bits > 0)
      offer += std::string("; ") + name + '=' + std::to_string(bits);
  return offer;
}

class Peer {
 public:
  Peer();
  ~Peer() { lws_context_destroy(context_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Until stdin ends.
  void run();

  // What libwebsockets calls for a connection and for stdin.
  int happened(lws* wsi, lws_callback_reasons reason, void* in, std::size_t length);
  int stdin_readable(lws* wsi);

 private:
  int opening(lws* wsi, Connection* connection, lws_callback_reasons reason, void* in,
              std::size_t length);
  void obey(element command);
  void listen(element command);
  void unlisten(long number);
  void connect(element command);
  void of_connection(Connection& connection, std::string_view what, element command);
  Connection& accepted(lws* wsi);
  int append_fields(const Connection& connection, char** at, const char* end);
  void opened(Connection& connection);
  void refused(Connection& connection, const char* why);
  void closed(Connection& connection);
  void received(Connection& connection, std::string_view part);
  int write(Connection& connection);
  void say(Event event) { said_ += std::move(event).line(); }
  lws_vhost* client_vhost(element command, Connection& connection);

  lws_context* context_ = nullptr;
  lws_vhost* stdin_vhost_ = nullptr;
  lws_vhost* plain_client_ = nullptr;
  bool ended_ = false;
  long last_accepted_ = 0;
  std::string read_;
  std::string said_;
  std::map<long, std::unique_ptr<Server>> servers_;
  std::map<long, std::unique_ptr<Connection>> connections_;
  // A vhost's tables stay where they are: it may outlive its server.
  std::vector<std::unique_ptr<Server>> past_;
  std::map<std::string, std::unique_ptr<std::vector<lws_extension>>> offers_;
  simdjson::dom::parser parser_;
};

Peer* the_peer = nullptr;

int on_connection(lws* wsi, lws_callback_reasons reason, void*, void* in, std::size_t length) {
  return the_peer == nullptr ? 0 : the_peer->happened(wsi, reason, in, length);
}

int on_stdin(lws* wsi, lws_callback_reasons reason, void*, void*, std::size_t) {
  return reason == LWS_CALLBACK_RAW_RX_FILE ? the_peer->stdin_readable(wsi) : 0;
}

lws_protocols protocol(const char* name, lws_callback_function* callback) {
  lws_protocols out{};
  out.name = name;
  out.callback = callback;
  out.rx_buffer_size = 1 << 16;
  return out;
}

const lws_protocols kStdin[] = {protocol("stdin", on_stdin), {}};
const lws_protocols kClient[] = {protocol("peer", on_connection), {}};

lws_context_creation_info creation_info() {
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                 LWS_SERVER_OPTION_VALIDATE_UTF8;
  info.fd_limit_per_thread = 1024;
  info.pt_serv_buf_size = 1 << 16;
  return info;
}

Peer::Peer() {
  lws_set_log_level(LLL_ERR | LLL_WARN, nullptr);
  lws_context_creation_info info = creation_info();
  context_ = lws_create_context(&info);
  info.vhost_name = "stdin";
  info.protocols = kStdin;
  stdin_vhost_ = lws_create_vhost(context_, &info);
  info.vhost_name = "client";
  info.protocols = kClient;
  plain_client_ = lws_create_vhost(context_, &info);
  lws_sock_file_fd_type fd;
  fd.filefd = STDIN_FILENO;
  lws_adopt_descriptor_vhost(stdin_vhost_, LWS_ADOPT_RAW_FILE_DESC, fd, "stdin", nullptr);
}

void Peer::run() {
  while (!ended_ && lws_service(context_, 0) >= 0) {
    for (std::string_view rest = said_; !rest.empty();) {
      const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (written <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    said_.clear();
  }
}

// --- stdin ---------------------------------------------------------------------------------------
int Peer::stdin_readable(lws*) {
  const std::size_t before = read_.size();
  read_.resize(before + (1 << 20));
  const ssize_t got = ::read(STDIN_FILENO, read_.data() + before, 1 << 20);
  read_.resize(before + static_cast<std::size_t>(got > 0 ? got : 0));
  if (got <= 0) {
    ended_ = true;
    lws_cancel_service(context_);
    return 0;
  }
  std::size_t begin = 0;
  for (std::size_t end = read_.find('\n', before); end != std::string::npos;
       end = read_.find('\n', begin)) {
    element command;
    const simdjson::padded_string line(std::string_view(read_).substr(begin, end - begin));
    if (parser_.parse(line).get(command) == simdjson::SUCCESS) obey(command);
    begin = end + 1;
  }
  read_.erase(0, begin);
  return 0;
}

void Peer::obey(element command) {
  const std::string what = text_of(command, "do");
  if (what == "listen") return listen(command);
  if (what == "unlisten") return unlisten(number_of(command, "server"));
  if (what == "connect") return connect(command);
  const auto found = connections_.find(number_of(command, "socket"));
  if (found != connections_.end() && found->second->wsi != nullptr)
    of_connection(*found->second, what, command);
}

void Peer::listen(element command) {
  auto server = std::make_unique<Server>();
  server->number = number_of(command, "server");
  server->name = "server" + std::to_string(server->number);
  server->subprotocols = texts_of(command, "subprotocols");
  server->look_at = texts_of(command, "look_at");
  // The first is for who offers none.
  server->protocols.push_back(protocol("peer", on_connection));
  for (const std::string& name : server->subprotocols)
    server->protocols.push_back(protocol(name.c_str(), on_connection));
  server->protocols.push_back({});
  server->extensions.push_back(
      {"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate"});
  server->extensions.push_back({});

  lws_context_creation_info info = creation_info();
  info.vhost_name = server->name.c_str();
  info.port = static_cast<int>(number_of(command, "port"));
  info.iface = "127.0.0.1";
  info.protocols = server->protocols.data();
  info.user = server.get();
  if (!command["deflate"].is_null()) info.extensions = server->extensions.data();
  element tls;
  std::string certificate;
  std::string key;
  if (command["tls"].get(tls) == simdjson::SUCCESS && !tls.is_null()) {
    certificate = text_of(tls, "certificate");
    key = text_of(tls, "key");
    info.ssl_cert_filepath = certificate.c_str();
    info.ssl_private_key_filepath = key.c_str();
  }
  server->vhost = lws_create_vhost(context_, &info);
  const int port = server->vhost == nullptr ? 0 : lws_get_vhost_listen_port(server->vhost);
  say(Event("listening", "server", server->number).number("port", port));
  servers_[server->number] = std::move(server);
}

void Peer::unlisten(long number) {
  const auto found = servers_.find(number);
  if (found == servers_.end()) return;
  if (found->second->vhost != nullptr) lws_vhost_destroy(found->second->vhost);
  past_.push_back(std::move(found->second));
  servers_.erase(found);
}

// The vhost says what is offered of extensions.
lws_vhost* Peer::client_vhost(element command, Connection& connection) {
  element deflate;
  if (command["deflate"].get(deflate) != simdjson::SUCCESS || deflate.is_null())
    return plain_client_;
  const std::string offer = deflate_offer(deflate);
  auto& extensions = offers_.try_emplace(offer).first->second;
  if (!extensions) {
    extensions = std::make_unique<std::vector<lws_extension>>();
    extensions->push_back({"permessage-deflate", lws_extension_callback_pm_deflate,
                           offers_.find(offer)->first.c_str()});
    extensions->push_back({});
  }
  const std::string name = "client" + std::to_string(connection.number);
  lws_context_creation_info info = creation_info();
  info.vhost_name = name.c_str();
  info.protocols = kClient;
  info.extensions = extensions->data();
  connection.own_vhost = lws_create_vhost(context_, &info);
  return connection.own_vhost;
}

void Peer::connect(element command) {
  auto owned = std::make_unique<Connection>();
  Connection& connection = *owned;
  connection.number = number_of(command, "socket");
  connections_[connection.number] = std::move(owned);

  // ws://HOST:PORT/TARGET, as the tests write it.
  const std::string url = text_of(command, "url");
  const std::size_t host = url.find("://") + 3;
  const std::size_t path = std::min(url.find('/', host), url.size());
  const std::string authority = url.substr(host, path - host);
  const std::size_t colon = authority.rfind(':');
  const std::string address = authority.substr(0, colon);
  const std::string target = path < url.size() ? url.substr(path) : "/";
  std::string said_host = authority;
  simdjson::dom::array fields;
  if (command["fields"].get(fields) == simdjson::SUCCESS) {
    for (const element field : fields) {
      const std::string name{std::string_view(field.at(0))};
      const std::string value{std::string_view(field.at(1))};
      if (name == "Host")
        said_host = value;
      else
        connection.fields.emplace_back(name + ':', value);
    }
  }
  std::string subprotocols;
  for (const std::string& name : texts_of(command, "subprotocols"))
    subprotocols += (subprotocols.empty() ? "" : ", ") + name;

  lws_client_connect_info info{};
  info.context = context_;
  info.vhost = client_vhost(command, connection);
  info.address = address.c_str();
  info.port = colon == std::string::npos ? 80 : std::stoi(authority.substr(colon + 1));
  info.path = target.c_str();
  info.host = said_host.c_str();
  info.protocol = subprotocols.empty() ? nullptr : subprotocols.c_str();
  info.local_protocol_name = "peer";
  info.opaque_user_data = &connection;
  info.pwsi = &connection.wsi;
  if (lws_client_connect_via_info(&info) == nullptr) refused(connection, "not begun");
}

void Peer::of_connection(Connection& connection, std::string_view what, element command) {
  if (what == "terminate") {
    connection.outgoing.clear();
    return lws_set_timeout(connection.wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
  }
  if (what == "pause" || what == "resume") {
    lws_rx_flow_control(connection.wsi, what == "resume" ? 1 : 0);
    return;
  }
  Outgoing out;
  out.bytes = std::string(LWS_PRE, '\0') + from_base64(text_of(command, "payload"));
  std::int64_t tell = 0;
  if (command["tell"].get(tell) == simdjson::SUCCESS) out.tell = static_cast<long>(tell);
  if (what == "ping") {
    out.kind = Outgoing::Kind::ping;
    out.how = LWS_WRITE_PING;
  } else if (what == "close") {
    out.kind = Outgoing::Kind::close;
    out.code = static_cast<int>(number_of(command, "code"));
    out.bytes = text_of(command, "reason");
  } else {
    const int kind = is_set(command, "text") ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
    const int how = (is_set(command, "first") ? kind : LWS_WRITE_CONTINUATION) |
                    (is_set(command, "final") ? 0 : LWS_WRITE_NO_FIN);
    out.how = static_cast<lws_write_protocol>(how);
  }
  connection.outgoing.push_back(std::move(out));
  lws_callback_on_writable(connection.wsi);
}

// --- connections
// -----------------------------------------------------------------------------------
Connection& Peer::accepted(lws* wsi) {
  auto owned = std::make_unique<Connection>();
  Connection& connection = *owned;
  connection.number = ++last_accepted_;
  connection.wsi = wsi;
  connection.server = static_cast<Server*>(lws_vhost_user(lws_get_vhost(wsi)));
  lws_set_opaque_user_data(wsi, &connection);
  connections_[connection.number] = std::move(owned);
  Event event("open", "socket", connection.number);
  const std::string chosen = lws_get_protocol(wsi)->name;
  event.number("server", connection.server->number).text("path", target_of(wsi));
  event.raw("fields", fields_of(wsi, connection.server->look_at));
  event.text("subprotocol", chosen == "peer" ? "" : chosen).text("extensions", "");
  say(std::move(event));
  connection.open = true;
  return connection;
}

int Peer::append_fields(const Connection& connection, char** at, const char* end) {
  for (const auto& [name, value] : connection.fields) {
    auto* position = reinterpret_cast<unsigned char*>(*at);
    if (lws_add_http_header_by_name(
            connection.wsi, reinterpret_cast<const unsigned char*>(name.c_str()),
            reinterpret_cast<const unsigned char*>(value.data()), static_cast<int>(value.size()),
            &position, reinterpret_cast<unsigned char*>(const_cast<char*>(end))) != 0)
      return -1;
    *at = reinterpret_cast<char*>(position);
  }
  return 0;
}

// libwebsockets forgets the answer's fields before it says that the connection is open.
void Peer::opened(Connection& connection) {
  connection.open = true;
  say(Event("open", "socket", connection.number)
          .text("subprotocol", field_of(connection.wsi, WSI_TOKEN_PROTOCOL))
          .text("extensions", field_of(connection.wsi, WSI_TOKEN_EXTENSIONS)));
}

void Peer::refused(Connection& connection, const char* why) {
  if (std::exchange(connection.refused, true)) return;
  const unsigned status =
      connection.wsi == nullptr ? 0 : lws_http_client_http_response(connection.wsi);
  say(Event("refused", "socket", connection.number)
          .number("status", static_cast<long>(status))
          .text("reason", why == nullptr ? "" : why));
}

void Peer::closed(Connection& connection) {
  if (connection.open)
    say(Event("closed", "socket", connection.number)
            .number("code", connection.code)
            .text("reason", connection.reason));
  if (connection.own_vhost != nullptr) lws_vhost_destroy(connection.own_vhost);
  lws_set_opaque_user_data(connection.wsi, nullptr);
  connections_.erase(connection.number);
}

void Peer::received(Connection& connection, std::string_view part) {
  connection.message += part;
  if (lws_is_final_fragment(connection.wsi) == 0 ||
      lws_remaining_packet_payload(connection.wsi) != 0)
    return;
  say(Event("message", "socket", connection.number)
          .boolean("text", lws_frame_is_binary(connection.wsi) == 0)
          .payload(connection.message));
  connection.message.clear();
}

// One frame a call: behind it libwebsockets may have more of its own to send.
int Peer::write(Connection& connection) {
  if (connection.tell) {
    say(Event("sent", "socket", connection.number).number("tell", *connection.tell));
    connection.tell.reset();
  }
  if (connection.outgoing.empty()) return 0;
  Outgoing out = std::move(connection.outgoing.front());
  connection.outgoing.pop_front();
  if (out.kind == Outgoing::Kind::close) {
    connection.code = out.code == 0 ? static_cast<int>(LWS_CLOSE_STATUS_NO_STATUS) : out.code;
    lws_close_reason(connection.wsi, static_cast<lws_close_status>(out.code),
                     reinterpret_cast<unsigned char*>(out.bytes.data()), out.bytes.size());
    return -1;
  }
  if (lws_write(connection.wsi, reinterpret_cast<unsigned char*>(out.bytes.data()) + LWS_PRE,
                out.bytes.size() - LWS_PRE, out.how) < 0)
    return -1;
  connection.tell = out.tell;
  if (connection.tell || !connection.outgoing.empty()) lws_callback_on_writable(connection.wsi);
  return 0;
}

int Peer::opening(lws* wsi, Connection* connection, lws_callback_reasons reason, void* in,
                  std::size_t length) {
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
      accepted(wsi);
      return 0;
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
      auto* const at = static_cast<char**>(in);
      connection->wsi = wsi;
      return append_fields(*connection, at, *at + length);
    }
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
      connection->wsi = wsi;
      opened(*connection);
      return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
      if (!connection->open) refused(*connection, static_cast<const char*>(in));
      return 0;
    default:
      return 0;
  }
}

int Peer::happened(lws* wsi, lws_callback_reasons reason, void* in, std::size_t length) {
  auto* const connection = static_cast<Connection*>(lws_get_opaque_user_data(wsi));
  if (reason == LWS_CALLBACK_ESTABLISHED) return opening(wsi, nullptr, reason, in, length);
  if (connection == nullptr) return 0;
  const std::string_view bytes(static_cast<const char*>(in), in == nullptr ? 0 : length);
  switch (reason) {
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
      received(*connection, bytes);
      return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
      say(Event("pong", "socket", connection->number).payload(bytes));
      return 0;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      connection->code = LWS_CLOSE_STATUS_NO_STATUS;
      if (bytes.size() >= 2) {
        connection->code =
            static_cast<unsigned char>(bytes[0]) * 256 + static_cast<unsigned char>(bytes[1]);
        connection->reason = bytes.substr(2);
      }
      return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
      return write(*connection);
    case LWS_CALLBACK_WSI_DESTROY:
      closed(*connection);
      return 0;
    default:
      return opening(wsi, connection, reason, in, length);
  }
}

}  // namespace
}  // namespace peer

int main() {
  peer::Peer peer;
  peer::the_peer = &peer;
  peer.run();
  peer::the_peer = nullptr;
}
