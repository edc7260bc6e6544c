#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "engine/channel.hpp"
#include "engine/log.hpp"
#include "engine/name_hash.hpp"
#include "model/defaults.hpp"

namespace rt {

struct HubLimits {
  std::size_t memory = defaults::kMemory;  // all logs together, encodings and bookkeeping included
  std::size_t history = defaults::kHistory;  // messages a channel, at least 1
  // payload and bookkeeping bytes a channel, no encodings
  std::size_t history_bytes = defaults::kHistoryBytes;
  std::optional<Milliseconds> history_age;  // none: no limit
  std::size_t max_channels = defaults::kMaxChannels;
  std::size_t max_message = defaults::kMaxMessage;  // payload bytes
};

// A cursor in the log of a whole hub, in the order of the sequences. It queues nothing and holds
// nothing alive: what is evicted or dropped before it was read is counted, and the cursor moves on.
class HubCursor {
 public:
  struct Options {
    const void* own = nullptr;  // entries of this origin are passed over; null: none are
    std::string channel;        // only this one's; empty: all
  };
  // At the end: what is published from now on.
  HubCursor(Hub& hub, Options options);
  ~HubCursor();
  HubCursor(const HubCursor&) = delete;
  HubCursor& operator=(const HubCursor&) = delete;

  // The next entry, or null when there is none. Valid until the hub changes.
  Entry* next();
  // False: next() would give null.
  bool has_next() { return peek() != nullptr; }
  // How many entries were lost since the last call.
  std::uint64_t take_missed();
  // Of the last entry that was read, or passed over.
  std::uint64_t last_sequence() const { return last_; }

 private:
  friend class Hub;
  Entry* peek();  // passes over what is not wanted
  bool wants(std::string_view channel, const void* origin) const;
  void on_evict(const Entry& entry);

  Hub* hub_;  // null when the hub is gone
  Options options_;
  Entry* next_ = nullptr;  // null: not known
  std::uint64_t last_;
  std::uint64_t missed_ = 0;
};

// The windows of all channels of one server on a log, under common bounds. It owns no socket and no
// clock, and gives no ids: it is given what the log's tail brings.
//
// Oldest goes first: a channel over its own window loses its oldest entries; when all windows
// together pass `memory`, encodings go, which can be made again, and then the entry with the lowest
// sequence of the whole hub. No entry goes because of encodings: those that readers are in the
// middle of may pass the bound (see in_use). The entry that was just applied always stays. When
// there would be more than max_channels, or the channels' bookkeeping alone would pass `memory`,
// the least recently used channel without readers is dropped, empty ones first, and its last
// sequence raises dropped_floor(), which is the floor of every channel made later. A channel is
// used when it is published to or opened, and when its last reader leaves. A channel with readers
// is never dropped, nor is one that is marked dirty. One that only readers have asked for goes when
// the last of them has left: before another is made, when memory is short, or at drop_left(). An
// eighth of max_channels is out of reach of publishers' channels, and another of new ones that only
// readers have asked for: neither kind can lock out the other.
//
// Only apply, expire, open and drop_left drop channels; only apply, expire and rotate evict from
// channels that stay.
class Hub {
 public:
  // Of a log that is at `start`: what came before it is in no window.
  Hub(HubLimits limits, const MessageId& start);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  const HubLimits& limits() const { return limits_; }
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t last_sequence() const { return last_sequence_; }
  // The id of a message that was here, though the epoch has changed since.
  MessageId id_of(std::uint64_t sequence) const {
    return {sequence > rotated_at_ ? epoch_ : former_epoch_, sequence};
  }
  MessageId id_of(const Entry& entry) const { return id_of(entry.sequence); }
  // The cursor behind everything that `channel` holds now (never ahead of the hub).
  MessageId cursor_of(const Channel& channel) const { return {epoch_, channel.last_sequence()}; }

  // Puts a record that the log has brought into its channel's window; the channel is made when it
  // is absent. The sequence is higher than any before. Null when no channel can be made (all have
  // readers): the message is in no window then, and whoever asks for it hears of a gap.
  Entry* apply(Record& record, SteadyTime now);
  // Begins another epoch (see LogTail::on_epoch): all windows are emptied.
  void rotate(const MessageId& at);

  // The channel, or null.
  Channel* find(std::string_view channel);
  // Who wants a channel.
  enum class For { publisher, reader };
  // The channel, made when absent; null when there is no room for one more. An empty channel
  // without readers may go at the next call to any function that can drop channels.
  Channel* open(std::string_view channel, For whom = For::publisher);

