#include "engine/hub.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"

namespace rt {
namespace {

// What an allocation costs beside its bytes, about.
constexpr std::size_t kAllocation = 16;

// The message and the entry, each with its allocation, and the message's control block.
constexpr std::size_t kEntryCost = sizeof(Message) + sizeof(Entry) + 2 * kAllocation + 16;

// The channel with its allocation, its node in the table (next, hash, key, pointer) and a bucket.
constexpr std::size_t kChannelCost =
    sizeof(Channel) + kAllocation + 5 * sizeof(void*) + kAllocation + 2 * sizeof(void*);

// How many dirty channels to pass over in search of one to drop, so that the search stays short.
constexpr int kMostPassedOver = 64;

// What a string keeps outside of itself: its capacity, not its length, is what it holds on to.
std::size_t heap(const std::string& text) {
  static const std::size_t inside = std::string().capacity();
  return text.capacity() > inside ? text.capacity() + 1 + kAllocation : 0;
}

std::size_t cost_of(const Message& message) {
  std::size_t sum = kEntryCost + heap(message.payload) + heap(message.content_type) +
                    heap(message.channel) + heap(message.id) + heap(message.event) +
                    heap(message.origin_id);
  for (const std::string& relay : message.via) sum += sizeof(std::string) + heap(relay);
  for (const auto& property : message.properties)
    sum += sizeof property + heap(property.first) + heap(property.second);
  if (message.gap) sum += sizeof(Gap) + kAllocation + heap(message.gap->from);
  return sum;
}

std::size_t cost_of_channel(std::size_t name_capacity) {
  return kChannelCost + name_capacity + 1 + kAllocation;
}

NameHash secret_hash() {
  Random random = Random::from_system();
  const std::uint64_t key0 = random.next();
  return NameHash(key0, random.next());
}

}  // namespace

Hub::Hub(HubLimits limits, std::uint64_t epoch)
    : limits_(limits), epoch_(epoch & 0xFFFFFFFFFFull), channels_(0, secret_hash()) {
  limits_.history = std::max<std::size_t>(limits_.history, 1);
}

Hub::~Hub() {
  for (HubCursor* const cursor : cursors_) {
    cursor->hub_ = nullptr;
    cursor->next_ = nullptr;
  }
}

Channel* Hub::find(std::string_view channel) {
  const auto found = channels_.find(channel);
  return found == channels_.end() ? nullptr : found->second.get();
}

Channel* Hub::open(std::string_view channel, For whom) {
  Channel* found = find(channel);
  if (found == nullptr) return make(channel, whom);
  if (found->readers().empty()) place(*found);
  return found;
}

Channel* Hub::make(std::string_view name, For whom) {
  const std::size_t cost = cost_of_channel(name.size());
  // The first channel is made however small the memory.
  while (!channels_.empty() &&
         (channels_.size() >= limits_.max_channels || channel_memory_ + cost > limits_.memory)) {
    // Nobody loses messages because somebody looks for others.
    if (drop_one_of(idle_empty_)) continue;
    if (whom == For::reader || !drop_one_of(idle_)) return nullptr;
  }
  auto made = std::make_unique<Channel>(*this, std::string(name), dropped_floor_);
  Channel& channel = *made;
  channels_.emplace(channel.name(), std::move(made));
  const std::size_t charged = cost_of_channel(channel.name().capacity());
  channel_memory_ += charged;
  memory_used_ += charged;
  place(channel);
  return &channel;
}

bool Hub::drop_one_of(IdleList& list) {
  Channel* const last = list.newest;
  for (int i = 0; i < kMostPassedOver && list.oldest != nullptr; ++i) {
    Channel& channel = *list.oldest;
    if (!channel.dirty) {
      drop(channel);
      return true;
    }
    const bool all_seen = &channel == last;
    IdleList::remove(channel);
    list.push(channel);
    if (all_seen) break;
  }
  return false;
}

void Hub::drop(Channel& channel) {
  while (!channel.empty()) evict_oldest(channel);
  dropped_floor_ = std::max(dropped_floor_, channel.floor());
  IdleList::remove(channel);
  const std::size_t charged = cost_of_channel(channel.name().capacity());
  channel_memory_ -= charged;
  memory_used_ -= charged;
  channels_.erase(channels_.find(channel.name()));
}

void Hub::place(Channel& channel) {
  IdleList& list = channel.empty() ? idle_empty_ : idle_;
  if (list.newest == &channel) return;
  IdleList::remove(channel);
  list.push(channel);
}

std::unique_ptr<Entry> Hub::new_entry() {
  return spare_ ? std::move(spare_) : std::make_unique<Entry>();
}

Result<Entry*> Hub::publish(std::string_view name, MessagePtr message, SteadyTime now,
                            const void* origin) {
  Channel* channel = find(name);
  if (channel == nullptr) channel = make(name, For::publisher);
  if (channel == nullptr)
    return Error(Fault::other, "no room for another channel: all " +
                                   std::to_string(channels_.size()) + " are in use");
  return &publish(*channel, std::move(message), now, origin);
}

Entry& Hub::publish(Channel& channel, MessagePtr message, SteadyTime now, const void* origin) {
  std::unique_ptr<Entry> made = new_entry();
  made->cost = cost_of(*message);
  made->message = std::move(message);
  made->sequence = ++last_sequence_;
  made->appended = now;
  made->origin = origin;
  made->older = newest_;
  made->newer = nullptr;

  memory_used_ -= channel.ring_bytes();
  Entry& entry = channel.push(std::move(made));
  memory_used_ += channel.ring_bytes() + entry.cost;
  (newest_ != nullptr ? newest_->newer : oldest_) = &entry;
  newest_ = &entry;
  for (HubCursor* const cursor : cursors_) cursor->on_append(entry);
  if (channel.readers().empty()) place(channel);

  trim(channel, now);
  enforce_memory();
  return entry;
}

void Hub::evict_oldest(Channel& channel) {
  memory_used_ -= channel.ring_bytes();
  std::unique_ptr<Entry> entry = channel.pop();
  memory_used_ += channel.ring_bytes();
  memory_used_ -= entry->cost + entry->wire_cost();
  for (HubCursor* const cursor : cursors_) cursor->on_evict(*entry);
  (entry->older != nullptr ? entry->older->newer : oldest_) = entry->newer;
  (entry->newer != nullptr ? entry->newer->older : newest_) = entry->older;
  ++evicted_;
  if (channel.empty() && channel.readers().empty()) place(channel);

  entry->message.reset();
  entry->wire = {};
  spare_ = std::move(entry);
}

bool Hub::too_old(const Entry& entry, SteadyTime now) const {
  // In milliseconds: a long age in nanoseconds would overflow.
  return limits_.history_age &&
         std::chrono::floor<Milliseconds>(now - entry.appended) > *limits_.history_age;
}

void Hub::trim(Channel& channel, SteadyTime now) {
  while (
      channel.size() > 1 &&
      (channel.size() > limits_.history || channel.bytes() > limits_.history_bytes ||
       (limits_.history_age && now - channel.at(channel.begin()).appended > *limits_.history_age)))
    evict_oldest(channel);
}

void Hub::enforce_memory() {
  while (memory_used_ > limits_.memory) {
    if (drop_one_of(idle_empty_)) continue;
    if (oldest_ == newest_) return;
    evict_oldest(*oldest_->channel);
  }
}

void Hub::keep_wire(Entry& entry, std::size_t slot, SharedBytes bytes) {
  memory_used_ -= entry.wire_cost();
  entry.wire[slot] = std::move(bytes);
  memory_used_ += entry.wire_cost();
}

void Hub::expire(SteadyTime now) {
  while (oldest_ != nullptr && too_old(*oldest_, now)) evict_oldest(*oldest_->channel);
  enforce_memory();
}

void Hub::for_each(const std::function<void(Channel&)>& visit) {
  for (const auto& [name, channel] : channels_) visit(*channel);
}

// --- cursors -------------------------------------------------------------------------------------

HubCursor::HubCursor(Hub& hub, Options options)
    : hub_(&hub), options_(std::move(options)), last_(hub.last_sequence()) {
  hub.cursors_.push_back(this);
}

HubCursor::~HubCursor() {
  if (hub_ != nullptr) std::erase(hub_->cursors_, this);
}

bool HubCursor::wants(const Entry& entry) const {
  if (options_.own != nullptr && entry.origin == options_.own) return false;
  return options_.channel.empty() || entry.channel->name() == options_.channel;
}

Entry* HubCursor::next() {
  while (next_ != nullptr) {
    Entry* const entry = next_;
    next_ = entry->newer;
    last_ = entry->sequence;
    if (wants(*entry)) return entry;
  }
  return nullptr;
}

std::uint64_t HubCursor::take_missed() {
  return std::exchange(missed_, 0);
}

void HubCursor::on_append(Entry& entry) {
  if (next_ != nullptr) return;
  // What is not wanted is passed at once, so that its publisher's cursor does not have to.
  if (wants(entry))
    next_ = &entry;
  else
    last_ = entry.sequence;
}

void HubCursor::on_evict(const Entry& entry) {
  if (entry.sequence <= last_) return;
  if (wants(entry)) ++missed_;
  if (next_ == &entry) next_ = entry.newer;
}

}  // namespace rt
