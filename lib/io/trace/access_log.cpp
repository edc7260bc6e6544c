#include "io/trace/access_log.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "io/trace/redact.hpp"
#include "io/trace/wire.hpp"

namespace rt {
namespace {

constexpr std::size_t kLongestTarget = 512;

}  // namespace

std::string peer_name(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  auto* const peer = reinterpret_cast<sockaddr*>(&address);
  if (getpeername(socket, peer, &size) != 0 ||
      getnameinfo(peer, size, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  const std::string name(host);
  return (name.find(':') == std::string::npos ? name : "[" + name + "]") + ":" + port;
}

std::unique_ptr<AccessLog> AccessLog::if_wanted() {
  return trace::on() ? std::make_unique<AccessLog>() : nullptr;
}

void AccessLog::request(const void* connection, int socket, const http::Request& request) {
  Known& known = known_[connection];
  if (known.peer.empty()) known.peer = peer_name(socket);
  known.what = printable(redacted(std::string(request.method) + " " + std::string(request.target)),
                         kLongestTarget);
  known.received = request.body.size();
  known.pending = true;
}

void AccessLog::answered(const void* connection, int socket, int status, std::size_t bytes) {
  Known& known = known_[connection];
  if (known.peer.empty()) known.peer = peer_name(socket);
  std::string line = known.peer + " " + (known.pending ? known.what : "(no request)") + ": " +
                     std::to_string(status);
  if (const std::size_t received = std::exchange(known.received, 0); received > 0)
    line += ", " + std::to_string(received) + " bytes in";
  Log::info(line + ", " + std::to_string(bytes) + " bytes out");
  known.pending = false;
}

void AccessLog::streams(const void* connection) {
  Known& known = known_[connection];
  known.streams = true;
  known.pending = false;
  Log::info(known.peer + " " + known.what + ": 200, an event stream begins");
}

void AccessLog::upgraded(const void* connection, std::string_view subprotocol) {
  const auto found = known_.find(connection);
  if (found == known_.end()) return;
  Log::info(found->second.peer + " " + found->second.what + ": 101, a WebSocket begins" +
            (subprotocol.empty() ? "" : " (" + printable(subprotocol) + ")"));
  known_.erase(found);
}

void AccessLog::gone(const void* connection) {
  const auto found = known_.find(connection);
  if (found == known_.end()) return;
  const Known& known = found->second;
  if (known.streams) Log::info(known.peer + " " + known.what + ": the event stream has ended");
  if (known.pending) Log::info(known.peer + " " + known.what + ": gone before the answer");
  known_.erase(found);
}

}  // namespace rt
