// The clients of an echo server: WebSockets that send a message when they have the last one back.
// Linux only (epoll).
//
//   echo_load PORT ACTIVE IDLE SECONDS
//
// IDLE more connections stand beside them and say nothing. It prints
// {"messages":N,"p50":S,"p99":S}: the times, in microseconds, from before a message is sent until
// it is read. A message is 64 bytes; each echo is checked. The first tenth of a second does not
// count.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "numbered_message.hpp"
#include "wire_readers.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSize = 64;
constexpr auto kWarm = std::chrono::milliseconds(100);

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

[[noreturn]] void fail_call(const char* call) {
  fail(std::string(call) + ": " + std::strerror(errno));
}

std::uint64_t parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    fail("not a number: " + std::string(text));
  return number;
}

int connect_to(std::uint16_t port) {
  const auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail_call("socket");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Closing resets: thousands of connections would otherwise stay in TIME_WAIT.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
    fail_call("connect");
  return fd;
}

int open_websocket(std::uint16_t port) {
  const auto fd = connect_to(port);
  constexpr std::string_view kRequest =
      "GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  if (::send(fd, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) fail_call("send");
  std::string answer;
  std::array<char, 1024> buffer{};
  while (rt::bench::response_head(answer).empty()) {
    const auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) fail("the server ended a connection");
    answer.append(buffer.data(), static_cast<std::size_t>(n));
  }
  if (rt::bench::response_status(answer) != 101) fail("no WebSocket: " + answer);
  return fd;
}

struct Connection {
  int fd = -1;
  std::uint64_t number = 0;
  Clock::time_point sent;
  std::string unread;
};

class Load {
 public:
  Load(std::uint16_t port, std::size_t active, std::size_t idle) : connections_(active) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    epoll_ = ::epoll_create1(0);
    if (epoll_ < 0) fail_call("epoll_create1");
    for (std::size_t i = 0; i < idle; ++i) open_websocket(port);
    for (std::size_t i = 0; i < active; ++i) {
      connections_[i].fd = open_websocket(port);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event) < 0)
        fail_call("epoll_ctl");
    }
  }

  void run(std::uint64_t seconds) {
    count_from_ = Clock::now() + kWarm;
    const auto end = count_from_ + std::chrono::seconds(seconds);
    for (Connection& connection : connections_) send(connection);
    std::array<epoll_event, 256> events{};
    while (Clock::now() < end) {
      const auto n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10'000);
      if (n == 0) fail("no echo within ten seconds");
      for (int i = 0; i < n; ++i)
        receive(connections_[events[static_cast<std::size_t>(i)].data.u64]);
    }
    std::sort(times_.begin(), times_.end());
    if (times_.empty()) fail("no echo in all the time");
    const auto at = [&](double part) {
      return times_[static_cast<std::size_t>(part * static_cast<double>(times_.size() - 1))];
    };
    std::printf("{\"messages\":%zu,\"p50\":%.2f,\"p99\":%.2f}\n", times_.size(), at(0.5), at(0.99));
  }

 private:
  static void send(Connection& connection) {
    // Masked with a key of zeros.
    std::array<char, 6 + kSize> frame{'\x81', static_cast<char>(0x80 | kSize)};
    rt::bench::write_numbered_message(connection.number, {frame.data() + 6, kSize});
    connection.sent = Clock::now();
    if (::send(connection.fd, frame.data(), frame.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(frame.size()))
      fail_call("send");
  }

  void receive(Connection& connection) {
    const auto n = ::recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) fail("the server ended a connection");
    connection.unread.append(buffer_.data(), static_cast<std::size_t>(n));
    if (connection.unread.size() < 2 + kSize) return;
    const auto now = Clock::now();
    const std::string expected =
        "\x81\x40" + rt::bench::numbered_message(connection.number++, kSize);
    if (connection.unread != expected) fail("an echo is not what was sent");
    connection.unread.clear();
    if (now >= count_from_)
      times_.push_back(std::chrono::duration<double, std::micro>(now - connection.sent).count());
    send(connection);
  }

  int epoll_ = -1;
  std::vector<Connection> connections_;
  Clock::time_point count_from_;
  std::vector<double> times_;
  std::array<char, 4096> buffer_{};
};

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 5) {
      std::fputs("usage: echo_load PORT ACTIVE IDLE SECONDS\n", stderr);
      return 2;
    }
    Load load(static_cast<std::uint16_t>(parse_number(argv[1])), parse_number(argv[2]),
              parse_number(argv[3]));
    load.run(parse_number(argv[4]));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "echo_load: %s\n", error.what());
    return 1;
  }
}
