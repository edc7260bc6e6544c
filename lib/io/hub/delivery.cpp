#include "io/hub/delivery.hpp"

#include <asio/post.hpp>

#include "codec/ws_frame.hpp"

namespace rt {
namespace {

constexpr std::size_t kChunk = 64u << 10;

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

}  // namespace rt
