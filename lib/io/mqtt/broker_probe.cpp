#include "io/mqtt/broker_probe.hpp"

#include <array>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "base/random.hpp"
#include "io/mqtt/client.hpp"
#include "model/message.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t kPayload = 1024;
constexpr int kSilences = 3;
constexpr Milliseconds kLastWord = 1s;

MqttClientOptions options_for(std::string host, std::uint16_t port, Milliseconds patience) {
  MqttClientOptions options;
  options.endpoint.transport = Transport::mqtt;
  options.endpoint.host = std::move(host);
  options.endpoint.port = port;
  options.connect_timeout = patience;
  options.own_broker = true;
  options.protocol = MqttProtocol::v5;
  options.qos = 1;
  options.client_id = Random::from_system().next_name("rtwire-probe-", 12);
  // No "#" of others takes a topic that begins with "$".
  options.topic = "$" + options.client_id;
  options.filters = {options.topic};
  options.keepalive = std::chrono::seconds(0);
  return options;
}

// At QoS 1 a broker puts the message into its queues before it acknowledges it: what does not come
// before the acknowledgement does not come at all.
asio::awaitable<PassesOn> ask(MqttClient& client) {
  const Result<void> connected = co_await client.connect();
  if (!connected) co_return PassesOn::no;
  Message message;
  message.payload.assign(kPayload, 'x');
  const std::array batch = {std::make_shared<const Message>(std::move(message))};
  Messages rest = batch;
  const Result<void> written = co_await client.write(rest);
  if (!written) co_return PassesOn::no;
  const Result<void> acknowledged = co_await client.flush();
  if (!acknowledged) co_return PassesOn::no;
  asio::steady_timer last_word(co_await asio::this_coro::executor, kLastWord);
  const auto came = co_await (client.read() || last_word.async_wait(asio::use_awaitable));
  if (came.index() == 1) co_return PassesOn::no;
  const Result<Batch>& batch_back = std::get<0>(came);
  co_return batch_back && !batch_back->empty() ? PassesOn::yes : PassesOn::no;
}

}  // namespace

asio::awaitable<PassesOn> passes_on(Reactor& reactor, std::string host, std::uint16_t port,
                                    Milliseconds patience) {
  // It ends by the timer here, before its own.
  MqttClient client(reactor, options_for(std::move(host), port, 2 * patience));
  client.hurry();
  asio::steady_timer timer(reactor.executor(), patience);
  const auto answer = co_await (ask(client) || timer.async_wait(asio::use_awaitable));
  co_await client.close();
  co_return answer.index() == 0 ? std::get<0>(answer) : PassesOn::unknown;
}

asio::awaitable<void> until_silent(Reactor& reactor, std::string host, std::uint16_t port,
                                   Milliseconds pause, Milliseconds patience) {
  for (int silences = 0; silences < kSilences;) {
    asio::steady_timer timer(reactor.executor(), silences == 0 ? pause : patience / 10);
    co_await timer.async_wait(asio::use_awaitable);
    const PassesOn answer = co_await passes_on(reactor, host, port, patience);
    silences = answer == PassesOn::unknown ? silences + 1 : 0;
  }
}

}  // namespace rt
