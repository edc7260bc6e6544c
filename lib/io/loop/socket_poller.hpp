#pragma once

#include <cstdint>
#include <memory>

#include "io/loop/reactor.hpp"

namespace rt {

// Tells when sockets can be read and written, for servers with very many of them: no system call
// and no allocation for a socket that stays interesting, which Asio's own waits need for each wait
// (a tenth of what a small request costs). Level-triggered: an unread socket is reported again and
// again, so interest in reading is taken back where nothing is read.
class SocketPoller {
 public:
  class Client {
   public:
    // An error counts as readable and writable. `ended`: the peer has finished sending.
    virtual void on_ready(bool readable, bool writable, bool ended) = 0;

   protected:
    ~Client() = default;
  };

  virtual ~SocketPoller() = default;

  // Starts with interest in reading. The client lives until a turn of the loop after remove(), or
  // calls remove() from its own on_ready.
  virtual bool add(int fd, Client& client) = 0;
  virtual void want(int fd, Client& client, bool read, bool write) = 0;
  // Before the descriptor is closed or given away.
  virtual void remove(int fd, Client& client) = 0;
};

enum class PollerKind : std::uint8_t {
  epoll,  // Linux
  asio,   // everywhere
};
PollerKind default_poller();
// Where there is no epoll the kind is always asio.
std::unique_ptr<SocketPoller> make_socket_poller(Reactor& reactor,
                                                 PollerKind kind = default_poller());

}  // namespace rt
