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

// How many dirty channels, or entries whose encodings are in use, to pass over in search of one to
// drop, so that the search stays short.
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
  if (message.mqtt)
    sum += sizeof(MqttFacts) + kAllocation + heap(message.mqtt->response_topic) +
           heap(message.mqtt->correlation);
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

Hub::Hub(HubLimits limits, const MessageId& start)
    : limits_(limits),
      epoch_(start.epoch),
      former_epoch_(start.epoch),
      last_sequence_(start.sequence),
      dropped_floor_(start.sequence),
      channels_(0, secret_hash()) {
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
  // Neither readers nor publishers can take all the room there is from the others.
  const std::size_t most = limits_.max_channels - limits_.max_channels / 8;
  drop_left();
  const auto idle = [this] { return idle_empty_.size + idle_.size; };
  if (whom == For::reader && channels_.size() - idle() >= most) return nullptr;
  const auto full = [&] {
    return channels_.size() >= limits_.max_channels || channel_memory_ + cost > limits_.memory ||
           (whom == For::publisher && idle() >= most);
  };
  // The first channel is made however small the memory.
  while (!channels_.empty() && full())
    if (!drop_one_of(idle_empty_) && !drop_one_of(idle_)) return nullptr;
  auto made = std::make_unique<Channel>(*this, std::string(name), dropped_floor_);
  Channel& channel = *made;
  by_name_.insert(&channel);
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
  by_name_.erase(&channel);
  channels_.erase(channels_.find(channel.name()));
}

void Hub::on_left(Channel& channel) {
  if (channel.ever_published()) return place(channel);
  IdleList::remove(channel);
  left_.push(channel);
}

