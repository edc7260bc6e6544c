#include "broker_wiring.hpp"

#include <algorithm>

#include "serve_wiring.hpp"

namespace rt {
namespace {

constexpr std::size_t kLongestPacket = 256u << 20;  // MQTT's own

}  // namespace

Result<ServeBrokerOptions> serve_broker_options(const Options& options) {
  Result<ListenAddress> address = parse_listen_address(options.listen);
  if (!address) return address.error();
  if (address->tls)
    return Error(Fault::usage,
                 "serving over TLS is not possible yet: listen in clear text behind a TLS proxy");
  if (!address->inherited.empty())
    return Error(Fault::usage, "a broker opens its own port: write [HOST:]PORT");
  // "/" alone is no topic.
  if (address->channel == "/") address->channel.clear();
  const Result<int> output = open_output(options.output);
  if (!output) return output.error();

  ServeBrokerOptions server;
  server.notify = ServiceNotify::take();
  server.broker.address = *address;
  server.broker.store = options.store;
  server.broker.max_connections = options.max_connections;
  // Room for the longest messages is a part of it.
  const std::size_t longest = std::min(options.max_message, kLongestPacket);
  bound_broker(server.broker, std::max(options.memory, 4 * longest), options.max_message);
  server.framing = framing_of(options);
  server.exit_on_eof = options.exit_on_eof;
  server.qos = options.qos.value_or(1);
  server.retain = options.retain;
  server.output_fd = *output;
  if (*output != 1) server.output_name = options.output;
  return server;
}

}  // namespace rt
