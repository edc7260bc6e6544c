#include "io/mqtt/client_options.hpp"

#include "io/net/stream.hpp"

namespace rt {

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
  return [out](Reactor& reactor) { return std::make_unique<NetStream>(reactor, out); };
}

}  // namespace rt
