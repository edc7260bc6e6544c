#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/holdings.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/lws.hpp"
#include "io/server/exchange.hpp"
#include "model/defaults.hpp"

struct lws;

namespace rt {

struct WsServerOptions {
  std::size_t max_message = defaults::kMaxMessage;  // a longer one is answered with close code 1009
  // A ping to a peer that was silent so long; 0: none
  Milliseconds ping_interval = defaults::kPingInterval;
};

// Server ends of WebSocket connections on libwebsockets, whose sockets and opening handshakes come
// from elsewhere.
class WsServer {
 public:
  // `holdings` bounds what is held for peers: messages that are not whole.
  WsServer(Reactor& reactor, Deadlines& deadlines, Holdings& holdings, WsServerOptions options);
  ~WsServer();
  WsServer(const WsServer&) = delete;
  WsServer& operator=(const WsServer&) = delete;

  // Takes over the socket `fd` of a checked upgrade request with this Sec-WebSocket-Key, completes
  // the handshake with the subprotocol ("" for none), and treats `more` as the first bytes behind
  // the request. The listener gets on_open, or on_gone when it fails; both may come before adopt
  // returns.
  void adopt(int fd, std::string_view key, std::string_view subprotocol, std::string_view more,
             WebSocketListener& listener);

  // Closes all with 1001 (going away).
  void drain();
  std::size_t connections() const;
  // Called when the last connection has gone.
  void on_empty(std::function<void()> callback);

  struct State;  // opaque

 private:
  std::unique_ptr<State> state_;
};

}  // namespace rt
