#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "engine/hub.hpp"
#include "engine/log.hpp"
#include "io/hub/wire.hpp"
#include "io/loop/reactor.hpp"
#include "io/server/exchange.hpp"
#include "model/identity.hpp"

namespace rt {

class Delivery;

// What the window is charged with for a message, and rather more.
std::size_t window_charge(const Message& message);

// A reader of a channel that can write out what it has not seen.
class Subscriber : public Reader {
 public:
  // Writes what is new and can be written now. May end with `delete this`.
  virtual void flush(Delivery& delivery) = 0;
  // Who reads.
  virtual const Identity& identity() const = 0;
  // Lets go of the message that it is in the middle of, and ends the connection. May end with
  // `delete this`.
  virtual void cut() = 0;

 protected:
  ~Subscriber() = default;
};

// How far a reader is that is in the middle of a message.
struct ReadSoFar {
  std::uint64_t sequence = 0;  // of the message, or the last one before it
  std::uint64_t taken = 0;     // bytes of it

  auto operator<=>(const ReadSoFar&) const = default;
};

// The place of a reader in a line of those that wait for the same.
class PlaceInLine {
 public:
  PlaceInLine() = default;
  ~PlaceInLine() { end(); }
  PlaceInLine(const PlaceInLine&) = delete;
  PlaceInLine& operator=(const PlaceInLine&) = delete;

  bool stands() const { return line_ != nullptr; }
  // It goes on.
  void end();

 private:
  friend class Delivery;
  struct Line {
    PlaceInLine* first = nullptr;
    PlaceInLine* last = nullptr;
  };
  void stand_in(Line& line, Subscriber& reader);  // as the last

  Line* line_ = nullptr;
  Subscriber* reader_ = nullptr;
  PlaceInLine* older_ = nullptr;
  PlaceInLine* newer_ = nullptr;
  SteadyTime since_{};
  ReadSoFar progress_;
};

struct DeliveryCounts {
  std::uint64_t published = 0;
  std::uint64_t delivered = 0;  // messages handed to readers
  std::uint64_t gaps = 0;       // gaps reported
  std::uint64_t cut = 0;        // readers that held too much
};

// Brings channels to their live readers, in one write per reader. What readers at the same position
// share is put together once.
class Delivery {
 public:
  Delivery(Reactor& reactor, Hub& hub, MessageLog& log) : reactor_(reactor), hub_(hub), log_(log) {}

  Hub& hub() { return hub_; }
  MessageLog& log() { return log_; }
  DeliveryCounts& counts() { return counts_; }
  const DeliveryCounts& counts() const { return counts_; }

  // Has all readers of the channel write out what they can.
  void flush(Channel& channel);

  // The reader does not go on for now, in the middle of a message.
  void stalls(PlaceInLine& place, Subscriber& reader, const ReadSoFar& progress);
  // It has had its part of this turn of the loop: it is flushed in a later one.
  void goes_on_later(PlaceInLine& place, Subscriber& reader);
  // What readers hold of messages that have left the windows, or hold beyond the memory of all, is
  // bounded (by a quarter of what all
  // windows may have): beyond it those are cut that have stalled for the longest time, and when
  // none has for a second, the one that is the least far: each takes a while to be told that there
  // is room, and whoever has just begun has had room in the kernel.
  void cut_stalled();

  // Encodings have been kept: the bounds of the hub are enforced when nobody reads the log.
  void trim_soon();

  // Bytes for entries from `from` on, shared by all who ask within one flush, at most about 64 KiB
  // unless a single message is longer. `to` is the position behind them.
  std::string_view chunk(Channel& channel, Wire wire, std::uint64_t from, std::uint64_t& to);

  // An answer to readers that wait at `from`, shared within one flush: made by `make` at first.
  template <class Make>
  const Response& shared_response(Channel& channel, int variant, std::uint64_t from, Make make) {
    for (const SharedResponse& known : responses_)
      if (known.channel == &channel && known.variant == variant && known.from == from)
        return known.response;
    Response& made =
        responses_.emplace_back(SharedResponse{&channel, variant, from, make()}).response;
    made.shared = ++shared_responses_;
    return made;
  }

 private:
  struct Group {
    Channel* channel;
    Wire wire;
    std::uint64_t sequence;  // of the first entry
    std::uint64_t from;
    std::uint64_t to;
    SharedBytes single;  // one entry's own bytes
    std::string joined;  // or several entries'
  };
  struct SharedResponse {
    Channel* channel;
    int variant;
    std::uint64_t from;
    Response response;
  };

  PlaceInLine& slowest();
  void end_flush();
  void give_turn();

  Reactor& reactor_;
  Hub& hub_;
  MessageLog& log_;
  DeliveryCounts counts_;
  std::deque<Group> groups_;
  std::deque<SharedResponse> responses_;
  std::uint64_t shared_responses_ = 0;  // ever
  PlaceInLine::Line stalled_;
  PlaceInLine::Line later_;
  bool turn_posted_ = false;
  bool trim_posted_ = false;
  bool flushing_ = false;
};

}  // namespace rt
