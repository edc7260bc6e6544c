#include "io/stdio/live_line.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <limits>
#include <string_view>
#include <utility>

#include "base/log.hpp"
#include "io/stdio/last_line.hpp"

namespace rt {
namespace {

constexpr std::string_view kErase = "\r\x1b[K";

bool shown = false;

bool in_background() {
  const pid_t foreground = tcgetpgrp(STDERR_FILENO);
  return foreground > 0 && foreground != getpgrp();
}

bool has_room() {
  pollfd watched{STDERR_FILENO, POLLOUT, 0};
  return poll(&watched, 1, 0) == 1 && (watched.revents & POLLOUT) != 0;
}

// The job may be put into the background between the look and the write: who blocks SIGTTOU is not
// stopped by it (POSIX, "Terminal Access Control").
void write_terminal(std::string_view text) {
  if (in_background() || !has_room()) return;
  sigset_t stop;
  sigset_t before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTTOU);
  const bool blocked = pthread_sigmask(SIG_BLOCK, &stop, &before) == 0;
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  if (blocked) pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

bool stderr_is_terminal() {
  return isatty(STDERR_FILENO) == 1;
}

std::string cut_to(std::string text, std::size_t columns) {
  if (text.size() > columns) text.resize(columns);
  return text;
}

LiveLine::LiveLine() : terminal_(stderr_is_terminal()) {
  if (terminal_) LastLine::set(LastLine::Kind::figures, {clear, nullptr});
}

LiveLine::~LiveLine() {
  if (!terminal_) return;
  LastLine::reset(LastLine::Kind::figures);
  clear();
}

// One column is left free: in the last one a terminal may begin a new line.
std::size_t LiveLine::columns() const {
  if (!terminal_) return std::numeric_limits<std::size_t>::max();
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col - 1u : 79u;
}

void LiveLine::show(const std::string& text) {
  if (!terminal_) {
    if (has_room()) Log::ready(text);
    return;
  }
  if (!LastLine::is_free_for(LastLine::Kind::figures)) return;
  shown = true;
  write_terminal(std::string(kErase) + cut_to(text, columns()) + "\r");
}

void LiveLine::finish(const std::string& text) {
  if (terminal_ && in_background()) return;
  clear();
  if (has_room()) Log::ready(cut_to(text, columns()));
}

void LiveLine::clear() {
  if (std::exchange(shown, false)) write_terminal(kErase);
}

}  // namespace rt
