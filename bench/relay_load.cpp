// A publisher at an MQTT broker and a reader of what comes of it elsewhere, in one thread.
//
//   relay_load --broker PORT --topic TOPIC --messages N --size BYTES [--rate PER_SECOND]
//              (--sse PORT | --lines COMMAND...)
//
// Publishes N numbered messages at QoS 0, at the rate or as fast as the broker takes them, and
// reads them as events of channel /bench, or as the lines that COMMAND prints. It begins when a
// message "ready" has come through. Prints
//
//   {"arrived":N,"lost":N,"doubled":N,"late":N,"seconds":S,"p50_us":U,"p99_us":U,"child_us":U}
//
// the time from the first message to the last at the reader; latency from before the message was
// written to the broker's socket until it was read. What has not come some seconds after the last
// one is lost. `child_us` is COMMAND's CPU time.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "arrivals.hpp"
#include "measured_child.hpp"
#include "numbered_message.hpp"
#include "subscriber.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using rt::bench::MeasuredChild;

constexpr auto kPatience = std::chrono::seconds(5);
constexpr auto kReadyPatience = std::chrono::seconds(20);
constexpr auto kReadyEach = std::chrono::milliseconds(100);
constexpr auto kSettleTime = std::chrono::milliseconds(500);
constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::string_view kReady = "ready";

struct Options {
  std::uint16_t broker = 0;
  std::string topic;
  std::uint64_t messages = 0;
  std::size_t size = 100;
  std::uint64_t rate = 0;  // 0: as fast as it goes
  std::uint16_t sse = 0;
  std::vector<std::string> command;
};

[[noreturn]] void fail_call(const char* call) {
  throw std::runtime_error(std::string(call) + ": " + std::strerror(errno));
}

int connect_to(std::uint16_t port) {
  const auto fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) fail_call("socket");
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    fail_call("connect");
  }
  return fd;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// MQTT 3.1.1, QoS 0.
class Publisher {
 public:
  explicit Publisher(const Options& options)
      : topic_(options.topic), fd_(connect_to(options.broker)) {
    static constexpr std::string_view kConnect("\x10\x10\0\4MQTT\4\2\0\0\0\4rtld", 18);
    if (::send(fd_.get(), kConnect.data(), kConnect.size(), 0) < 0) fail_call("send");
    char answer[4];
    if (::recv(fd_.get(), answer, sizeof answer, MSG_WAITALL) != 4 || answer[0] != 0x20 ||
        answer[3] != 0) {
      throw std::runtime_error("the broker does not accept the connection");
    }
    ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  }

  int fd() const { return fd_.get(); }
  std::size_t unsent() const { return out_.size() - sent_; }

  void add(std::string_view payload) {
    out_ += '\x30';
    auto length = 2 + topic_.size() + payload.size();
    for (; length > 127; length >>= 7) out_ += static_cast<char>(0x80 | (length & 127));
    out_ += static_cast<char>(length);
    out_ += static_cast<char>(topic_.size() >> 8);
    out_ += static_cast<char>(topic_.size() & 255);
    out_ += topic_;
    out_ += payload;
  }

  void send() {
    const auto n = ::send(fd_.get(), out_.data() + sent_, unsent(), 0);
    if (n < 0 && errno != EAGAIN && errno != EINTR) fail_call("send");
    if (n > 0) sent_ += static_cast<std::size_t>(n);
    if (unsent() > 0) return;
    out_.clear();
    sent_ = 0;
  }

 private:
  std::string topic_;
  Descriptor fd_;
  std::string out_;
  std::size_t sent_ = 0;
};

// Where the messages come out again.
class Reader {
 public:
  using OnMessage = std::function<void(std::string_view)>;
  explicit Reader(const Options& options) {
    if (options.command.empty()) {
      socket_ = std::make_unique<Descriptor>(connect_to(options.sse));
      const auto request = rt::bench::opening_request({});
      if (::send(socket_->get(), request.data(), request.size(), 0) < 0) fail_call("send");
    } else {
      child_ = std::make_unique<MeasuredChild>(options.command, MeasuredChild::Here::its_stdout);
    }
    buffer_.resize(kBlockBytes);
  }

  int fd() const { return child_ ? child_->fd() : socket_->get(); }

