// The two ends of a pipe under measurement.
//
//   pipe_ends feed LINES SIZE    writes LINES numbered lines of SIZE bytes, line end not counted
//   pipe_ends check LINES SIZE   reads them, checks order and content of each, and prints
//                                {"lines":N,"seconds":S}, from the first byte to the last
//
// `check` ends with 1 and a reason when a line is missing, damaged, out of order or too many.

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "line_feed.hpp"
#include "numbered_message.hpp"

namespace {

using rt::bench::kBlockBytes;

std::uint64_t parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error("not a number: " + std::string(text));
  }
  return number;
}

void check(std::uint64_t lines, std::size_t size) {
  using Clock = std::chrono::steady_clock;
  std::vector<char> buffer(kBlockBytes + size + 1);
  std::string expected(size + 1, '\n');
  std::size_t held = 0;
  std::uint64_t line = 0;
  Clock::time_point start;
  while (line < lines) {
    const auto n = ::read(STDIN_FILENO, buffer.data() + held, buffer.size() - held);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      throw std::runtime_error("the input ended after " + std::to_string(line) + " of " +
                               std::to_string(lines) + " lines");
    }
    if (start == Clock::time_point{}) start = Clock::now();
    held += static_cast<std::size_t>(n);
    std::size_t at = 0;
    for (; held - at > size && line < lines; at += size + 1, ++line) {
      rt::bench::write_numbered_message(line, {expected.data(), size});
      if (std::memcmp(buffer.data() + at, expected.data(), size + 1) != 0) {
        throw std::runtime_error("line " + std::to_string(line) +
                                 " is not what was sent: " + std::string(buffer.data() + at, size));
      }
    }
    held -= at;
    std::memmove(buffer.data(), buffer.data() + at, held);
  }
  if (held > 0) throw std::runtime_error("more arrived than was sent");
  const std::chrono::duration<double> elapsed = Clock::now() - start;
  std::printf("{\"lines\":%llu,\"seconds\":%.6f}\n", static_cast<unsigned long long>(lines),
              elapsed.count());
}

}  // namespace

int main(int argc, char** argv) {
  // A receiver that went away is reported by write() and told like any other failure.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const std::string_view verb = argc == 4 ? argv[1] : "";
    if (verb != "feed" && verb != "check") {
      std::fputs("usage: pipe_ends feed|check LINES SIZE\n", stderr);
      return 2;
    }
    const auto size = static_cast<std::size_t>(parse_number(argv[3]));
    if (size < rt::bench::kNumberDigits) throw std::runtime_error("SIZE is at least 16");
    const auto lines = parse_number(argv[2]);
    if (verb == "feed") {
      rt::bench::feed_lines(STDOUT_FILENO, lines, size);
    } else {
      check(lines, size);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pipe_ends: %s\n", error.what());
    return 1;
  }
}
