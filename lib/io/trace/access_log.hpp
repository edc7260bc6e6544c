#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "codec/http_request.hpp"

namespace rt {

// "127.0.0.1:40312" or "[::1]:40312"; "?" when nobody is connected there.
std::string peer_name(int socket);

// What a server says with -v: a line for each request that was answered, each stream that began or
// ended and each connection that became a WebSocket, with the peer's address, method, target (its
// secrets struck out) and status. `connection` is any name of a connection while it lasts.
class AccessLog {
 public:
  // Null without -v.
  static std::unique_ptr<AccessLog> if_wanted();

  // A request whose answer comes now or later; before its body is taken from it.
  void request(const void* connection, int socket, const http::Request& request);
  // The answer's status and the size of its body. Without a request: it could not be read.
  void answered(const void* connection, int socket, int status, std::size_t bytes);
  void streams(const void* connection);
  void upgraded(const void* connection, std::string_view subprotocol);
  // The connection is gone.
  void gone(const void* connection);

 private:
  struct Known {
    std::string peer;
    std::string what;  // "GET /t"
    std::size_t received = 0;
    bool pending = false;
    bool streams = false;
  };
  std::unordered_map<const void*, Known> known_;
};

}  // namespace rt
