#include "app/relay_servers.hpp"

#include <utility>

namespace rt {
namespace {

bool same_address(const ListenAddress& a, const ListenAddress& b) {
  return a.port != 0 && a.port == b.port && a.host == b.host;
}

}  // namespace

asio::awaitable<Result<void>> SharedBroker::join() {
  if (users_++ > 0) co_return Result<void>();
  co_return co_await broker_.start();
}

asio::awaitable<void> SharedBroker::leave(Milliseconds patience) {
  if (--users_ == 0) co_await broker_.stop(patience);
}

asio::awaitable<void> SharedBroker::keep_running() {
  if (std::exchange(kept_, true)) co_return;
  co_await broker_.keep_running();
}

SharedBroker& RelayServers::broker(const BrokerOptions& options) {
  for (OneBroker& one : brokers_)
    if (same_address(options.address, one.address)) return *one.broker;
  brokers_.push_back({options.address, std::make_unique<SharedBroker>(reactor_, options)});
  return *brokers_.back().broker;
}

HubServer& RelayServers::server(const HubServerOptions& options) {
  for (One& one : servers_)
    if (same_address(options.address, one.address)) return *one.server;
  servers_.push_back({options.address, std::make_unique<HubServer>(reactor_, options)});
  return *servers_.back().server;
}

Result<void> RelayServers::listen() {
  for (One& one : servers_) {
    if (one.listens) continue;
    if (const Result<std::uint16_t> port = one.server->listen(); !port) return port.error();
    one.listens = true;
  }
  return {};
}

asio::awaitable<void> RelayServers::drain(SteadyTime until) {
  for (One& one : servers_) {
    if (one.listens) co_await one.server->drain(until);
  }
}

}  // namespace rt
