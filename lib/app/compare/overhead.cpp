#include "app/compare/overhead.hpp"

#include <algorithm>
#include <cmath>

namespace rt {
namespace {

constexpr double kHead = 20 + 32;  // IPv4, TCP with time stamps
// Three packets to open, two of them with more options; four to end.
constexpr double kConnection = 2 * 60 + 52 + 4 * 52;

constexpr double kRecord = 5 + 1 + 16;  // its head, its kind, and what proves it
constexpr double kRecordSize = 16384;
// What is usual: a ClientHello of 517 bytes and a Finished, a chain of two ECDSA certificates with
// what proves them, and two tickets.
constexpr double kHandshake = 600 + 3000;

double records(const ImpairedProxy::Direction& direction) {
  return std::max(static_cast<double>(direction.writes),
                  std::ceil(static_cast<double>(direction.bytes) / kRecordSize));
}

}  // namespace

double tcp_ip_bytes(const ImpairedProxy::Direction& down, const ImpairedProxy::Direction& up,
                    double connections) {
  const auto packets = [](const ImpairedProxy::Direction& direction) {
    return static_cast<double>(direction.packets + direction.acknowledgements);
  };
  return kHead * (packets(down) + packets(up)) + kConnection * connections;
}

double tls_bytes(const ImpairedProxy::Direction& down, const ImpairedProxy::Direction& up,
                 double connections) {
  return kRecord * (records(down) + records(up)) + kHandshake * connections;
}

double base64_bytes(double size) {
  return 4 * std::ceil(size / 3) - size;
}

}  // namespace rt
