#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace rt {

// A connection as bytes in both directions, whatever carries them: a socket, TLS on one, or a
// stream of HTTP/2. Nothing of it waits.
class ByteStream {
 public:
  class Client {
   public:
    // receive() may have something to give, send() may take something. Not called for what is not
    // wanted.
    virtual void on_ready(bool readable, bool writable) = 0;
    // The connection is lost: told when reading is not wanted, else receive() tells it.
    virtual void on_broken() = 0;

   protected:
    ~Client() = default;
  };
  struct Received {
    std::size_t size = 0;
    bool more = false;   // there may be more right now
    bool ended = false;  // there is nothing, nor will be: the peer has finished, or is lost
  };

  // Closes it. From a call of the client's own, or from elsewhere: the client hears no more of it.
  virtual ~ByteStream() = default;

  // Before all else, once. Starts with interest in reading. False: it cannot be watched.
  virtual bool start(Client& client) = 0;
  virtual Received receive(std::span<char> into) = 0;
  // How much should be received in a turn, at most, where others wait for theirs.
  virtual std::size_t turn_bytes() const = 0;
  // How long a turn should take, at most. What a byte costs is not known before.
  virtual SteadyTime::duration turn_time() const = 0;
  // How many bytes it takes now; nothing when the connection is lost.
  virtual std::optional<std::size_t> send(std::string_view bytes) = 0;
  // What there is already is told, too, each time: so that somebody who has not read all of it can
  // give others a turn.
  virtual void want(bool read, bool write) = 0;
  // The peer reads up to here, and then an end.
  virtual void end_sending() = 0;
  // The peer's address, for people.
  virtual std::string peer() const = 0;
};

}  // namespace rt
