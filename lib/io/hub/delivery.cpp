#include "io/hub/delivery.hpp"

#include <algorithm>
#include <asio/post.hpp>

#include "codec/ws_frame.hpp"

namespace rt {
namespace {

constexpr std::size_t kChunk = 64u << 10;
constexpr std::size_t kFlushBytes = 256u << 10;

}  // namespace

std::size_t window_charge(const Message& message) {
  std::size_t sum = 1024 + message.payload.size() + message.content_type.size() +
                    message.channel.size() + message.event.size() + message.origin_id.size();
  for (const std::string& relay : message.via) sum += 64 + relay.size();
  for (const auto& [name, value] : message.properties) sum += 128 + name.size() + value.size();
  return sum;
}

void Delivery::published(Channel& channel) {
  ++counts_.published;
  if (channel.readers().empty()) return;
  if (!channel.dirty) {
    channel.dirty = true;
    dirty_.push_back(&channel);
  }
  const HubLimits& limits = hub_.limits();
  const Message& message = *channel.back().message;
  unflushed_bytes_ += message.payload.size();
  unflushed_charge_ += window_charge(message);
  ++unflushed_;
  if (!flushing_ && (unflushed_ >= std::max<std::size_t>(1, limits.history / 4) ||
                     unflushed_bytes_ >= kFlushBytes ||
                     unflushed_charge_ >= std::min(limits.history_bytes, limits.memory) / 4))
    return flush_all();
  if (posted_) return;
  posted_ = true;
  asio::post(reactor_.context(), [this] {
    posted_ = false;
    flush_all();
  });
}

void Delivery::flush_all() {
  flushing_ = true;
  unflushed_ = 0;
  unflushed_bytes_ = 0;
  unflushed_charge_ = 0;
  // A flush may publish (an acknowledgement hook, say): what is added meanwhile is flushed too.
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    Channel& channel = *dirty_[i];
    channel.dirty = false;
    flush(channel);
  }
  dirty_.clear();
  flushing_ = false;
}

void Delivery::flush(Channel& channel) {
  // Backwards: a reader that leaves is replaced by the last one, which has had its turn.
  const std::vector<Reader*>& readers = channel.readers();
  for (std::size_t i = readers.size(); i-- > 0;) {
    if (i >= readers.size()) continue;
    static_cast<Subscriber*>(readers[i])->flush(*this);
  }
  end_flush();
}

// Encodings count towards the memory of the hub, whose bounds are kept when nobody reads the log.
void Delivery::trim_soon() {
  if (trim_posted_) return;
  trim_posted_ = true;
  asio::post(reactor_.context(), [this] {
    trim_posted_ = false;
    hub_.expire(std::chrono::steady_clock::now());
  });
}

void Delivery::end_flush() {
  groups_.clear();
  responses_.clear();
}

std::string_view Delivery::chunk(Channel& channel, Wire wire, std::uint64_t from,
                                 std::uint64_t& to) {
  // Sequences never come again, while another channel may come to stand where one was dropped.
  const std::uint64_t sequence = channel.at(from).sequence;
  for (const Group& group : groups_)
    if (group.from == from && group.wire == wire && group.channel == &channel &&
        group.sequence == sequence) {
      to = group.to;
      return group.single ? std::string_view(*group.single) : std::string_view(group.joined);
    }
  // Outside a flush (a single reader that catches up) nobody shares: one group at a time.
  if (!flushing_) groups_.clear();
  Group& group = groups_.emplace_back(Group{&channel, wire, sequence, from, from + 1, {}, {}});
  trim_soon();
  const SharedBytes& first = wire_bytes(hub_, channel, channel.at(from), wire);
  if (from + 1 == channel.end() || first->size() >= kChunk) {
    group.single = first;
    to = group.to;
    return *group.single;
  }
  group.joined = *first;
  while (group.to < channel.end()) {
    const SharedBytes& next = wire_bytes(hub_, channel, channel.at(group.to), wire);
    if (group.joined.size() + next->size() > kChunk) break;
    group.joined += *next;
    ++group.to;
  }
  to = group.to;
  return group.joined;
}

// --- one reader ----------------------------------------------------------------------------------

void ChannelWriter::push(std::string bytes) {
  if (rest_) {
    std::string joined(std::string_view(*rest_).substr(rest_offset_));
    joined += bytes;
    rest_ = share(std::move(joined));
  } else {
    rest_ = share(std::move(bytes));
  }
  rest_offset_ = 0;
}

