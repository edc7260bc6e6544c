#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "io/loop/source.hpp"

namespace rt {

// What becomes of connections.
struct ConnectionEvent {
  enum class What : std::uint8_t { opened, closed, failed };
  What what = What::opened;
  std::optional<std::uint16_t> code = {};  // of a WebSocket that has ended
  std::string reason = {};                 // of that, or why there is none
};

// Which ways an end is used.
struct EndUse {
  bool read = false;
  bool write = false;
};

// What does not change about an end.
struct EndFacts {
  std::string name;           // for people
  bool local = false;         // stdin, a file, a child
  bool payload_only = false;  // it cannot take channel, origin and relays
  // It would rather lose its reader than wait: so many bytes are kept of it, see RelayBuffer.
  std::optional<std::size_t> buffer = {};
};

// How an end has fared so far.
struct EndStatus {
  std::uint64_t reconnects = 0;
  bool lost = false;          // its connection is gone, or not to be had, and tried again
  std::uint64_t skipped = 0;  // messages that it could not take or read, each for itself
  // A connection that acknowledges nothing was lost with what was on it, perhaps.
  std::optional<Error> doubt = {};
  // After close(): the last word of the other side; or why the shutdown was requested.
  std::optional<Error> failure = {};
};

// What a URL names, or "-", exec:, file: or serve+...: it is opened, lost and opened again by
// itself, closed, and has a source, a sink or both.
class End {
 public:
  explicit End(EndFacts facts) : facts_(std::move(facts)) {}
  virtual ~End() = default;
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  const EndFacts& facts() const { return facts_; }

  // Completes when it stands, as far as that shows before something is read or written.
  virtual asio::awaitable<Result<void>> open() { co_return Result<void>(); }
  // For the ways that it was made for.
  virtual Source& source() = 0;
  virtual Sink& sink() = 0;
  // Called for what becomes of its connections, where it has such; before open().
  virtual void on_event(const std::function<void(const ConnectionEvent&)>& /*tell*/) {}
  // What must go on beside the reading and writing; cancelled at the end.
  virtual asio::awaitable<void> attend() { co_return; }
  // `hurried`: the other side is waited for only briefly.
  virtual asio::awaitable<void> close(bool /*hurried*/) { co_return; }
  virtual EndStatus status() const { return {}; }
  // Tells of the skipped ones that it has not told of.
  virtual void tell_skipped() {}

 private:
  EndFacts facts_;
};

}  // namespace rt
