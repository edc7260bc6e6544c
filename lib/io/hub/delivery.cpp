#include "io/hub/delivery.hpp"

#include <asio/post.hpp>

#include "codec/ws_frame.hpp"

namespace rt {
namespace {

constexpr std::size_t kChunk = 64u << 10;
constexpr Milliseconds kStuck = 1s;
constexpr int kMostCompared = 64;

}  // namespace

std::size_t window_charge(const Message& message) {
  std::size_t sum = 1024 + message.payload.size() + message.content_type.size() +
                    message.channel.size() + message.event.size() + message.origin_id.size();
  for (const std::string& relay : message.via) sum += 64 + relay.size();
  for (const auto& [name, value] : message.properties) sum += 128 + name.size() + value.size();
  return sum;
}

void Delivery::flush(Channel& channel) {
  flushing_ = true;
  // Backwards: a reader that leaves is replaced by the last one, which has had its turn.
  const std::vector<Reader*>& readers = channel.readers();
  for (std::size_t i = readers.size(); i-- > 0;) {
    if (i >= readers.size()) continue;
    static_cast<Subscriber*>(readers[i])->flush(*this);
  }
  flushing_ = false;
  end_flush();
}

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

void PlaceInLine::end() {
  if (line_ == nullptr) return;
  (older_ != nullptr ? older_->newer_ : line_->first) = newer_;
  (newer_ != nullptr ? newer_->older_ : line_->last) = older_;
  line_ = nullptr;
}

void PlaceInLine::stand_in(Line& line, Subscriber& reader) {
  end();
  line_ = &line;
  reader_ = &reader;
  older_ = line.last;
  newer_ = nullptr;
  (line.last != nullptr ? line.last->newer_ : line.first) = this;
  line.last = this;
}

void Delivery::goes_on_later(PlaceInLine& place, Subscriber& reader) {
  place.stand_in(later_, reader);
  give_turn();
}

// To one reader at a time, so that others than these have theirs between.
void Delivery::give_turn() {
  if (turn_posted_ || later_.first == nullptr) return;
  turn_posted_ = true;
  asio::post(reactor_.context(), [this] {
    turn_posted_ = false;
    if (later_.first == nullptr) return;
    Subscriber* const reader = later_.first->reader_;
    later_.first->end();
    reader->flush(*this);
    give_turn();
  });
}

void Delivery::stalls(PlaceInLine& place, Subscriber& reader, const ReadSoFar& progress) {
  place.stand_in(stalled_, reader);
  place.since_ = std::chrono::steady_clock::now();
  place.progress_ = progress;
}

// Of those that are stalled, of whom there is one at least.
PlaceInLine& Delivery::slowest() {
  PlaceInLine* slowest = stalled_.first;
  if (std::chrono::steady_clock::now() - slowest->since_ >= kStuck) return *slowest;
  int compared = 0;
  for (PlaceInLine* one = slowest; one != nullptr && ++compared < kMostCompared; one = one->newer_)
    if (one->progress_ < slowest->progress_) slowest = one;
  return *slowest;
}

void Delivery::cut_stalled() {
  const std::size_t most = hub_.limits().memory / 4;
  while (stalled_.first != nullptr && hub_.in_use() > most) {
    PlaceInLine& place = slowest();
    Subscriber* const reader = place.reader_;
    place.end();
    ++counts_.cut;
    reader->cut();
    // What nobody else is in the middle of can go now.
    hub_.expire(std::chrono::steady_clock::now());
  }
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

}  // namespace rt
