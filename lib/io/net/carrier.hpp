#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// A byte stream to a server, for a protocol that does not know what carries its bytes: a connection
// of the network, or a WebSocket on one. One connection in its life; nothing is called any more
// when it is gone. Errors: network, tls; protocol, of what carries.
//
// receive() and send() never wait, on_readable() and on_writable() say once when it is worth
// another try.
class Carrier {
 public:
  virtual ~Carrier() = default;
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;

  virtual asio::awaitable<Result<void>> connect() = 0;
  // At once; a connect() under way comes to its end.
  virtual void close() = 0;

  struct Received {
    std::size_t size = 0;
    bool ended = false;  // the other side sends no more; else size 0 means: nothing now
    bool all = false;    // nothing more was there
  };
  virtual Result<Received> receive(std::span<char> into) = 0;
  // How many were taken, perhaps none. What was not taken comes first in the next call.
  virtual Result<std::size_t> send(std::string_view bytes) = 0;
  // Nothing more is sent; receiving goes on.
  virtual void end_sending() = 0;

  virtual void on_readable(std::function<void()> callback) = 0;
  virtual void on_writable(std::function<void()> callback) = 0;
  // It counts as readable when so many bytes are there, or its end; 1 as long as nothing else is
  // said. Only a hint.
  virtual void readable_from(std::size_t bytes) = 0;
  // Much comes at a time: what holds it back for small pieces is to go.
  virtual void widen() {}
  // No call of the last on_readable() comes any more.
  virtual void forget_readable() = 0;

 protected:
  Carrier() = default;
};

// Makes a new one for each connection.
using MakeCarrier = std::function<std::unique_ptr<Carrier>(Reactor&)>;

}  // namespace rt
