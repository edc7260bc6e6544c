#include "app/compare/idle_watch.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "app/compare/ends.hpp"
#include "model/defaults.hpp"

namespace rt {
namespace {

constexpr std::chrono::duration<double> kBeginning{1};
constexpr Milliseconds kLook = 50ms;
constexpr double kHour = 3600;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

// Of MQTT, whose pings come less often than a short run lasts: two bytes each way.
IdleFigures pings(std::chrono::duration<double> watched) {
  const double an_hour = kHour / std::chrono::duration<double>(defaults::kMqttKeepalive).count();
  return {2 * an_hour, 2 * an_hour, watched.count(), true};
}

}  // namespace

void IdleTally::saw(std::chrono::duration<double> since_begin, std::uint64_t down,
                    std::uint64_t up) {
  if (down == last_.down && up == last_.up) return;
  last_ = {since_begin, down, up};
  if (since_begin <= kBeginning) first_ = last_;
}

std::optional<IdleFigures> IdleTally::figures() const {
  const double seconds = (last_.at - first_.at).count();
  if (seconds <= 0) return std::nullopt;
  return IdleFigures{static_cast<double>(last_.down - first_.down) / seconds * kHour,
                     static_cast<double>(last_.up - first_.up) / seconds * kHour, seconds, false};
}

asio::awaitable<void> IdleWatch::start(const std::vector<ComparedWay>& ways) {
  const auto any = [&](bool mqtt) {
    return std::any_of(ways.begin(), ways.end(),
                       [&](ComparedWay way) { return is_mqtt(way) == mqtt; });
  };
  bool hub = any(false), broker = any(true);
  if (hub) {
    const Result<void> started = co_await hub_.start_hub(options_.program);
    hub = started.ok();
  }
  if (broker) {
    const Result<void> started = co_await broker_.start_broker();
    broker = started.ok();
  }
  if (hub) {
    // A channel without a message is none to those who poll.
    auto message = std::make_shared<Message>();
    message->payload = options_.load.payload(ComparedLoad::kNoNumber);
    message->kind = options_.load.kind();
    const auto publishing = compared_publisher(reactor_, ComparedWay::sse, hub_.port());
    const Batch batch{std::move(message)};
    const Result<void> ignored = co_await publishing->sink().write(batch);
  }
  for (const ComparedWay way : ways) {
    if (is_mqtt(way) ? !broker : !hub) continue;
    const std::uint16_t port = (is_mqtt(way) ? broker_ : hub_).port();
    Watched& one = watched_.emplace_back(reactor_, way, port);
    if (!one.proxy.open()) {
      watched_.pop_back();
      continue;
    }
    one.reader = &readers_.add(
        compared_reader(reactor_, options_, way, one.proxy.port(), static_cast<std::size_t>(way)),
        {.read = true, .write = false}, [](const Batch&) {});
  }
  looking_ = true;
  asio::co_spawn(
      reactor_.executor(), [this] { return look(); }, asio::detached);
}

asio::awaitable<void> IdleWatch::look() {
  while (!ending_) {
    for (Watched& one : watched_) {
      const ImpairedProxy::Counts& counts = one.proxy.counts();
      one.tally.saw(now() - one.begin, counts.down.bytes, counts.up.bytes);
    }
    timer_.expires_after(kLook);
    asio::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  looking_ = false;
  stopped_.notify_all();
}

std::optional<IdleFigures> IdleWatch::figures(ComparedWay way) const {
  for (const Watched& one : watched_) {
    if (one.way != way || one.reader->failed()) continue;
    const auto seen = one.tally.figures();
    return seen || !is_mqtt(way) ? seen : pings(now() - one.begin);
  }
  return std::nullopt;
}

asio::awaitable<void> IdleWatch::stop() {
  ending_ = true;
  timer_.cancel();
  while (looking_) co_await stopped_.wait();
  co_await readers_.end();
  watched_.clear();
  co_await hub_.stop();
  co_await broker_.stop();
}

}  // namespace rt
