#include "lws_peer.hpp"

#include <unistd.h>

#include <algorithm>

namespace peer {
namespace {

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

}  // namespace

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
  std::string client_ca;
  if (command["tls"].get(tls) == simdjson::SUCCESS && !tls.is_null()) {
    certificate = text_of(tls, "certificate");
    key = text_of(tls, "key");
    client_ca = text_of(tls, "client_ca");
    info.ssl_cert_filepath = certificate.c_str();
    info.ssl_private_key_filepath = key.c_str();
    if (!client_ca.empty()) {
      info.ssl_ca_filepath = client_ca.c_str();
      info.options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
    }
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
    return lws_set_timeout(connection.wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
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
    out.bytes += text_of(command, "reason");
  } else {
    const int kind = is_set(command, "text") ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
    const int how = (is_set(command, "first") ? kind : LWS_WRITE_CONTINUATION) |
                    (is_set(command, "final") ? 0 : LWS_WRITE_NO_FIN);
    out.how = static_cast<lws_write_protocol>(how);
  }
  connection.outgoing.push_back(std::move(out));
  lws_callback_on_writable(connection.wsi);
}

}  // namespace peer

int main() {
  peer::Peer peer;
  peer::the_peer = &peer;
  peer.run();
  peer::the_peer = nullptr;
}
