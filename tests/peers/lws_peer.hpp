// A WebSocket peer on libwebsockets, in both roles, moved by lines on stdin: PROTOCOL.md.
#pragma once

#include <libwebsockets.h>
#include <simdjson.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "line_protocol.hpp"

namespace peer {

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

}  // namespace peer
