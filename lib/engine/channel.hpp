#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "engine/hub_places.hpp"
#include "model/message.hpp"
#include "model/message_id.hpp"

namespace rt {

class Channel;
class Hub;
class HubCursor;
struct IdleList;

// How many wire encodings an entry can carry. What each slot means is io's business.
inline constexpr std::size_t kWireSlots = 6;

// A message in a channel's log.
struct Entry {
  MessagePtr message;
  std::uint64_t sequence = 0;
  SteadyTime appended;
  // Who published it: an opaque token that is compared and never followed. Null: nobody.
  const void* origin = nullptr;
  // Encodings for the wire, made once by whoever needs one first. Set through Hub::keep_wire. One
  // that is the message's own payload stands for an encoding that nobody keeps.
  std::array<SharedBytes, kWireSlots> wire;

  // The channel that it is in.
  Channel& home() const { return *channel; }

 private:
  friend class Channel;
  friend class Hub;
  friend class HubCursor;
  std::size_t wire_cost() const;

  Channel* channel = nullptr;
  std::size_t cost = 0;    // bytes that this entry is charged with, its encodings aside
  Entry* older = nullptr;  // all entries of the hub in the order of their sequences
  Entry* newer = nullptr;
  Entry* older_encoded = nullptr;  // all entries that have encodings, in the order of the first
  Entry* newer_encoded = nullptr;
};

// A cursor in one channel: the position of the next entry to read. It holds its channel alive
// while it is attached. Derived classes add how to write.
class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { detach(); }

  Channel* channel() const { return channel_; }  // null when the hub is gone, too
  void detach();

  std::uint64_t position = 0;

 private:
  friend class Channel;
  Channel* channel_ = nullptr;
  std::size_t index_ = 0;
};

// Where a reader starts, and what it missed on the way there.
struct Start {
  std::uint64_t position = 0;
  bool gap = false;
  std::optional<std::uint64_t> missed;  // with gap: the count, when it can be known
  bool known = true;  // with gap: the id is one of this epoch, so the log may have what is missing
};

// An append-only log of messages with a bounded window. Positions count the channel's messages
// from 0 and are dense; sequences are the hub's and grow, but are not dense in a channel.
class Channel {
 public:
  Channel(Hub& hub, std::string name, std::uint64_t floor) noexcept;
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  const std::string& name() const { return name_; }

  // The window is [begin(), end()).
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return begin_ + size_; }
  bool empty() const { return size_ == 0; }
  bool ever_published() const { return first_sequence_ != 0; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return bytes_; }  // what history_bytes bounds: no encodings

  // Only for begin() <= position < end().
  Entry& at(std::uint64_t position) { return *ring_[(head_ + (position - begin_)) & mask()]; }
  Entry& back() { return at(end() - 1); }

  // The highest sequence that may have been in this channel and is no longer: 0 when nothing is
  // missing.
  std::uint64_t floor() const { return floor_; }
  // The sequence of the newest message, or the floor.
  std::uint64_t last_sequence() const;

  // Behind the message `id`: the first kept entry with a higher sequence. A gap when messages
  // between may have left the window (id below the floor), or the id is of another epoch or was
  // never given.
  Start after(const MessageId& id) const;
  // Behind what is known, to whoever has read on at another hub: behind the last message that is
  // known, or from an earlier one on that is not and is of a hub of which something is known, or is
  // no older than kOverlap then: hubs on one bus have different orders. Nothing when no message of
  // the window is known, or an id of this hub is that was never given.
  std::optional<Start> after_known(const HubPlaces& known) const;
  static constexpr Milliseconds kOverlap = 5s;
  // The last n messages of the window. Never a gap.
  Start last(std::uint64_t n) const;
  Start whole_window() const { return {begin_, false, std::nullopt}; }
  Start live() const { return {end(), false, std::nullopt}; }

  // Entries that `position` has lost: 0 when it is within the window.
  std::uint64_t missed_before(std::uint64_t position) const {
    return position < begin_ ? begin_ - position : 0;
  }

  // Detaching a reader moves the last one into its place.
  const std::vector<Reader*>& readers() const { return readers_; }
  // A reader that is attached elsewhere is detached there first.
  void attach(Reader& reader, std::uint64_t position);

  // For io: a mark that this channel has news to be written out. While it is set the hub does not
  // drop the channel.
  bool dirty = false;

 private:
  friend class Hub;
  friend class Reader;
  friend struct IdleList;

  std::size_t mask() const { return ring_.size() - 1; }
  std::size_t ring_bytes() const { return ring_.size() * sizeof(std::unique_ptr<Entry>); }
  void resize_ring(std::size_t size);
  Entry& push(std::unique_ptr<Entry> entry);
  std::unique_ptr<Entry> pop();  // the oldest; raises the floor

  Hub& hub_;
  std::string name_;
  std::uint64_t floor_;
  const std::uint64_t first_floor_;   // the floor when the channel was made
  std::uint64_t first_sequence_ = 0;  // of the first message ever; 0: none yet
  std::uint64_t begin_ = 0;
  std::size_t size_ = 0;
  std::size_t head_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::unique_ptr<Entry>> ring_;  // its size is 0 or a power of 2
  std::vector<Reader*> readers_;
  IdleList* idle_ = nullptr;  // the list that the channel is in: only while it has no readers
  Channel* older_ = nullptr;
  Channel* newer_ = nullptr;
};

// Channels without readers, least recently used first.
struct IdleList {
  Channel* oldest = nullptr;
  Channel* newest = nullptr;
  std::size_t size = 0;

  void push(Channel& channel);  // as the newest; the channel is in no list
  static void remove(Channel& channel);
};

}  // namespace rt
