#include "io/mqtt/client_options.hpp"

#include "io/net/stream.hpp"
#include "model/host.hpp"

namespace rt {
namespace {

constexpr int kSmallBuffer = 16 << 10;

}  // namespace

bool reads_in_large_pieces(const MqttClientOptions& options) {
#ifdef __linux__
  return options.qos == 0 && !options.filters.empty() && !options.carrier &&
         !options.endpoint.tls && options.network.unix_socket.empty() &&
         is_loopback(options.endpoint.host);
#else
  (void)options;
  return false;
#endif
}

MakeCarrier carrier_of(const MqttClientOptions& options, bool beside) {
  if (options.carrier) return options.carrier;
  NetStreamOptions out;
  out.host = options.endpoint.host;
  out.port = options.endpoint.port;
  out.over_tls = options.endpoint.tls;
  out.tls = options.tls;
  if (out.over_tls) out.context = {options.tls.alpn, options.tls.psk_identity, options.tls.psk};
  out.network = options.network;
  out.connect_timeout = options.connect_timeout;
  out.clear_url = options.endpoint.display_otherwise();
  out.beside = beside;
  if (reads_in_large_pieces(options)) out.receive_buffer = kSmallBuffer;
  return [out](Reactor& reactor) { return std::make_unique<NetStream>(reactor, out); };
}

}  // namespace rt