bool ChannelWriter::push_gap(Delivery& delivery, std::string_view from,
                             std::optional<std::uint64_t> missed) {
  std::string bytes = gap_bytes(wire_, from, missed);
  ++delivery.counts().gaps;
  if (bytes.empty()) return false;
  push(std::move(bytes));
  return true;
}

// Writes what waits before the log. True when all of it is out.
bool ChannelWriter::drain(Target& target) {
  while (rest_) {
    const std::string_view bytes = std::string_view(*rest_).substr(rest_offset_);
    // A WebSocket takes whole frames, all or none of what it is given.
    const std::size_t piece = is_stream(wire_) ? bytes.size() : ws::whole_frames(bytes, kChunk);
    const std::size_t taken = target.take(bytes.substr(0, piece));
    rest_offset_ += taken;
    if (rest_offset_ == rest_->size()) {
      rest_.reset();
      rest_offset_ = 0;
    } else if (taken < piece) {
      return false;
    }
  }
  return true;
}

bool ChannelWriter::write_chunk(Delivery& delivery, Reader& reader, Target& target) {
  Channel& channel = *reader.channel();
  std::uint64_t to = reader.position;
  const std::string_view bytes = delivery.chunk(channel, wire_, reader.position, to);
  if (!is_stream(wire_) && bytes.size() > kChunk) {
    // One long message in several frames: taken frame by frame.
    rest_ = wire_bytes(delivery.hub(), channel, channel.at(reader.position), wire_);
    rest_offset_ = 0;
    last_sequence = channel.at(reader.position).sequence;
    ++reader.position;
    ++delivery.counts().delivered;
    return drain(target);
  }
  std::size_t taken = target.take(bytes);
  if (taken == bytes.size()) {
    delivery.counts().delivered += to - reader.position;
    last_sequence = channel.at(to - 1).sequence;
    reader.position = to;
    return true;
  }
  // Cut: find the message that the cut is in.
  while (taken > 0) {
    Entry& entry = channel.at(reader.position);
    const SharedBytes& own = wire_bytes(delivery.hub(), channel, entry, wire_);
    last_sequence = entry.sequence;
    ++reader.position;
    ++delivery.counts().delivered;
    if (taken < own->size()) {
      rest_ = own;
      rest_offset_ = taken;
      break;
    }
    taken -= own->size();
  }
  return false;
}

// As write_chunk, without the reader's own publications.
bool ChannelWriter::write_others(Delivery& delivery, Reader& reader, Target& target,
                                 const void* own) {
  Channel& channel = *reader.channel();
  std::string joined;
  while (reader.position < channel.end() && joined.size() < kChunk / 2) {
    Entry& entry = channel.at(reader.position);
    if (entry.origin != own) {
      const SharedBytes& bytes = wire_bytes(delivery.hub(), channel, entry, wire_);
      if (!joined.empty() && joined.size() + bytes->size() > kChunk) break;
      joined += *bytes;
      ++delivery.counts().delivered;
    }
    last_sequence = entry.sequence;
    ++reader.position;
  }
  if (joined.empty()) return true;
  rest_ = share(std::move(joined));
  rest_offset_ = 0;
  return drain(target);
}

ChannelWriter::Outcome ChannelWriter::write(Delivery& delivery, Reader& reader, Target& target,
                                            const void* own) {
  if (blocked_) return Outcome::blocked;
  Channel& channel = *reader.channel();
  for (;;) {
    if (rest_ && !drain(target)) {
      blocked_ = true;
      return Outcome::blocked;
    }
    if (reader.position >= channel.end()) return Outcome::all_written;
    if (const std::uint64_t missed = channel.missed_before(reader.position); missed > 0) {
      reader.position = channel.begin();
      const std::string from = last_sequence == 0
                                   ? std::string()
                                   : to_string(MessageId{delivery.hub().epoch(), last_sequence});
      if (!push_gap(delivery, from, missed)) return Outcome::gap_not_sayable;
      continue;
    }
    const bool written = own == nullptr ? write_chunk(delivery, reader, target)
                                        : write_others(delivery, reader, target, own);
    if (!written) {
      blocked_ = true;
      return Outcome::blocked;
    }
  }
}

}  // namespace rt