// Nothing is lost with them: their floor is none above the hub's own.
void Hub::drop_left() {
  while (left_.oldest != nullptr) {
    Channel& channel = *left_.oldest;
    if (channel.dirty)
      place(channel);
    else
      drop(channel);
  }
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

Entry* Hub::apply(Record& record, SteadyTime now) {
  Channel* channel = record.window != nullptr ? record.window : find(record.channel);
  if (channel == nullptr) channel = make(record.channel, For::publisher);
  if (channel == nullptr) {
    pass_over(record);
    return nullptr;
  }
  append(*channel, record, now);
  return newest_;
}

void Hub::append(Channel& channel, Record& record, SteadyTime now) {
  std::unique_ptr<Entry> made = new_entry();
  made->cost = cost_of(*record.message);
  made->message = std::move(record.message);
  made->sequence = record.sequence;
  made->appended = now;
  made->origin = record.origin;
  made->older = newest_;
  made->newer = nullptr;
  last_sequence_ = record.sequence;

  memory_used_ -= channel.ring_bytes();
  Entry& entry = channel.push(std::move(made));
  memory_used_ += channel.ring_bytes() + entry.cost;
  highest_ = std::max(highest_, memory_used_ + pinned());
  (newest_ != nullptr ? newest_->newer : oldest_) = &entry;
  newest_ = &entry;
  if (channel.readers().empty()) place(channel);

  trim(channel, now);
  enforce_memory();
}

void Hub::pass_over(const Record& record) {
  last_sequence_ = record.sequence;
  dropped_floor_ = record.sequence;
  ++evicted_;
  for (HubCursor* const cursor : cursors_)
    if (cursor->wants(record.channel, record.origin)) ++cursor->missed_;
}

void Hub::rotate(const MessageId& at) {
  while (oldest_ != nullptr) evict_oldest(*oldest_->channel);
  former_epoch_ = epoch_;
  epoch_ = at.epoch;
  last_sequence_ = std::max(last_sequence_, at.sequence);
  rotated_at_ = last_sequence_;
}

void Hub::evict_oldest(Channel& channel) {
  memory_used_ -= channel.ring_bytes();
  std::unique_ptr<Entry> entry = channel.pop();
  memory_used_ += channel.ring_bytes();
  for (std::size_t slot = 0; slot < kWireSlots; ++slot)
    if (entry->wire[slot]) keep_wire(*entry, slot, nullptr);
  memory_used_ -= entry->cost;
  for (HubCursor* const cursor : cursors_) cursor->on_evict(*entry);
  (entry->older != nullptr ? entry->older->newer : oldest_) = entry->newer;
  (entry->newer != nullptr ? entry->newer->older : newest_) = entry->older;
  ++evicted_;
  if (channel.empty() && channel.readers().empty()) place(channel);

  entry->message.reset();
  spare_ = std::move(entry);
}

bool Hub::too_old(const Entry& entry, SteadyTime now) const {
  // In milliseconds: a long age in nanoseconds would overflow.
  return limits_.history_age &&
         std::chrono::floor<Milliseconds>(now - entry.appended) > *limits_.history_age;
}

void Hub::trim(Channel& channel, SteadyTime now) {
  while (channel.size() > 1 &&
         (channel.size() > limits_.history || channel.bytes() > limits_.history_bytes ||
          too_old(channel.at(channel.begin()), now)))
    evict_oldest(channel);
}

void Hub::enforce_memory() {
  if (memory_used_ > limits_.memory) drop_left();
  while (memory_used_ > limits_.memory) {
    if (drop_encodings() || drop_one_of(idle_empty_)) continue;
    if (oldest_ == newest_ || memory_used_ - encodings_ <= limits_.memory) return;
    evict_oldest(*oldest_->channel);
  }
}

// Those that somebody is in the middle of would go on taking room.
bool Hub::drop_encodings() {
  const Entry* const last = newest_encoded_;
  for (int i = 0; i < kMostPassedOver && oldest_encoded_ != nullptr; ++i) {
    Entry& entry = *oldest_encoded_;
    const std::size_t before = encodings_;
    for (std::size_t slot = 0; slot < kWireSlots; ++slot)
      if (entry.wire[slot].use_count() == 1) keep_wire(entry, slot, nullptr);
    if (encodings_ < before) return true;
    unlink_encoded(entry);
    link_encoded(entry);
    if (&entry == last) break;
  }
  return false;
}

void Hub::link_encoded(Entry& entry) {
  entry.older_encoded = newest_encoded_;
  entry.newer_encoded = nullptr;
  (newest_encoded_ != nullptr ? newest_encoded_->newer_encoded : oldest_encoded_) = &entry;
  newest_encoded_ = &entry;
}

void Hub::unlink_encoded(Entry& entry) {
  (entry.older_encoded != nullptr ? entry.older_encoded->newer_encoded : oldest_encoded_) =
      entry.newer_encoded;
  (entry.newer_encoded != nullptr ? entry.newer_encoded->older_encoded : newest_encoded_) =
      entry.older_encoded;
}

void Hub::keep_wire(Entry& entry, std::size_t slot, SharedBytes bytes) {
  const std::size_t before = entry.wire_cost();
  if (entry.wire[slot]) wires_kept_ -= entry.wire[slot]->capacity();
  entry.wire[slot] = std::move(bytes);
  if (entry.wire[slot]) wires_kept_ += entry.wire[slot]->capacity();
  const std::size_t after = entry.wire_cost();
  memory_used_ += after - before;
  encodings_ += after - before;
  highest_ = std::max(highest_, memory_used_ + pinned());
  if (before == 0 && after > 0) link_encoded(entry);
  if (before > 0 && after == 0) unlink_encoded(entry);
}

SharedBytes Hub::counted(std::string bytes) {
  struct Counted {
    Counted(std::string its_bytes, std::shared_ptr<std::size_t> sum)
        : bytes(std::move(its_bytes)), alive(std::move(sum)) {
      *alive += bytes.capacity();
    }
    ~Counted() { *alive -= bytes.capacity(); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    const std::string bytes;
    const std::shared_ptr<std::size_t> alive;
  };
  const auto made = std::make_shared<Counted>(std::move(bytes), wires_alive_);
  return {made, &made->bytes};
}

SharedBytes Hub::counted_payload(const MessagePtr& message) {
  const auto uncount = [sum = wires_alive_, message](const std::string* payload) {
    *sum -= payload->capacity();
  };
  *wires_alive_ += message->payload.capacity();
  return {&message->payload, uncount};
}

void Hub::expire(SteadyTime now) {
  while (oldest_ != nullptr && too_old(*oldest_, now)) evict_oldest(*oldest_->channel);
  enforce_memory();
}

void Hub::visit_after(std::string_view name, const std::function<bool(Channel&)>& visit) {
  for (auto at = by_name_.upper_bound(name); at != by_name_.end() && visit(**at); ++at) {
  }
}

Entry* Hub::first_after(std::uint64_t sequence) const {
  Entry* found = nullptr;
  for (Entry* entry = newest_; entry != nullptr && entry->sequence > sequence; entry = entry->older)
    found = entry;
  return found;
}

// --- cursors -------------------------------------------------------------------------------------

HubCursor::HubCursor(Hub& hub, Options options)
    : hub_(&hub), options_(std::move(options)), last_(hub.last_sequence()) {
  hub.cursors_.push_back(this);
}

HubCursor::~HubCursor() {
  if (hub_ != nullptr) std::erase(hub_->cursors_, this);
}

bool HubCursor::wants(std::string_view channel, const void* origin) const {
  if (options_.own != nullptr && origin == options_.own) return false;
  return options_.channel.empty() || channel == options_.channel;
}

Entry* HubCursor::peek() {
  if (hub_ == nullptr) return nullptr;
  if (next_ == nullptr) next_ = hub_->first_after(last_);
  while (next_ != nullptr && !wants(next_->channel->name(), next_->origin)) {
    last_ = next_->sequence;
    next_ = next_->newer;
  }
  return next_;
}

Entry* HubCursor::next() {
  Entry* const entry = peek();
  if (entry == nullptr) return nullptr;
  last_ = entry->sequence;
  next_ = entry->newer;
  return entry;
}

std::uint64_t HubCursor::take_missed() {
  return std::exchange(missed_, 0);
}

void HubCursor::on_evict(const Entry& entry) {
  if (entry.sequence <= last_) return;
  if (wants(entry.channel->name(), entry.origin)) ++missed_;
  if (next_ == &entry) next_ = entry.newer;
}

}  // namespace rt
