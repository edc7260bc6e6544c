#include "app/relay_status.hpp"

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "io/stdio/live_line.hpp"

namespace rt {
namespace {

constexpr Milliseconds kPeriod = 1s;

}  // namespace

std::string status_text(const RelayFigures& now, std::uint64_t messages_before, Milliseconds span) {
  const std::uint64_t ms = span.count() > 0 ? static_cast<std::uint64_t>(span.count()) : 1;
  const std::uint64_t rate = (now.messages - messages_before) * 1000 / ms;
  return std::to_string(now.messages) + " messages, " + std::to_string(rate) + "/s, lag " +
         std::to_string(now.lag) + ", dropped " + std::to_string(now.dropped) + ", reconnects " +
         std::to_string(now.reconnects);
}

asio::awaitable<void> show_status(Reactor& reactor,
                                  std::function<std::vector<RelayFigures>()> figures) {
  LiveLine line;
  std::vector<std::uint64_t> before;
  SteadyTime last = std::chrono::steady_clock::now();
  asio::steady_timer timer(reactor.executor());
  for (;;) {
    timer.expires_after(kPeriod);
    co_await timer.async_wait(asio::use_awaitable);
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto span = std::chrono::duration_cast<Milliseconds>(now - last);
    last = now;
    std::string text;
    const std::vector<RelayFigures> all = figures();
    before.resize(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i > 0) text += " | ";
      text += status_text(all[i], before[i], span);
      before[i] = all[i].messages;
    }
    line.show(text);
  }
}

}  // namespace rt
