#pragma once

#include <asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "model/endpoint.hpp"

namespace rt {

// Where a broker is to listen: at least one address, and one port for all.
struct BrokerListeners {
  std::vector<asio::ip::address> addresses;
  std::uint16_t port = 0;
};

// Tries what can be bound here now, so that an error is told in our words before a broker starts.
// "*" is every interface, and a name all its addresses; those that this machine does not have are
// left out while there is another. Port 0 becomes one that is free. Errors (network): as
// cannot_listen(), or a name that cannot be resolved.
Result<BrokerListeners> find_broker_listeners(Reactor& reactor, const ListenAddress& address);

Error cannot_listen(const ListenAddress& address, const asio::error_code& failed);

}  // namespace rt
