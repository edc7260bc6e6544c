#include "app/client_tally.hpp"

#include <algorithm>

namespace rt {

void ClientTally::came(const Batch& batch, Milliseconds now) {
  for (const MessagePtr& message : batch) {
    const bool gap = message->gap != nullptr;
    came_ += gap ? 0 : 1;
    sizes_.push_back(gap ? kGap : message->payload.size());
  }
  if (!received_.first && came_ > 0) received_.first = now;
}

void ClientTally::lost(const std::optional<std::uint64_t>& missed) {
  ++gaps_;
  lost_ += missed.value_or(0);
}

void ClientTally::delivered(std::uint64_t safe) {
  while (settled_ < safe && !sizes_.empty()) {
    if (sizes_.front() != kGap) {
      ++received_.messages;
      received_.bytes += sizes_.front();
    }
    sizes_.pop_front();
    ++settled_;
  }
}

// What is refused has been taken by the connection before.
void ClientTally::sent(const Amount& given, const Outstanding& outstanding) {
  const Amount not_there = outstanding.waiting + outstanding.refused;
  sent_.messages = given.messages - std::min(given.messages, not_there.messages);
  sent_.bytes = given.bytes - std::min(given.bytes, not_there.bytes);
  refused_ = outstanding.refused.messages;
  refused_bytes_ = outstanding.refused.bytes;
}

// Of the input as much is done as of the messages that it has given so far.
void ClientTally::fill(RunFigures& figures) const {
  figures.size = input_size_;
  const std::uint64_t all = taken_.bytes + taken_.messages;
  const std::uint64_t done = sent_.bytes + sent_.messages + refused_bytes_ + refused_;
  if (all == 0) return;
  const double part = static_cast<double>(std::min(done, all)) / static_cast<double>(all);
  figures.done =
      done >= all ? input_ : static_cast<std::uint64_t>(part * static_cast<double>(input_));
}

void ClientTally::fill(Totals& totals) const {
  totals.gaps = gaps_;
  totals.lost = lost_;
  totals.refused = refused_;
}

}  // namespace rt
