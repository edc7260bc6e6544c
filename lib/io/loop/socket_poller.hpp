#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.hpp"
#include "engine/turn_share.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// Tells when sockets can be read and written, for servers with very many of them: no system call
// and no allocation for a socket that stays interesting, which Asio's own waits need for each wait
// (a tenth of what a small request costs). Level-triggered: an unread socket is reported again and
// again, so interest in reading is taken back where nothing is read.
//
// Many that are ready at once share the time: who reads no more than turn_bytes() in a turn of its
// own keeps nobody waiting for long.
class SocketPoller {
 public:
  class Client {
   public:
    // An error counts as readable and writable. `ended`: the peer has finished sending.
    virtual void on_ready(bool readable, bool writable, bool ended) = 0;
    // What it should read in a turn, at most.
    std::size_t turn_bytes() const { return turn_.bytes(); }

   protected:
    ~Client() = default;

   private:
    friend class SocketPoller;
    TurnShare turn_;
    std::uint8_t waits_ = 0;  // readiness that it has not been told of
  };

  virtual ~SocketPoller() = default;

  // Starts with interest in reading. The client lives until a turn of the loop after remove(), or
  // calls remove() from its own on_ready.
  virtual bool add(int fd, Client& client) = 0;
  virtual void want(int fd, Client& client, bool read, bool write) = 0;
  // Before the descriptor is closed or given away.
  virtual void remove(int fd, Client& client) = 0;

  // How long one client's turn should be, at most.
  TurnShare::Time share() const { return share_; }

 protected:
  enum Readiness : std::uint8_t { kReadable = 1, kWritable = 2, kEnded = 4 };

  // So many are ready at once.
  void share_among(std::size_t ready) { share_ = TurnShare::of(ready); }
  // Gives it its turn, which begins now. Returns when it ended.
  SteadyTime serve(Client& client, std::uint8_t readiness, SteadyTime now);
  void forget(Client& client) {
    if (serving_ == &client) serving_ = nullptr;
  }
  static std::uint8_t weight(const Client& client) { return client.turn_.weight(); }
  static std::uint8_t& waits(Client& client) { return client.waits_; }

 private:
  TurnShare::Time worked(TurnShare::Time time);

  TurnShare::Time share_ = TurnShare::of(1);
  TurnShare::Time cpu_time_{};  // when it was last asked for
  Client* serving_ = nullptr;   // while it is there
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
