// The load of bench/fanout: N subscribers of one channel and one publisher, in one thread. Linux
// only (epoll).
//
//   fanout_load --port P --transport sse|ws|poll --subscribers N
//               [--size BYTES] [--pause MILLISECONDS] [--nchan]
//
// It obeys one command a line on stdin and answers each with one line of JSON on stdout:
//
//   prime               publishes the first message
//   connect             opens the N connections; answers when every one is acknowledged
//   run COUNT BATCH     publishes COUNT messages, BATCH in one request; the next request leaves
//                       when every subscriber has all of the one before, and after a pause
//
// Every subscriber's every message is compared with what was published, in order. Anything lost,
// doubled, damaged or late by more than 20 seconds ends the program with 1 and a reason.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "numbered_message.hpp"
#include "subscriber.hpp"
#include "wire_readers.hpp"

namespace {

using rt::bench::Dialect;
using rt::bench::Transport;

constexpr int kPatienceSeconds = 20;

struct Options {
  std::uint16_t port = 0;
  rt::bench::Protocol protocol;
  std::uint32_t subscribers = 1000;
  std::size_t size = 64;
  std::uint32_t pause_milliseconds = 0;
};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

[[noreturn]] void fail_call(const char* call) {
  fail(std::string(call) + ": " + std::strerror(errno));
}

int connect_to(std::uint16_t port) {
  const auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail_call("socket");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // Closing resets: tens of thousands of connections would otherwise stay in TIME_WAIT.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    fail_call("connect");
  }
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n < 0) fail_call("send");
  if (n != static_cast<ssize_t>(bytes.size())) fail("the server does not read its requests");
}

class Load {
 public:
  explicit Load(const Options& options) : options_(options), peers_(options.subscribers) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    epoll_ = ::epoll_create1(0);
    if (epoll_ < 0) fail_call("epoll_create1");
    publisher_ = connect_to(options.port);
    watch(publisher_, kPublisher);
  }

  void prime() {
    publish(1);
    await_all(0);
  }

  // One after the other, so that no accept queue overflows whatever the server's backlog is.
  void connect() {
    const auto request = opening_request(options_.protocol);
    for (std::uint32_t i = 0; i < options_.subscribers; ++i) {
      auto& peer = peers_[i];
      peer.fd = connect_to(options_.port);
      // A poll is acknowledged by the message that is there already.
      const auto polls = options_.protocol.transport == Transport::long_poll;
      peer.next = polls ? published_ - 1 : published_;
      send_all(peer.fd, request);
      while (!peer.subscriber.accepted()) receive_messages(peer);
      watch(peer.fd, i);
    }
  }

  void run(std::uint64_t count, std::uint64_t batch) {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t sent = 0; sent < count; sent += batch) {
      if (options_.pause_milliseconds > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(options_.pause_milliseconds));
      }
      publish(batch);
      await_all(std::uint64_t{options_.subscribers} * batch);
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    for (const auto& peer : peers_) {
      if (peer.next != published_) fail("a subscriber has too few messages");
    }
    std::printf("{\"deliveries\":%llu,\"seconds\":%.6f}\n",
                static_cast<unsigned long long>(count * options_.subscribers), elapsed.count());
  }

 private:
  static constexpr std::uint32_t kPublisher = UINT32_MAX;

  struct Peer {
    int fd = -1;
    std::uint64_t next = 0;  // the number of the message that it has to get next
    rt::bench::Subscriber subscriber;
  };

  void watch(int fd, std::uint32_t who) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = who;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) < 0) fail_call("epoll_ctl");
  }

  std::string_view receive(int fd) {
    const auto n = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (n < 0) fail_call("recv");
    if (n == 0) fail("the server closed a connection");
    return {buffer_.data(), static_cast<std::size_t>(n)};
  }

  void publish(std::uint64_t batch) {
    current_.clear();
    for (std::uint64_t i = 0; i < batch; ++i) {
      current_.push_back(rt::bench::numbered_message(published_ + i, options_.size));
    }
    published_ += batch;
    std::string type = "text/plain";
    std::string body;
    if (batch == 1) {
      body = current_.front();
    } else {
      type = "application/x-ndjson";
      for (const auto& message : current_) body += R"({"v":1,"data":")" + message + "\"}\n";
    }
    const auto* const target =
        options_.protocol.dialect == Dialect::nchan ? "/bench-publish" : "/bench";
    send_all(publisher_,
             std::string("POST ") + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " +
                 type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    publication_accepted_ = false;
  }

  void await_all(std::uint64_t deliveries) {
    outstanding_ = deliveries;
    std::array<epoll_event, 512> events{};
    while (outstanding_ > 0 || !publication_accepted_) {
      const auto n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                  kPatienceSeconds * 1000);
      if (n < 0) fail_call("epoll_wait");
      if (n == 0) {
        fail("nothing came for 20 seconds; " + std::to_string(outstanding_) + " of " +
             std::to_string(deliveries) + " deliveries are missing");
      }
      for (const auto& event : std::span(events).first(static_cast<std::size_t>(n))) {
        if (event.data.u32 == kPublisher) {
          receive_acceptance();
        } else {
          receive_messages(peers_[event.data.u32]);
        }
      }
    }
  }

  void receive_acceptance() {
    acceptance_ += receive(publisher_);
    const auto response = rt::bench::read_response(acceptance_);
    if (!response) return;
    if (response->status / 100 != 2) fail("a publication was refused: " + acceptance_);
    acceptance_.clear();
    publication_accepted_ = true;
  }

  void receive_messages(Peer& peer) {
    reply_.clear();
    peer.subscriber.receive(
        options_.protocol, receive(peer.fd),
        [&](std::string_view payload) { check(peer, payload); }, reply_);
    if (!reply_.empty()) send_all(peer.fd, reply_);
  }

  void check(Peer& peer, std::string_view payload) {
    const auto index = peer.next - (published_ - current_.size());
    if (index >= current_.size() || payload != current_[index]) {
      fail("message " + std::to_string(peer.next) +
           " was due, but came: " + std::string(payload.substr(0, 200)));
    }
    ++peer.next;
    --outstanding_;
  }

  Options options_;
  std::vector<Peer> peers_;
  int epoll_ = -1;
  int publisher_ = -1;
  bool publication_accepted_ = true;
  std::string acceptance_;
  std::string reply_;
  std::uint64_t published_ = 0;
  std::uint64_t outstanding_ = 0;
  std::vector<std::string> current_;  // the messages of the latest publication
  std::array<char, 256 * 1024> buffer_{};
};

