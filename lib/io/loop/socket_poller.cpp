#include "io/loop/socket_poller.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <unordered_map>

#include "io/loop/socket_poller_epoll.hpp"

namespace rt {
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

  void remove(int fd, Client&) override {
    const auto found = sockets_.find(fd);
    if (found == sockets_.end()) return;
    found->second->descriptor.release();
    sockets_.erase(found);
  }

 private:
  using Descriptor = asio::posix::stream_descriptor;
  struct Socket {
    Socket(Reactor& reactor, Client& owner) : descriptor(reactor.context()), client(owner) {}
    Descriptor descriptor;
    Client& client;
    bool read = false;
    bool write = false;
    bool read_armed = false;
    bool write_armed = false;
  };

  void arm(const std::shared_ptr<Socket>& socket) {
    const std::weak_ptr<Socket> ticket = socket;
    if (socket->read && !socket->read_armed) {
      socket->read_armed = true;
      socket->descriptor.async_wait(Descriptor::wait_read, [this, ticket](asio::error_code failed) {
        const auto here = ticket.lock();
        if (!here || failed) return;
        here->read_armed = false;
        if (here->read) here->client.on_ready(true, false, false);
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
                                      if (here->write) here->client.on_ready(false, true, false);
                                      if (!ticket.expired() && here.use_count() > 1) arm(here);
                                    });
    }
  }

  Reactor& reactor_;
  std::unordered_map<int, std::shared_ptr<Socket>> sockets_;
};

}  // namespace

std::unique_ptr<SocketPoller> make_socket_poller(Reactor& reactor, PollerKind kind) {
  if (kind == PollerKind::epoll)
    if (auto poller = make_epoll_poller(reactor)) return poller;
  return std::make_unique<AsioPoller>(reactor);
}

}  // namespace rt