  // Puts an encoding into the entry's slot and charges it. The bounds are enforced at the next
  // apply or expire, so entries stay where they are while a caller reads the log.
  void keep_wire(Entry& entry, std::size_t slot, SharedBytes bytes);
  // An encoding that is counted for as long as anybody has it.
  SharedBytes counted(std::string bytes);
  // The payload of a message, to keep instead of an encoding that is made in pieces whenever it is
  // needed: whoever has this is in the middle of one, and the message counts as an encoding does.
  SharedBytes counted_payload(const MessagePtr& message);
  // Bytes of such encodings whose entries have left the windows: readers are in the middle of them.
  std::size_t pinned() const { return *wires_alive_ - std::min(wires_kept_, *wires_alive_); }

  // The same, and what encodings that readers are in the middle of have beyond `memory`.
  std::size_t in_use() const {
    const std::size_t over = memory_used_ - std::min(limits_.memory, memory_used_);
    return pinned() + std::min(over, encodings_);
  }

  // Drops the channels whose readers have left without anything having been published ever.
  void drop_left();
  // Drops what is older than history_age.
  void expire(SteadyTime now);

  std::size_t channel_count() const { return channels_.size(); }
  std::size_t memory_used() const { return memory_used_; }
  // The most that it had, pinned() with it, since the last call.
  std::size_t take_highest() { return std::exchange(highest_, memory_used_ + pinned()); }
  std::uint64_t dropped_floor() const { return dropped_floor_; }
  std::uint64_t evicted() const { return evicted_; }  // entries that left a window, ever

  // Calls visit for the channels with a greater name, in the order of their names, until it returns
  // false. visit must not change the hub. Its cost is that of the channels visited.
  void visit_after(std::string_view name, const std::function<bool(Channel&)>& visit);

 private:
  friend class Channel;
  friend class HubCursor;
  friend class Reader;

  void append(Channel& channel, Record& record, SteadyTime now);
  void pass_over(const Record& record);
  Entry* first_after(std::uint64_t sequence) const;
  std::unique_ptr<Entry> new_entry();
  Channel* make(std::string_view name, For whom);
  void drop(Channel& channel);
  bool drop_one_of(IdleList& list);
  void place(Channel& channel);    // into the idle list where it belongs, as the newest
  void on_left(Channel& channel);  // by its last reader
  void evict_oldest(Channel& channel);
  void trim(Channel& channel, SteadyTime now);
  void enforce_memory();
  bool drop_encodings();
  void link_encoded(Entry& entry);  // as the newest
  void unlink_encoded(Entry& entry);
  bool too_old(const Entry& entry, SteadyTime now) const;

  HubLimits limits_;
  std::uint64_t epoch_;
  std::uint64_t former_epoch_;
  std::uint64_t rotated_at_ = 0;  // the last sequence that may be of the former epoch
  std::uint64_t last_sequence_;
  std::uint64_t dropped_floor_;
  std::uint64_t evicted_ = 0;
  std::size_t memory_used_ = 0;
  std::size_t highest_ = 0;  // of memory_used() + pinned()
  std::shared_ptr<std::size_t> wires_alive_ = std::make_shared<std::size_t>(0);
  std::size_t wires_kept_ = 0;      // of what was counted(), by entries
  std::size_t encodings_ = 0;       // the part of memory_used_ that is for encodings
  std::size_t channel_memory_ = 0;  // the part of memory_used_ that is not for entries
  Entry* oldest_ = nullptr;
  Entry* newest_ = nullptr;
  Entry* oldest_encoded_ = nullptr;
  Entry* newest_encoded_ = nullptr;
  std::unique_ptr<Entry> spare_;  // the last evicted one, to be used again
  std::vector<HubCursor*> cursors_;
  IdleList left_;  // see drop_left()
  IdleList idle_empty_;
  IdleList idle_;
  // The keys are the channels' own names.
  std::unordered_map<std::string_view, std::unique_ptr<Channel>, NameHash> channels_;
  struct ByName {
    using is_transparent = void;
    static std::string_view name_of(std::string_view name) { return name; }
    static std::string_view name_of(const Channel* channel) { return channel->name(); }
    bool operator()(const auto& a, const auto& b) const { return name_of(a) < name_of(b); }
  };
  std::set<Channel*, ByName> by_name_;
};

}  // namespace rt
