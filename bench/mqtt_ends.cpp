// Both ends of a way through an MQTT broker.
//
//   mqtt_ends LINES SIZE SUB... -- PUB...
//
// SUB prints messages to its stdout, first of all the line "ready" (a retained message: then the
// subscription stands), and ends by itself after LINES more. PUB publishes the lines of its stdin:
// LINES numbered ones of SIZE bytes, line end not counted. Prints
//
//   {"arrived":N,"lost":N,"doubled":N,"late":N,"seconds":S,"pub_us":U,"sub_us":U}
//
// the time from the first of the lines to the last at SUB's stdout, CPU time in microseconds in
// all. When nothing comes for some seconds, SUB is told to end and what is missing counts as lost.

#include <poll.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "arrivals.hpp"
#include "line_feed.hpp"
#include "measured_child.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using rt::bench::MeasuredChild;

constexpr int kPatienceMilliseconds = 5000;
constexpr std::string_view kReady = "ready";

std::uint64_t parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error("not a number: " + std::string(text));
  }
  return number;
}

// SUB's lines as they come.
class Receiver {
 public:
  Receiver(int fd, rt::bench::Arrivals& arrivals) : fd_(fd), arrivals_(arrivals) {}

  void await_ready() {
    while (!ready_) {
      if (!receive()) throw std::runtime_error("no subscription within the time for it");
    }
  }
  // True when SUB has closed its stdout by itself.
  bool run() {
    while (receive()) {
    }
    return ended_;
  }
  double seconds() const { return std::chrono::duration<double>(last_ - first_).count(); }

 private:
  bool receive() {
    pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, kPatienceMilliseconds) <= 0) return false;
    const auto held = text_.size();
    text_.resize(held + rt::bench::kBlockBytes);
    const auto n = ::read(fd_, text_.data() + held, rt::bench::kBlockBytes);
    text_.resize(held + static_cast<std::size_t>(n > 0 ? n : 0));
    if (n <= 0) {
      ended_ = true;
      return false;
    }
    take_lines();
    return true;
  }

  void take_lines() {
    const auto before = arrivals_.arrived();
    std::size_t at = 0;
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', at)) {
      const std::string_view line(text_.data() + at, end - at);
      if (line == kReady) {
        ready_ = true;
      } else {
        arrivals_.add(line);
      }
      at = end + 1;
    }
    text_.erase(0, at);
    if (arrivals_.arrived() == before) return;
    last_ = Clock::now();
    if (before == 0) first_ = last_;
  }

  int fd_;
  rt::bench::Arrivals& arrivals_;
  std::string text_;
  bool ready_ = false;
  bool ended_ = false;
  Clock::time_point first_;
  Clock::time_point last_;
};

// Declared before what its thread works with, so that it is joined after that is gone.
struct Feeder {
  ~Feeder() {
    if (thread.joinable()) thread.join();
  }
  std::thread thread;
  std::string trouble;
};

void run(std::uint64_t lines, std::size_t size, const std::vector<std::string>& sub_command,
         const std::vector<std::string>& pub_command) {
  rt::bench::Arrivals arrivals(lines, size);
  MeasuredChild sub(sub_command, MeasuredChild::Here::its_stdout);
  Receiver receiver(sub.fd(), arrivals);
  receiver.await_ready();
  Feeder feeder;
  MeasuredChild pub(pub_command, MeasuredChild::Here::its_stdin);
  feeder.thread = std::thread([&] {
    try {
      rt::bench::feed_lines(pub.fd(), lines, size);
    } catch (const std::exception& error) {
      feeder.trouble = error.what();
    }
    pub.close();
  });
  const auto by_itself = receiver.run();
  feeder.thread.join();
  const auto pub_time = pub.wait();
  if (!feeder.trouble.empty()) throw std::runtime_error(feeder.trouble);
  if (!by_itself) sub.ask_to_end();
  const auto sub_time = sub.wait(!by_itself);
  std::printf(
      "{\"arrived\":%llu,\"lost\":%llu,\"doubled\":%llu,\"late\":%llu,\"seconds\":%.6f,"
      "\"pub_us\":%.0f,\"sub_us\":%.0f}\n",
      static_cast<unsigned long long>(arrivals.arrived()),
      static_cast<unsigned long long>(arrivals.lost()),
      static_cast<unsigned long long>(arrivals.doubled()),
      static_cast<unsigned long long>(arrivals.late()), receiver.seconds(), pub_time, sub_time);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    std::vector<std::vector<std::string>> commands(1);
    for (int i = 3; i < argc; ++i) {
      if (std::string_view(argv[i]) == "--") {
        commands.emplace_back();
      } else {
        commands.back().emplace_back(argv[i]);
      }
    }
    if (commands.size() != 2 || commands[0].empty() || commands[1].empty()) {
      std::fputs("usage: mqtt_ends LINES SIZE SUB... -- PUB...\n", stderr);
      return 2;
    }
    const auto size = static_cast<std::size_t>(parse_number(argv[2]));
    if (size < rt::bench::kNumberDigits) throw std::runtime_error("SIZE is at least 16");
    run(parse_number(argv[1]), size, commands[0], commands[1]);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mqtt_ends: %s\n", error.what());
    return 1;
  }
}
