#include "io/mqtt/broker_listeners.hpp"

#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <cerrno>

namespace rt {
namespace {

using asio::ip::tcp;

constexpr int kPortsToTry = 20;

// The port that was bound, and is free again now; 0 with `failed`.
std::uint16_t try_to_bind(Reactor& reactor, const tcp::endpoint& endpoint,
                          asio::error_code& failed) {
  tcp::acceptor acceptor(reactor.executor());
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  if (!failed && endpoint.protocol() == tcp::v6())
    acceptor.set_option(asio::ip::v6_only(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  // Two may bind the same address while none listens.
  if (!failed) acceptor.listen(1, failed);
  if (failed) return 0;
  return acceptor.local_endpoint(failed).port();
}

bool not_here(const asio::error_code& failed) {
  return failed == asio::error::address_family_not_supported ||
         failed == asio::error_code(EADDRNOTAVAIL, asio::error::get_system_category());
}

Result<BrokerListeners> try_all(Reactor& reactor, const ListenAddress& address,
                                const std::vector<asio::ip::address>& candidates) {
  BrokerListeners out;
  out.port = address.port;
  asio::error_code missing;
  for (const asio::ip::address& candidate : candidates) {
    asio::error_code failed;
    const std::uint16_t port = try_to_bind(reactor, {candidate, out.port}, failed);
    if (failed && not_here(failed)) {
      missing = failed;
      continue;
    }
    if (failed) return cannot_listen(address, failed);
    out.port = port;
    out.addresses.push_back(candidate);
  }
  if (out.addresses.empty()) return cannot_listen(address, missing);
  return out;
}

}  // namespace

Error cannot_listen(const ListenAddress& address, const asio::error_code& failed) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  std::string text = "cannot listen on " + (ipv6 ? "[" + address.host + "]" : address.host) + ":" +
                     std::to_string(address.port) + ": " + failed.message();
  if (failed == asio::error::address_in_use)
    text += " (another program has it; 0 picks a free one)";
  if (failed == asio::error::access_denied) text += " (ports below 1024 need special rights)";
  if (failed.value() == EADDRNOTAVAIL) text += " (no interface of this machine has this address)";
  return Error(Fault::other, std::move(text));
}

Result<BrokerListeners> find_broker_listeners(Reactor& reactor, const ListenAddress& address) {
  std::vector<asio::ip::address> candidates;
  if (address.host == "*") {
    candidates = {asio::ip::address_v4::any(), asio::ip::address_v6::any()};
  } else {
    asio::error_code failed;
    tcp::resolver resolver(reactor.executor());
    for (const auto& entry :
         resolver.resolve(address.host, std::to_string(address.port),
                          tcp::resolver::passive | tcp::resolver::numeric_service, failed))
      candidates.push_back(entry.endpoint().address());
    if (failed || candidates.empty())
      return Error(Fault::network, "cannot resolve " + address.host + ": " + failed.message());
  }
  // A port that is free on one address may be taken on the next.
  const int attempts = address.port == 0 && candidates.size() > 1 ? kPortsToTry : 1;
  Result<BrokerListeners> out = try_all(reactor, address, candidates);
  for (int i = 1; i < attempts && !out; ++i) out = try_all(reactor, address, candidates);
  return out;
}

}  // namespace rt
