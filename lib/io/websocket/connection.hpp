#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/loop/lws.hpp"
#include "io/net/proxy.hpp"
#include "io/trace/wire.hpp"
#include "io/websocket/client.hpp"
#include "model/tls_options.hpp"

struct lws;
struct lws_vhost;

namespace rt {

// A libwebsockets context for client connections.
class WsClientContext {
 public:
  WsClientContext(Reactor& reactor, const WsClientOptions& options);

  LwsLoop& loop() { return loop_; }
  const TlsOptions& tls() const { return tls_; }
  // The virtual host for connections in clear text or over TLS, which reads the certificates.
  Result<lws_vhost*> vhost(bool tls);

 private:
  lws_vhost* create(bool tls);

  LwsLoop loop_;
  TlsOptions tls_;
  unsigned connect_seconds_;
  lws_vhost* plain_ = nullptr;
  lws_vhost* secure_ = nullptr;
};

// What one connection attempt is told.
struct WsAttempt {
  bool tls = false;
  std::string address;  // the server's, in numbers; through a proxy as the proxy is to be told it
  std::uint16_t port = 0;
  std::string proxy;     // "[user:password@]address:port" in numbers; empty: none
  std::string tls_name;  // what the certificate must be for
  std::string target;    // of the request
  std::string fields;    // of the request: see handshake_fields
  std::string subprotocols;
};

// Called from libwebsockets; none of these may destroy the link.
class WsLinkListener {
 public:
  virtual void on_progress() = 0;  // the link got on with its handshake, or failed: look at it
  // A piece of a message. False ends the connection.
  virtual bool on_data(std::string_view bytes, bool final, bool binary) = 0;
  // A frame is under way of which `rest` bytes have not come.
  virtual void on_announced(std::size_t rest) = 0;
  virtual void on_pong() = 0;
  virtual void on_writable() = 0;
  // The peer's close frame; 1005 when it has no code.
  virtual void on_peer_close(std::uint16_t code, std::string_view reason) = 0;
  // The connection is gone.
  virtual void on_closed() = 0;

 protected:
  ~WsLinkListener() = default;
};

// One client connection of libwebsockets.
class WsClientConnection {
 public:
  WsClientConnection(WsClientContext& context, WsLinkListener& listener, WsAttempt attempt);
  ~WsClientConnection();
  WsClientConnection(const WsClientConnection&) = delete;
  WsClientConnection& operator=(const WsClientConnection&) = delete;

  void start();

  // How far it has come.
  bool reached() const { return reached_; }  // TCP stands
  // Of a handshake without TLS and proxy: what has come so far does not begin as HTTP does.
  bool heard_no_http() const;
  bool established() const { return established_; }
  bool failed() const { return failed_; }
  // Of the answer, as far as there was one.
  int status() const { return status_; }
  const std::string& status_line() const { return status_line_; }
  const std::string& location() const { return location_; }
  // Its body says what is wrong (RFC 9457).
  bool explained() const { return explained_; }
  const std::string& subprotocol() const { return subprotocol_; }
  // The server names itself a hub of this program's kind.
  bool met_hub() const { return met_hub_; }
  // Why the handshake failed. Only when the server was reached and gave no status but 101.
  Error failure() const;
  // The proxy's answer was no success, or no HTTP.
  bool refused_by_proxy() const { return failure_ == "proxy not h1"; }

  // Nobody has begun to end it.
  bool usable() const { return wsi_ != nullptr && !peer_closing_ && !closed_ && !killed_; }
  // True while bytes written before wait for the socket: nothing may be written now.
  bool blocked() const;
  // Sends whole frames as they are.
  void write(std::string_view frames);
  // Sends our close frame; nothing is sent after it.
  void close(std::string_view frame);
  void pause_reading(bool paused);
  // Ends it without further ado; on_closed comes from the loop.
  void kill();
  // After on_closed: libwebsockets ended the connection because the peer broke the protocol.
  bool violated() const { return violated_; }

  // libwebsockets' side.
  int on_event(lws* wsi, int reason, void* in, std::size_t length);

 private:
  bool write_request(char*& end, std::size_t room);
  void read_answer();
  void look_ahead();
  int on_connection_event(int reason, void* in, std::size_t length);
  void read_close(std::string_view payload);
  void note_violation();
  std::string header(int token) const;
  void trace_answer() const;
  void fail(std::string_view text);

  WsClientContext& context_;
  WsLinkListener& listener_;
  WsAttempt attempt_;
  lws* wsi_ = nullptr;
  std::string failure_;
  bool heard_no_http_ = false;  // when it failed
  std::string tls_fault_;
  std::string status_line_;
  std::string location_;
  std::string subprotocol_;
  int status_ = 0;
  std::unique_ptr<trace::ArrivingFrame> trace_;  // with -v
  bool reached_ = false;
  bool explained_ = false;
  bool met_hub_ = false;
  bool violated_ = false;
  bool established_ = false;
  bool failed_ = false;
  bool peer_closing_ = false;  // its close frame has come; lws answers it
  bool closed_ = false;        // ours is sent
  bool killed_ = false;
};

}  // namespace rt
