#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/metric.hpp"
#include "model/message.hpp"
#include "model/message_id.hpp"

namespace rt {

class Channel;

// A message on its way into a log, or out of it.
struct Record {
  std::string_view channel;  // its canonical name; lasts as long as the call that it is given to
  MessagePtr message;
  // Who published it, when that was in this process: an opaque token that is compared and never
  // followed, and is never given twice. Null: nobody here.
  const void* origin = nullptr;
  // The channel's window, where whoever appends knows it: spares a lookup. Only a log that brings
  // the message within the call of append() may pass it on.
  Channel* window = nullptr;
  std::uint64_t sequence = 0;  // the log gives it
};

// Where what was appended arrives: a log's one reader in this process.
class LogTail {
 public:
  // What was appended, by this process or another, each record once and in the order of the
  // sequences. It may take the messages out of the records.
  virtual void on_records(std::span<Record> records) = 0;
  // The log's history is not what it was: a new epoch begins. Every sequence after this is higher
  // than at.sequence, which is not lower than any that was brought before.
  virtual void on_epoch(const MessageId& at) = 0;

 protected:
  ~LogTail() = default;
};

// Whoever appends.
class AppendListener {
 public:
  // The batch is safe, and its messages have consecutive ids from this one on; or none of it was
  // appended. Fault::other: the log cannot be written to now.
  virtual void on_appended(const Result<MessageId>& first) = 0;

 protected:
  ~AppendListener() = default;
};

// A part of a channel that lies before its window.
struct Past {
  std::vector<Record> records;  // oldest first; their `channel` is empty
  // False: between the cursor and the first record messages are gone, or may be.
  bool whole = true;
};

// Whoever reads what lies before a window.
class PastListener {
 public:
  virtual void on_past(Result<Past> past) = 0;

 protected:
  ~PastListener() = default;
};

struct LogHealth {
  bool ok = true;
  std::string detail;  // when not: what is wrong, for people
};

// What stands behind the windows of a hub: it gives epoch and sequence, makes messages safe, and
// keeps what no window holds. A process has one, and is itself a cursor in it: what it publishes
// comes to its own windows by the tail, too. It has no clock and no thread that can be seen: every
// call back comes within a call, or from the loop.
class MessageLog {
 public:
  virtual ~MessageLog() = default;

  // Everything up to this sequence was appended before the tail begins: 0 when there is nothing.
  virtual MessageId start() const = 0;
  // Before the first append. The tail outlives the log's use.
  virtual void follow(LogTail& tail) = 0;

  // Appends a batch of at least one message, all or nothing; takes the messages out of it. The
  // listener is told once, within the call or later, in the order of the appends; the tail brings
  // the messages whether it has been told or not. One listener may wait for several.
  virtual void append(std::span<Record> batch, AppendListener& done) = 0;

  // True when append() cannot fail and is done within the call: a long batch may be given in parts,
  // so that others have their turn between them.
  virtual bool takes_parts() const { return false; }

  // The channel's messages with a higher sequence than `after`, oldest first: at most `limit` (at
  // least 1), and no more of them once their payloads are longer than kPastBytes together. None and
  // whole: the log has none, and had none. The listener is told once, within the call or later.
  virtual void read(std::string_view channel, std::uint64_t after, std::size_t limit,
                    PastListener& done) = 0;
  static constexpr std::size_t kPastBytes = 1u << 20;

  // The listener is told of nothing any more. What it appends is appended all the same.
  virtual void forget(AppendListener& listener) = 0;
  virtual void forget(PastListener& listener) = 0;

  virtual LogHealth health() const = 0;
  virtual std::vector<Metric> metrics() const = 0;
};

}  // namespace rt
