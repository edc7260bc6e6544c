#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "codec/ws_deflate_terms.hpp"
#include "engine/holdings.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/reactor.hpp"
#include "io/server/byte_stream.hpp"
#include "io/server/exchange.hpp"
#include "model/defaults.hpp"

namespace rt {

struct WsServerOptions {
  std::size_t max_message = defaults::kMaxMessage;  // a longer one is answered with close code 1009
  // A ping to a peer that was silent so long; 0: none
  Milliseconds ping_interval = defaults::kPingInterval;
  Milliseconds message_time = 60s;  // for every 16 KiB of a message
  Milliseconds close_time = 5s;     // for the closing handshake
  bool compress = false;            // permessage-deflate, where the client offers it
};

// What the opening handshake has agreed on.
struct WsTerms {
  std::string_view subprotocol{};  // empty: none
  ws::DeflateTerms deflate{};
};

// What the connections of a WsServer have in common.
struct WsServerState;

// Server ends of WebSocket connections (RFC 6455), whose streams and opening handshakes come from
// elsewhere.
class WsServer {
 public:
  // `holdings` bounds what is held for peers: messages that are not whole, and what is not taken.
  WsServer(Reactor& reactor, Deadlines& deadlines, Holdings& holdings, WsServerOptions options);
  // Ends all connections without telling their listeners.
  ~WsServer();
  WsServer(const WsServer&) = delete;
  WsServer& operator=(const WsServer&) = delete;

  // What becomes of the compression that a client offers: a Sec-WebSocket-Extensions value.
  ws::DeflateTerms accept(std::string_view extensions) const;
  // Takes over the stream of a checked upgrade request: sends `answer`, the head that grants it on
  // these terms, and treats `more` as the first bytes after the request. The listener gets on_open,
  // or on_gone when it fails; both may come before adopt returns.
  void adopt(std::unique_ptr<ByteStream> stream, const WsTerms& terms, std::string_view answer,
             std::string_view more, WebSocketListener& listener);

  // Closes all with 1001 (going away).
  void drain();
  std::size_t connections() const;
  // Called when the last connection has gone.
  void on_empty(std::function<void()> callback);

 private:
  std::shared_ptr<WsServerState> state_;
};

}  // namespace rt
