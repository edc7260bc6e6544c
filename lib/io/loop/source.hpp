#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

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

// How far a sink is with what was written, in numbers of its own: what had been written when
// `written` was n is where it is wanted as soon as `settled` has come to n.
struct SinkProgress {
  std::uint64_t written = 0;
  std::uint64_t settled = 0;
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

  // For a sink that always knows how far it is: then settle() completes when `settled` has come to
  // this number, and may be called beside write(), so that writing need not stop for drain().
  virtual std::optional<SinkProgress> progress() const { return std::nullopt; }
  virtual asio::awaitable<Result<void>> settle(std::uint64_t /*number*/) { return drain(); }

  // After the last write: completes when all of it has left, as far as the transport can tell.
  virtual asio::awaitable<Result<void>> finish() { co_return Result<void>(); }
};

}  // namespace rt
