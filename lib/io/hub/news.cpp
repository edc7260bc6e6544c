#include "io/hub/news.hpp"

#include <algorithm>
#include <asio/post.hpp>

namespace rt {
namespace {

// More of them in one write bring nothing.
constexpr std::size_t kMostBytes = 256u << 10;

// A quarter of a window: what is read late is read long before it is passed over.
std::size_t part_of(std::size_t window) {
  return std::max<std::size_t>(1, window / 4);
}

}  // namespace

News::News(Reactor& reactor, Hub& hub, MessageLog& log, Delivery& delivery)
    : reactor_(reactor), hub_(hub), delivery_(delivery) {
  log.follow(*this);
}

void News::on_records(std::span<Record> records) {
  // Only the age of entries needs it: reading a clock costs as much as appending does.
  const SteadyTime now =
      hub_.limits().history_age ? std::chrono::steady_clock::now() : SteadyTime{};
  for (Record& record : records)
    if (const Entry* const entry = hub_.apply(record, now)) note(*entry);
  delivery_.cut_stalled();
}

void News::note(const Entry& entry) {
  ++delivery_.counts().published;
  Channel& channel = entry.home();
  if (channel.readers().empty()) {
    if (followers_.empty()) return;
  } else if (!channel.dirty) {
    channel.dirty = true;
    changed_.push_back(&channel);
  }
  ++messages_;
  bytes_ += entry.message->payload.size();
  charge_ += window_charge(*entry.message);
  if (!telling_ && much_has_gathered()) return tell();
  tell_soon();
}

bool News::much_has_gathered() const {
  const HubLimits& limits = hub_.limits();
  return messages_ >= part_of(std::min(limits.history, limits.max_channels)) ||
         bytes_ >= kMostBytes || charge_ >= part_of(std::min(limits.history_bytes, limits.memory));
}

void News::tell_soon() {
  if (posted_) return;
  posted_ = true;
  asio::post(reactor_.context(), [this] {
    posted_ = false;
    tell();
  });
}

void News::tell() {
  telling_ = true;
  messages_ = 0;
  bytes_ = 0;
  charge_ = 0;
  // Whoever reads may publish: what is added meanwhile is told, too.
  for (std::size_t i = 0; i < changed_.size(); ++i) {
    Channel& channel = *changed_[i];
    channel.dirty = false;
    delivery_.flush(channel);
  }
  changed_.clear();
  for (Follower* const follower : followers_) follower->on_news();
  telling_ = false;
}

}  // namespace rt
