#include "engine/channel.hpp"

#include <algorithm>
#include <utility>

#include "engine/hub.hpp"

namespace rt {
namespace {

constexpr std::size_t kSmallestRing = 4;

// A shared string beside its bytes: the control block, the string and two allocations.
constexpr std::size_t kSharedBytesCost = sizeof(std::string) + 48;

}  // namespace

std::size_t Entry::wire_cost() const {
  std::size_t sum = 0;
  for (const SharedBytes& bytes : wire)
    if (bytes) sum += kSharedBytesCost + (bytes.get() == &message->payload ? 0 : bytes->capacity());
  return sum;
}

void Reader::detach() {
  if (channel_ == nullptr) return;
  Channel& channel = *std::exchange(channel_, nullptr);
  std::vector<Reader*>& readers = channel.readers_;
  readers[index_] = readers.back();
  readers[index_]->index_ = index_;
  readers.pop_back();
  if (readers.empty()) {
    std::vector<Reader*>().swap(readers);
    channel.hub_.on_left(channel);
  }
}

Channel::Channel(Hub& hub, std::string name, std::uint64_t floor) noexcept
    : hub_(hub), name_(std::move(name)), floor_(floor), first_floor_(floor) {}

Channel::~Channel() {
  for (Reader* reader : readers_) reader->channel_ = nullptr;
}

std::uint64_t Channel::last_sequence() const {
  return size_ == 0 ? floor_ : ring_[(head_ + size_ - 1) & mask()]->sequence;
}

Start Channel::after(const MessageId& id) const {
  if (id.epoch != hub_.epoch() || id.sequence > hub_.last_sequence())
    return {begin_, true, std::nullopt, false};
  if (id.sequence < floor_) {
    // Which evicted messages came after the id is not kept, except when all of them did.
    if (id.sequence >= first_floor_ && id.sequence < first_sequence_) return {begin_, true, begin_};
    return {begin_, true, std::nullopt};
  }
  std::size_t low = 0;
  std::size_t high = size_;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (ring_[(head_ + middle) & mask()]->sequence <= id.sequence)
      low = middle + 1;
    else
      high = middle;
  }
  return {begin_ + low, false, std::nullopt};
}

// What has no id of a hub is as new as a message of an unknown one.
std::optional<Start> Channel::after_known(const HubPlaces& known) const {
  const auto first_id = [this](const Entry& entry) -> std::optional<MessageId> {
    const std::string& origin = entry.message->origin_id;
    return origin.empty() ? hub_.id_of(entry) : parse_message_id(origin);
  };
  if (known.covers({hub_.epoch(), hub_.last_sequence() + 1})) return std::nullopt;
  std::optional<Start> start;
  SteadyTime last_known{};
  for (std::size_t i = size_; i-- > 0;) {
    const Entry& entry = *ring_[(head_ + i) & mask()];
    const auto id = first_id(entry);
    if (id && known.covers(*id)) {
      if (start) continue;
      start = Start{begin_ + i + 1, false, std::nullopt};
      last_known = entry.appended;
    } else if (start && ((id && known.has(id->epoch)) || last_known - entry.appended <= kOverlap)) {
      start->position = begin_ + i;
    }
  }
  return start;
}

Start Channel::last(std::uint64_t n) const {
  return {end() - std::min<std::uint64_t>(n, size_), false, std::nullopt};
}

void Channel::attach(Reader& reader, std::uint64_t position) {
  reader.detach();
  readers_.push_back(&reader);
  reader.index_ = readers_.size() - 1;
  reader.channel_ = this;
  reader.position = position;
  IdleList::remove(*this);
}

void Channel::resize_ring(std::size_t size) {
  std::vector<std::unique_ptr<Entry>> ring(size);
  for (std::size_t i = 0; i < size_; ++i) ring[i] = std::move(ring_[(head_ + i) & mask()]);
  ring_ = std::move(ring);
  head_ = 0;
}

Entry& Channel::push(std::unique_ptr<Entry> entry) {
  if (size_ == ring_.size()) resize_ring(std::max(kSmallestRing, ring_.size() * 2));
  if (first_sequence_ == 0) first_sequence_ = entry->sequence;
  entry->channel = this;
  bytes_ += entry->cost;
  std::unique_ptr<Entry>& slot = ring_[(head_ + size_++) & mask()];
  slot = std::move(entry);
  return *slot;
}

std::unique_ptr<Entry> Channel::pop() {
  std::unique_ptr<Entry> entry = std::move(ring_[head_]);
  head_ = (head_ + 1) & mask();
  --size_;
  ++begin_;
  floor_ = entry->sequence;
  bytes_ -= entry->cost;
  if (size_ == 0)
    resize_ring(0);
  else if (ring_.size() > kSmallestRing && size_ <= ring_.size() / 4)
    resize_ring(ring_.size() / 2);
  return entry;
}

void IdleList::push(Channel& channel) {
  channel.idle_ = this;
  channel.older_ = newest;
  channel.newer_ = nullptr;
  (newest != nullptr ? newest->newer_ : oldest) = &channel;
  newest = &channel;
  ++size;
}

void IdleList::remove(Channel& channel) {
  IdleList* list = std::exchange(channel.idle_, nullptr);
  if (list == nullptr) return;
  (channel.older_ != nullptr ? channel.older_->newer_ : list->oldest) = channel.newer_;
  (channel.newer_ != nullptr ? channel.newer_->older_ : list->newest) = channel.older_;
  channel.older_ = nullptr;
  channel.newer_ = nullptr;
  --list->size;
}

}  // namespace rt
