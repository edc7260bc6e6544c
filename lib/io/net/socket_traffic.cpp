#include "io/net/socket_traffic.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#ifdef __APPLE__
#include <netinet/tcp.h>
#else
// The C library's own struct tcp_info ends before the byte counts.
#include <linux/tcp.h>
#endif

#include <cstddef>

namespace rt {

std::uint64_t bytes_received(int socket) {
#ifdef __APPLE__
  tcp_connection_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_CONNECTION_INFO, &info, &size) != 0) return 0;
  return info.tcpi_rxbytes;
#else
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  const bool counted = size >= offsetof(tcp_info, tcpi_bytes_received) + sizeof(std::uint64_t);
  if (!counted || info.tcpi_bytes_received == 0) return 0;
  // The end of the stream counts as a byte.
  constexpr int kEstablished = 1;
  return info.tcpi_bytes_received - (info.tcpi_state == kEstablished ? 0 : 1);
#endif
}

}  // namespace rt
