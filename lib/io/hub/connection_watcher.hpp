#pragma once

#include <string>
#include <string_view>

#include "io/server/exchange.hpp"

namespace rt {

// Is told of the readers that stay connected: event streams and WebSockets. Only while it watches:
// of those before it knows nothing, not even their end.
class ConnectionWatcher {
 public:
  // `connection` is the origin of what it publishes.
  virtual void on_opened(const void* connection, std::string_view proto, std::string_view channel,
                         std::string_view peer) = 0;
  // An event stream's end has no code (0).
  virtual void on_closed(const void* connection, const WebSocketEnd& end) = 0;

 protected:
  ~ConnectionWatcher() = default;
};

}  // namespace rt
