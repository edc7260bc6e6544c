#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>

#include "base/result.hpp"
#include "model/message.hpp"

namespace rt {

// Where messages come from.
class Source {
 public:
  virtual ~Source() = default;

  // A batch of at least one message; an empty batch is the end. Not called again before the last
  // call has completed.
  virtual asio::awaitable<Result<Batch>> read() = 0;

  // Somebody waits for commit().
  virtual bool commits() const { return false; }
  // Says that everything that was read so far, but for the last `left` messages, is safe
  // downstream, so that an acknowledged transport may acknowledge it.
  virtual void commit(std::size_t /*left*/ = 0) {}
};

// Where messages go.
class Sink {
 public:
  virtual ~Sink() = default;

  // Completes when all of them are accepted: that is the backpressure. Not called again before.
  virtual asio::awaitable<Result<void>> write(Messages messages) = 0;

  // While more may follow: completes when what was written is where it is wanted, as far as the
  // transport can tell, so that its source may forget it.
  virtual asio::awaitable<Result<void>> drain() { return finish(); }

  // After the last write: completes when all of it has left, as far as the transport can tell.
  virtual asio::awaitable<Result<void>> finish() { co_return Result<void>(); }
};

}  // namespace rt
