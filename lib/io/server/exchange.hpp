#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/http_fields.hpp"
#include "codec/http_request.hpp"
#include "codec/ws_session.hpp"
#include "model/identity.hpp"
#include "model/message.hpp"

namespace rt {

// A whole answer. A front end adds Date, Content-Length and what its version of HTTP needs besides.
struct Response {
  int status = 200;
  http::Fields fields;
  std::string body;  // not sent for HEAD, 204 and 304
  // Not 0: an answer that several get. The same number means the same answer, so that a front end
  // may make its bytes once.
  std::uint64_t shared = 0;
};

// Whoever an exchange is held or streamed for.
class ExchangeListener {
 public:
  // A write was cut short before and there is room again.
  virtual void on_writable() = 0;
  // The peer is gone, or the server is ending: the exchange must not be touched after this call.
  virtual void on_gone() = 0;

 protected:
  ~ExchangeListener() = default;
};

// How a WebSocket has ended: by whose close frame, or by neither (1006).
struct WebSocketEnd {
  bool by_peer = true;
  std::uint16_t code = 1006;
  std::string reason;
};

// One open WebSocket connection.
class WebSocket {
 public:
  // Takes whole frames, all (true) or none of them (false: on_writable tells when to come back).
  virtual bool write(std::string_view frames) = 0;
  // Starts the closing handshake; on_gone comes later.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // Ends the connection at once, without a word; on_gone comes later.
  virtual void cut() = 0;
  // Stops and resumes taking messages from the peer. Keepalive goes on.
  virtual void pause_reading(bool paused) = 0;
  // Frames may be of compressed messages, each for itself (ws::append_shared_message).
  virtual bool compresses() const = 0;
  // In on_gone.
  virtual WebSocketEnd end() const = 0;

 protected:
  ~WebSocket() = default;
};

class WebSocketListener {
 public:
  // The connection stands and can be written to.
  virtual void on_open(WebSocket& socket) = 0;
  // The payload lasts as long as the call.
  virtual void on_message(PayloadKind kind, ws::Payload payload) = 0;
  virtual void on_writable() = 0;
  // The socket must not be touched after this call, and within it only be asked for its end. Comes
  // also when it was never open.
  virtual void on_gone() = 0;

 protected:
  ~WebSocketListener() = default;
};

// One request and its answer, whatever version of HTTP the front end speaks: a turn of an HTTP/1.1
// connection, or a stream of an HTTP/2 one. Every exchange is ended by exactly one
// of respond(), open_stream() and open_websocket(), at once or, after hold(), later.
class Exchange {
 public:
  // The request; valid only until handle() or admit() returns.
  virtual const http::Request& request() const = 0;
  // The body, moved out where that saves a copy. Once, and only in handle().
  virtual std::string take_body() = 0;
  // Who the peer is: the connection's, or the request's own. Lasts as long as the exchange.
  virtual const Identity& identity() const = 0;
  // The peer's IP address, as text.
  virtual std::string peer_address() const { return {}; }

  virtual void respond(const Response& response) = 0;

  // The answer comes later; the listener is told when the peer goes before.
  virtual void hold(ExchangeListener& listener) = 0;

  // While it is held: so many bytes are kept for it, of what the peer has sent. False: there is no
  // room for them and they must go, as the peer does; the listener is told of that later.
  [[nodiscard]] virtual bool keep(std::size_t bytes) = 0;

  // Begins an answer without an end (status 200). Then write() may be called until on_gone.
  virtual void open_stream(const http::Fields& fields, ExchangeListener& listener) = 0;
  // Takes what can be sent now and returns how many bytes that was; less than all of them means
  // that on_writable will be called.
  virtual std::size_t write(std::string_view bytes) = 0;
  // Begins an answer that is written in pieces and ends with end_stream(); its connection may be
  // used again then. False: nobody wants the body (HEAD), and the exchange is over.
  virtual bool open_body(const http::Fields& fields, ExchangeListener& listener) = 0;
  // Takes all of it. False: the peer has not taken it, and on_writable tells when it has.
  virtual bool write_body(std::string_view bytes) = 0;
  // Ends the stream after what has been written.
  virtual void end_stream() = 0;
  // Ends a stream, and what carries it, at once: the peer does not take what has been written. The
  // listener is not told.
  virtual void cut() = 0;

  // Grants a valid wish for a WebSocket (http::Request::websocket), with this subprotocol ("" for
  // none). The listener gets on_open and later on_gone, or only on_gone. The exchange is over.
  virtual void open_websocket(std::string_view subprotocol, WebSocketListener& listener) = 0;

 protected:
  ~Exchange() = default;
};

// What answers exchanges.
class ExchangeHandler {
 public:
  // Before a body is read: false when the request has been answered already (a refusal).
  virtual bool admit(Exchange& exchange) = 0;
  // A whole request.
  virtual void handle(Exchange& exchange) = 0;

 protected:
  ~ExchangeHandler() = default;
};

}  // namespace rt
