#include "io/loop/socket_poller.hpp"

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <ctime>
#include <unordered_map>
#include <utility>

#include "io/loop/socket_poller_epoll.hpp"

namespace rt {

// Of so much time, what this thread can have worked: other processes may have taken the rest, which
// is no client's fault.
TurnShare::Time SocketPoller::worked(TurnShare::Time time) {
  if (time <= share_) return time;
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  const TurnShare::Time now =
      std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
  return std::min(time, now - std::exchange(cpu_time_, now));
}

SteadyTime SocketPoller::serve(Client& client, std::uint8_t readiness, SteadyTime now) {
  serving_ = &client;
  client.turn_.begin_first(share_);
  client.on_ready((readiness & kReadable) != 0, (readiness & kWritable) != 0,
                  (readiness & kEnded) != 0);
  const SteadyTime ended = std::chrono::steady_clock::now();
  if (serving_ != nullptr) client.turn_.took(worked(ended - now), share_);
  serving_ = nullptr;
  return ended;
}

namespace {

// One Asio descriptor a socket. What Asio has posted may arrive after the socket is gone: such a
// handler finds its ticket expired.
class AsioPoller final : public SocketPoller {
 public:
  explicit AsioPoller(Reactor& reactor) : reactor_(reactor) {}
  ~AsioPoller() override {
    for (auto& [fd, socket] : sockets_) socket->descriptor.release();
  }

  bool add(int fd, Client& client) override {
    auto socket = std::make_shared<Socket>(reactor_, client);
    asio::error_code failed;
    socket->descriptor.assign(fd, failed);
    if (failed) return false;
    sockets_[fd] = socket;
    socket->read = true;
    arm(socket);
    return true;
  }

  void want(int fd, Client&, bool read, bool write) override {
    const auto found = sockets_.find(fd);
    if (found == sockets_.end()) return;
    found->second->read = read;
    found->second->write = write;
    arm(found->second);
  }

  void remove(int fd, Client& client) override {
    forget(client);
    const auto found = sockets_.find(fd);
    if (found == sockets_.end()) return;
    found->second->descriptor.release();
    sockets_.erase(found);
  }

 private:
  using Descriptor = asio::posix::stream_descriptor;
  struct Socket {
    Socket(Reactor& reactor, Client& owner) : descriptor(reactor.executor()), client(owner) {}
    Descriptor descriptor;
    Client& client;
    bool read = false;
    bool write = false;
    bool read_armed = false;
    bool write_armed = false;
  };

  // All that are ready have their turn between two rounds.
  void take_turn(Client& client, std::uint8_t readiness) {
    if (turns_++ == 0)
      asio::post(reactor_.executor(), [this, known = std::weak_ptr<char>(alive_)] {
        if (!known.expired()) share_among(std::exchange(turns_, 0u));
      });
    serve(client, readiness, std::chrono::steady_clock::now());
  }

  void arm(const std::shared_ptr<Socket>& socket) {
    const std::weak_ptr<Socket> ticket = socket;
    if (socket->read && !socket->read_armed) {
      socket->read_armed = true;
      socket->descriptor.async_wait(Descriptor::wait_read, [this, ticket](asio::error_code failed) {
        const auto here = ticket.lock();
        if (!here || failed) return;
        here->read_armed = false;
        if (here->read) take_turn(here->client, kReadable);
        if (!ticket.expired() && here.use_count() > 1) arm(here);
      });
    }
    if (socket->write && !socket->write_armed) {
      socket->write_armed = true;
      socket->descriptor.async_wait(Descriptor::wait_write,
                                    [this, ticket](asio::error_code failed) {
                                      const auto here = ticket.lock();
                                      if (!here || failed) return;
                                      here->write_armed = false;
                                      if (here->write) take_turn(here->client, kWritable);
                                      if (!ticket.expired() && here.use_count() > 1) arm(here);
                                    });
    }
  }

  Reactor& reactor_;
  std::unordered_map<int, std::shared_ptr<Socket>> sockets_;
  std::size_t turns_ = 0;  // in this round
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace

std::unique_ptr<SocketPoller> make_socket_poller(Reactor& reactor, PollerKind kind) {
  if (kind == PollerKind::epoll)
    if (auto poller = make_epoll_poller(reactor)) return poller;
  return std::make_unique<AsioPoller>(reactor);
}

}  // namespace rt
