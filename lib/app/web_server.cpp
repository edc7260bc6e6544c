#include "app/web_server.hpp"

#include <chrono>
#include <vector>

#include "base/log.hpp"

namespace rt {
namespace {

constexpr Milliseconds kDrainTime = 3s;

}  // namespace

WebServer::WebServer(Reactor& reactor, const HubServerOptions& options, ExchangeHandler& handler)
    : options_(options),
      poller_(make_socket_poller(reactor)),
      deadlines_(reactor),
      access_(options_.service.access),
      answers_(access_),
      admission_(access_, grants_, answers_),
      holdings_(options_.held),
      gone_(reactor.executor()),
      websockets_(reactor, deadlines_, holdings_, options_.websocket),
      front_(reactor, *poller_, deadlines_, holdings_, websockets_, handler, options_.front) {
  front_.on_empty([this] { gone_.notify_all(); });
  websockets_.on_empty([this] { gone_.notify_all(); });
}

Result<void> WebServer::listen(const std::string& scheme, const ServiceNotify& notify) {
  std::vector<ListenAddress> addresses;
  for (const InheritedSocket& socket : options_.sockets) {
    if (Result<void> adopted = front_.adopt(socket); !adopted) return adopted;
    addresses.push_back(socket.address);
  }
  if (addresses.empty()) {
    ListenAddress address = options_.address;
    const Result<std::uint16_t> port = front_.listen(address);
    if (!port) return port.error();
    address.port = *port;
    addresses.push_back(address);
  }
  const std::string& channel = options_.address.channel;
  std::string all = "listening";
  for (const ListenAddress& address : addresses) {
    const std::string url = listen_url(scheme, address) + (channel.empty() ? "/" : channel);
    Log::ready("listening " + url);
    all += " " + url;
  }
  notify.ready(all);
  return {};
}

asio::awaitable<void> WebServer::drain() {
  admission_.close();
  front_.drain();
  websockets_.drain();
  const SteadyTime deadline = std::chrono::steady_clock::now() + kDrainTime;
  while ((front_.connections() > 0 || websockets_.connections() > 0) &&
         std::chrono::steady_clock::now() < deadline)
    co_await gone_.wait_until(deadline);
}

}  // namespace rt