template <class Number>
Number parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    fail("not a number in range: " + std::string(text));
  }
  return number;
}

Options parse_options(std::span<char*> args) {
  Options options;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string_view name = args[i];
    if (name == "--nchan") {
      options.protocol.dialect = Dialect::nchan;
      continue;
    }
    const std::string_view value = i + 1 < args.size() ? args[++i] : "";
    if (name == "--port") {
      options.port = parse_number<std::uint16_t>(value);
    } else if (name == "--subscribers") {
      options.subscribers = parse_number<std::uint32_t>(value);
    } else if (name == "--size") {
      options.size = parse_number<std::size_t>(value);
    } else if (name == "--pause") {
      options.pause_milliseconds = parse_number<std::uint32_t>(value);
    } else if (name == "--transport" && value == "sse") {
      options.protocol.transport = Transport::event_stream;
    } else if (name == "--transport" && value == "ws") {
      options.protocol.transport = Transport::websocket;
    } else if (name == "--transport" && value == "poll") {
      options.protocol.transport = Transport::long_poll;
    } else {
      fail("unknown option or value: " + std::string(name) + " " + std::string(value));
    }
  }
  if (options.size < rt::bench::kNumberDigits) fail("--size is at least 16");
  return options;
}

void obey(Load& load, const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  if (verb == "prime") {
    load.prime();
    std::puts("{}");
  } else if (verb == "connect") {
    load.connect();
    std::puts("{}");
  } else if (verb == "run") {
    std::uint64_t count = 0;
    std::uint64_t batch = 0;
    if (!(words >> count >> batch) || batch == 0 || count % batch != 0) fail("run: " + line);
    load.run(count, batch);
  } else {
    fail("unknown command: " + line);
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Load load(parse_options({argv, static_cast<std::size_t>(argc)}));
    std::string line;
    while (std::getline(std::cin, line)) obey(load, line);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fanout_load: %s\n", error.what());
    return 1;
  }
}
