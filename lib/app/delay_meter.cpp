#include "app/delay_meter.hpp"

#include <algorithm>

namespace rt {

std::optional<WallTime> DelayMeter::sent(const Message& message) {
  if (!sent_at_) {
    // Its time is its receipt where nobody says another.
    return message.received == WallTime{} ? std::nullopt : std::optional(message.time);
  }
  picked_.clear();
  if (!picker_.pick(message.payload, *sent_at_, picked_) || picked_.empty()) return std::nullopt;
  return moment_of(picked_.front().text);
}

void DelayMeter::came(const Batch& batch) {
  for (const MessagePtr& message : batch) {
    if (message->gap) continue;
    const std::optional<WallTime> sent_at = sent(*message);
    if (!sent_at || *sent_at < begin_) continue;
    const WallTime here = message->received == WallTime{} ? message->time : message->received;
    const std::chrono::microseconds delay = here - *sent_at;
    if (delay.count() >= 0) {
      delays_.add(delay);
      continue;
    }
    ++before_;
    most_before_ = std::max(most_before_, -delay);
  }
}

DelayTotals DelayMeter::totals() const {
  DelayTotals out = delay_totals(delays_);
  out.before = before_;
  out.most_before = most_before_;
  return out;
}

}  // namespace rt