  void receive(const OnMessage& on_message) {
    const auto n = ::read(fd(), buffer_.data(), buffer_.size());
    if (n < 0) fail_call("read");
    if (n == 0) throw std::runtime_error("the messages' source has ended");
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(n));
    if (!child_) return subscriber_.receive({}, bytes, on_message, reply_);
    text_ += bytes;
    std::size_t at = 0;
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', at)) {
      on_message({text_.data() + at, end - at});
      at = end + 1;
    }
    text_.erase(0, at);
  }

  // Microseconds.
  double end() {
    if (!child_) return 0;
    child_->ask_to_end();
    return child_->wait(true);
  }

 private:
  std::unique_ptr<Descriptor> socket_;
  std::unique_ptr<MeasuredChild> child_;
  rt::bench::Subscriber subscriber_;
  std::string reply_;
  std::string text_;
  std::vector<char> buffer_;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        arrivals_(options.messages, options.size),
        publisher_(options),
        reader_(options),
        sent_at_(options.messages),
        message_(options.size, '\0') {
    latencies_.reserve(options.messages);
  }

  void run() {
    await_ready();
    start_ = Clock::now();
    last_event_ = start_;
    while (!arrivals_.all()) {
      publish_due();
      const auto now = Clock::now();
      if (published_ == options_.messages && now - last_event_ > kPatience) break;
      wait(patience(now));
    }
    report();
  }

 private:
  // Late copies of it are over before the first message goes.
  void await_ready() {
    const auto deadline = Clock::now() + kReadyPatience;
    while (!ready_) {
      if (Clock::now() > deadline) throw std::runtime_error("nothing comes through");
      publisher_.add(kReady);
      const auto next = Clock::now() + kReadyEach;
      while (!ready_ && Clock::now() < next) wait(10);
    }
    const auto settled = Clock::now() + kSettleTime;
    while (Clock::now() < settled) wait(10);
  }

  void publish_due() {
    if (options_.rate == 0) {
      while (published_ < options_.messages && publisher_.unsent() < kBlockBytes) publish();
    } else {
      while (published_ < options_.messages && due(published_) <= Clock::now()) publish();
    }
    if (publisher_.unsent() > 0) publisher_.send();
  }

  void publish() {
    rt::bench::write_numbered_message(published_, message_);
    publisher_.add(message_);
    sent_at_[published_] = Clock::now();
    last_event_ = sent_at_[published_];
    ++published_;
  }

  Clock::time_point due(std::uint64_t number) const {
    return start_ + std::chrono::nanoseconds(number * 1'000'000'000 / options_.rate);
  }

  int patience(Clock::time_point now) const {
    if (options_.rate == 0 || published_ == options_.messages) return 100;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due(published_) - now).count();
    return static_cast<int>(std::clamp<decltype(left)>(left, 0, 100));
  }

  void wait(int milliseconds) {
    pollfd wanted[2] = {{.fd = reader_.fd(), .events = POLLIN, .revents = 0},
                        {.fd = publisher_.fd(), .events = 0, .revents = 0}};
    if (publisher_.unsent() > 0) wanted[1].events = POLLOUT;
    if (::poll(wanted, 2, milliseconds) < 0 && errno != EINTR) fail_call("poll");
    if ((wanted[1].revents & POLLOUT) != 0) publisher_.send();
    if (wanted[0].revents == 0) return;
    reader_.receive([this, now = Clock::now()](std::string_view message) { take(message, now); });
  }

  void take(std::string_view message, Clock::time_point now) {
    if (message == kReady) {
      ready_ = true;
      return;
    }
    const auto before = arrivals_.arrived();
    const auto number = arrivals_.add(message);
    if (arrivals_.arrived() == before) return;
    if (before == 0) first_ = now;
    last_ = last_event_ = now;
    const std::chrono::duration<double, std::micro> latency = now - sent_at_[number];
    latencies_.push_back(latency.count());
  }

  double percentile(double share) {
    if (latencies_.empty()) return 0;
    const auto at = static_cast<std::size_t>(share * static_cast<double>(latencies_.size() - 1));
    std::nth_element(latencies_.begin(), latencies_.begin() + static_cast<std::ptrdiff_t>(at),
                     latencies_.end());
    return latencies_[at];
  }

  void report() {
    const std::chrono::duration<double> elapsed = last_ - first_;
    const auto child = reader_.end();
    std::printf(
        "{\"arrived\":%llu,\"lost\":%llu,\"doubled\":%llu,\"late\":%llu,\"seconds\":%.6f,"
        "\"p50_us\":%.1f,\"p99_us\":%.1f,\"child_us\":%.0f}\n",
        static_cast<unsigned long long>(arrivals_.arrived()),
        static_cast<unsigned long long>(arrivals_.lost()),
        static_cast<unsigned long long>(arrivals_.doubled()),
        static_cast<unsigned long long>(arrivals_.late()), elapsed.count(), percentile(0.5),
        percentile(0.99), child);
  }

  const Options& options_;
  rt::bench::Arrivals arrivals_;
  Publisher publisher_;
  Reader reader_;
  std::vector<Clock::time_point> sent_at_;
  std::vector<double> latencies_;
  std::string message_;
  std::uint64_t published_ = 0;
  bool ready_ = false;
  Clock::time_point start_;
  Clock::time_point first_;
  Clock::time_point last_;
  Clock::time_point last_event_;
};

template <class Number>
void read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::runtime_error("not a number: " + std::string(text));
  }
}

bool read_option(Options& options, std::string_view name, const char* value) {
  if (name == "--broker")
    read_number(value, options.broker);
  else if (name == "--topic")
    options.topic = value;
  else if (name == "--messages")
    read_number(value, options.messages);
  else if (name == "--size")
    read_number(value, options.size);
  else if (name == "--rate")
    read_number(value, options.rate);
  else if (name == "--sse")
    read_number(value, options.sse);
  else
    return false;
  return true;
}

bool read_options(Options& options, int argc, char** argv) {
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--lines") {
      options.command.assign(argv + i + 1, argv + argc);
      break;
    }
    if (!read_option(options, argv[i], argv[i + 1])) return false;
  }
  return options.broker != 0 && !options.topic.empty() && options.messages > 0 &&
         options.size >= rt::bench::kNumberDigits && (options.sse != 0 || !options.command.empty());
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    Options options;
    if (!read_options(options, argc, argv)) {
      std::fputs(
          "usage: relay_load --broker PORT --topic TOPIC --messages N --size BYTES\n"
          "                  [--rate PER_SECOND] (--sse PORT | --lines COMMAND...)\n",
          stderr);
      return 2;
    }
    Load(options).run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "relay_load: %s\n", error.what());
    return 1;
  }
}
