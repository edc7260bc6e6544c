#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "engine/hub.hpp"
#include "io/hub/wire.hpp"
#include "io/loop/reactor.hpp"
#include "io/server/exchange.hpp"

namespace rt {

class Delivery;

// What the window is charged with for a message, and rather more.
std::size_t window_charge(const Message& message);

// A reader of a channel that can write out what it has not seen.
class Subscriber : public Reader {
 public:
  // Writes what is new and can be written now. May end with `delete this`.
  virtual void flush(Delivery& delivery) = 0;

 protected:
  ~Subscriber() = default;
};

struct DeliveryCounts {
  std::uint64_t published = 0;
  std::uint64_t delivered = 0;  // messages handed to readers
  std::uint64_t gaps = 0;       // gaps reported
};

// Brings what is published to the live readers: once for each turn of the loop, in one write per
// reader. What readers at the same position share is put together once.
class Delivery {
 public:
  Delivery(Reactor& reactor, Hub& hub) : reactor_(reactor), hub_(hub) {}

  Hub& hub() { return hub_; }
  DeliveryCounts& counts() { return counts_; }
  const DeliveryCounts& counts() const { return counts_; }

  // The channel has a new message. Its readers are flushed at the end of this turn, or now when so
  // much has gathered that the window could pass over what they have not seen.
  void published(Channel& channel);

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

  void flush_all();
  void flush(Channel& channel);
  void end_flush();
  void trim_soon();

  Reactor& reactor_;
  Hub& hub_;
  DeliveryCounts counts_;
  std::vector<Channel*> dirty_;
  std::deque<Group> groups_;
  std::deque<SharedResponse> responses_;
  std::uint64_t shared_responses_ = 0;  // ever
  std::size_t unflushed_bytes_ = 0;     // payloads
  std::size_t unflushed_charge_ = 0;    // what they take of the window
  std::size_t unflushed_ = 0;
  bool posted_ = false;
  bool trim_posted_ = false;
  bool flushing_ = false;
};

// Writes a channel to a stream or socket from a cursor on: the part that SSE and WebSocket share.
// Keeps no copy: a cut message is remembered as its shared bytes and an offset.
class ChannelWriter {
 public:
  explicit ChannelWriter(Wire wire) : wire_(wire) {}

  struct Target {
    // Takes bytes now; fewer than given: blocked until writable.
    virtual std::size_t take(std::string_view bytes) = 0;

   protected:
    ~Target() = default;
  };
  enum class Outcome : std::uint8_t { all_written, blocked, gap_not_sayable };

  // Writes from reader.position to the end of the channel. Entries of `own` origin are passed over.
  Outcome write(Delivery& delivery, Reader& reader, Target& target, const void* own);
  // Bytes that go before what is still to be read.
  void push(std::string bytes);
  // A gap found when the reader attached.
  bool push_gap(Delivery& delivery, std::string_view from, std::optional<std::uint64_t> missed);

  bool blocked() const { return blocked_; }
  void unblock() { blocked_ = false; }
  std::uint64_t last_sequence = 0;  // of the newest entry written or passed over

 private:
  bool drain(Target& target);
  bool write_chunk(Delivery& delivery, Reader& reader, Target& target);
  bool write_others(Delivery& delivery, Reader& reader, Target& target, const void* own);

  SharedBytes rest_;  // a message that was cut, or bytes pushed
  std::size_t rest_offset_ = 0;
  Wire wire_;
  bool blocked_ = false;
};

}  // namespace rt
