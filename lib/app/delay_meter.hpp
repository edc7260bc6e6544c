#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "app/totals.hpp"
#include "base/clock.hpp"
#include "codec/json_picker.hpp"
#include "engine/histogram.hpp"
#include "model/json_pointer.hpp"
#include "model/message.hpp"

namespace rt {

// How long messages were on their way here from their publication, where a hub or they themselves
// say when that was. What was published before the run began is no news, and does not count.
class DelayMeter {
 public:
  // Where JSON messages say it; absent: only hubs do.
  DelayMeter(WallTime begin, std::optional<JsonPointer> sent_at)
      : begin_(begin), sent_at_(std::move(sent_at)) {}

  // Errors: other (what reads JSON is not there).
  Result<void> prepare() { return sent_at_ ? picker_.prepare() : Result<void>(); }
  void came(const Batch& batch);
  DelayTotals totals() const;

 private:
  std::optional<WallTime> sent(const Message& message);

  const WallTime begin_;
  const std::optional<JsonPointer> sent_at_;
  JsonPicker picker_;
  std::vector<PickedValue> picked_;
  Histogram delays_;
  std::uint64_t before_ = 0;  // messages that came before they were sent, and by how much at most
  std::chrono::microseconds most_before_{0};
};

}  // namespace rt
