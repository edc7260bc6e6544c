#include "app/relay_status.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <string_view>
#include <utility>

#include "base/log.hpp"

namespace rt {
namespace {

constexpr Milliseconds kPeriod = 1s;
constexpr std::string_view kErase = "\r\x1b[K";

bool shown = false;

void write_terminal(const std::string& text) {
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

// One column is left free: in the last one a terminal may begin a new line.
std::size_t columns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1u : 79u;
}

struct Erased {
  Erased() { Log::before_line(clear_status); }
  ~Erased() {
    Log::before_line(nullptr);
    clear_status();
  }
  Erased(const Erased&) = delete;
  Erased& operator=(const Erased&) = delete;
};

}  // namespace

void clear_status() {
  if (std::exchange(shown, false)) write_terminal(std::string(kErase));
}

std::string cut_to(std::string text, std::size_t columns) {
  if (text.size() > columns) text.resize(columns);
  return text;
}

bool stderr_is_terminal() {
  return isatty(STDERR_FILENO) == 1;
}

std::string status_text(const RelayFigures& now, std::uint64_t messages_before, Milliseconds span) {
  const std::uint64_t ms = span.count() > 0 ? static_cast<std::uint64_t>(span.count()) : 1;
  const std::uint64_t rate = (now.messages - messages_before) * 1000 / ms;
  return std::to_string(now.messages) + " messages, " + std::to_string(rate) + "/s, lag " +
         std::to_string(now.lag) + ", dropped " + std::to_string(now.dropped) + ", reconnects " +
         std::to_string(now.reconnects);
}

asio::awaitable<void> show_status(Reactor& reactor,
                                  std::function<std::vector<RelayFigures>()> figures) {
  const bool terminal = stderr_is_terminal();
  const Erased erased;
  std::vector<std::uint64_t> before;
  SteadyTime last = std::chrono::steady_clock::now();
  asio::steady_timer timer(reactor.context());
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
    if (!terminal) {
      Log::ready(text);
      continue;
    }
    write_terminal(std::string(kErase) + cut_to(std::move(text), columns()) + "\r");
    shown = true;
  }
}

}  // namespace rt
