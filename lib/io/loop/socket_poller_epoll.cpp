// The platform's half of the socket poller: epoll on Linux, nothing elsewhere.
#include "io/loop/socket_poller_epoll.hpp"

#ifdef __linux__

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <utility>

namespace rt {
namespace {

// An epoll set inside Asio's: Asio sees one descriptor, however many sockets are in it.
class EpollPoller final : public SocketPoller {
 public:
  EpollPoller(Reactor& reactor, int set) : set_(reactor.executor(), set) { watch(); }

  bool add(int fd, Client& client) override {
    return control(EPOLL_CTL_ADD, fd, client, kAlways | EPOLLIN | EPOLLRDHUP) == 0;
  }
  void want(int fd, Client& client, bool read, bool write) override {
    control(EPOLL_CTL_MOD, fd, client,
            kAlways | (read ? static_cast<std::uint32_t>(EPOLLIN | EPOLLRDHUP) : 0u) |
                (write ? static_cast<std::uint32_t>(EPOLLOUT) : 0u));
  }
  void remove(int fd, Client& client) override {
    control(EPOLL_CTL_DEL, fd, client, 0);
    forget(client);
    if (std::exchange(waits(client), std::uint8_t{0}) != 0) leave_line(client);
    // Its event may have been fetched already.
    for (std::size_t i = next_; i < fetched_; ++i)
      if (events_[i].data.ptr == &client) events_[i].data.ptr = nullptr;
  }

 private:
  // Edge-triggered: the kernel would look at every socket that was reported a second time.
  static constexpr std::uint32_t kAlways = EPOLLET;
  static constexpr int kRounds = 4;  // before everything else on the loop has its turn
  static constexpr auto kRoundTime = std::chrono::milliseconds(8);

  int control(int operation, int fd, Client& client, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &client;
    return epoll_ctl(set_.native_handle(), operation, fd, &event);
  }

  void watch() {
    set_.async_wait(asio::posix::stream_descriptor::wait_read,
                    [this, known = std::weak_ptr<char>(alive_)](asio::error_code failed) {
                      if (!failed && !known.expired()) take_round();
                    });
  }

  void take_round() {
    dispatch();
    serve_lines();
    if (waiting_ == 0) return watch();
    asio::post(set_.get_executor(), [this, known = std::weak_ptr<char>(alive_)] {
      if (!known.expired()) take_round();
    });
  }

  // Peers that answer while they are served are looked for once more right here: Asio's way back
  // costs three system calls.
  void dispatch() {
    SteadyTime now = std::chrono::steady_clock::now();
    const SteadyTime end = now + kRoundTime;
    for (int round = 0; round < kRounds && now < end; ++round) {
      const int n =
          epoll_wait(set_.native_handle(), events_.data(), static_cast<int>(events_.size()), 0);
      if (n <= 0) return;
      fetched_ = static_cast<std::size_t>(n);
      share_among(fetched_ + waiting_);
      for (next_ = 0; next_ < fetched_;) {
        const epoll_event event = events_[next_++];
        if (event.data.ptr == nullptr) continue;
        Client& client = *static_cast<Client*>(event.data.ptr);
        const std::uint8_t ready = readiness(event.events);
        if (ready == 0) continue;
        const bool others = fetched_ + waiting_ > 1;
        if ((others && weight(client) > 0) || waits(client) != 0 || now >= end)
          put_off(client, ready);
        else
          now = serve(client, ready, now);
      }
      fetched_ = 0;
    }
  }

  static std::uint8_t readiness(std::uint32_t events) {
    constexpr std::uint32_t kBroken = EPOLLERR | EPOLLHUP;
    return static_cast<std::uint8_t>(((events & (EPOLLIN | kBroken)) != 0 ? kReadable : 0) |
                                     ((events & (EPOLLOUT | kBroken)) != 0 ? kWritable : 0) |
                                     ((events & EPOLLRDHUP) != 0 ? kEnded : 0));
  }

  void put_off(Client& client, std::uint8_t ready) {
    if (waits(client) == 0) {
      lines_[weight(client)].push_back(&client);
      ++waiting_;
    }
    waits(client) = static_cast<std::uint8_t>(waits(client) | ready);
  }

  void leave_line(Client& client) {
    for (std::deque<Client*>& line : lines_) {
      const auto found = std::find(line.begin(), line.end(), &client);
      if (found == line.end()) continue;
      line.erase(found);
      --waiting_;
      return;
    }
  }

  // For as long as the others can wait: those first that weigh least, but one of each at least.
  void serve_lines() {
    SteadyTime now = std::chrono::steady_clock::now();
    const SteadyTime end = now + kRoundTime;
    for (std::deque<Client*>& line : lines_)
      for (bool first = true; !line.empty() && (first || now < end); first = false) {
        Client& client = *line.front();
        line.pop_front();
        --waiting_;
        now = serve(client, std::exchange(waits(client), std::uint8_t{0}), now);
      }
  }

  asio::posix::stream_descriptor set_;
  std::array<epoll_event, 1024> events_{};
  std::size_t fetched_ = 0;
  std::size_t next_ = 0;
  // Whose last turns were too long, by their weight: theirs come behind those of all others. In the
  // first line are those for whom there was no time.
  std::array<std::deque<Client*>, TurnShare::kMostWeight + 1> lines_;
  std::size_t waiting_ = 0;  // in all lines
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

PollerKind default_poller() {
  return PollerKind::epoll;
}

std::unique_ptr<SocketPoller> make_epoll_poller(Reactor& reactor) {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) return nullptr;
  return std::make_unique<EpollPoller>(reactor, set);
}

}  // namespace rt

#else

namespace rt {

PollerKind default_poller() {
  return PollerKind::asio;
}
std::unique_ptr<SocketPoller> make_epoll_poller(Reactor&) {
  return nullptr;
}

}  // namespace rt

#endif
