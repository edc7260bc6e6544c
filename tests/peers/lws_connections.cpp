// What libwebsockets calls for a connection.
#include <utility>

#include "lws_peer.hpp"
#include "lws_request.hpp"

namespace peer {

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
  unsigned char* const bytes = reinterpret_cast<unsigned char*>(out.bytes.data()) + LWS_PRE;
  const std::size_t length = out.bytes.size() - LWS_PRE;
  if (out.kind == Outgoing::Kind::close) {
    connection.code = out.code;
    lws_close_reason(connection.wsi, static_cast<lws_close_status>(out.code), bytes, length);
    return -1;
  }
  if (lws_write(connection.wsi, bytes, length, out.how) < 0) return -1;
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

}  // namespace peer
