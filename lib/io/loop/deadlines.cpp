#include "io/loop/deadlines.hpp"

#include <algorithm>
#include <bit>

namespace rt {

void Deadline::clear() {
  if (owner_ != nullptr) owner_->unlink(*this);
}

Deadlines::Deadlines(Reactor& reactor)
    : timer_(reactor.executor()), start_(std::chrono::steady_clock::now()) {}

Deadlines::~Deadlines() {
  for (Deadline* head : slots_)
    while (head != nullptr) {
      head->owner_ = nullptr;
      head = head->next_;
    }
}

std::uint64_t Deadlines::ticks(SteadyTime time) const {
  return static_cast<std::uint64_t>((time - start_) / kTick);
}

void Deadlines::set(Deadline& deadline, Milliseconds delay) {
  deadline.clear();
  // Farther times would overflow in nanoseconds.
  constexpr Milliseconds kMost = std::chrono::hours(24 * 365 * 10);
  const auto due = std::chrono::steady_clock::now() + std::clamp(delay, Milliseconds(0), kMost);
  // Rounded up, so that it is never early.
  deadline.tick_ = std::max(ticks(due) + 1, done_ + 1);
  link(deadline);
  if (armed_for_ == 0 || deadline.tick_ < armed_for_) arm();
}

void Deadlines::link(Deadline& deadline) {
  const std::size_t slot = slot_of(deadline);
  deadline.owner_ = this;
  deadline.previous_ = nullptr;
  deadline.next_ = slots_[slot];
  if (deadline.next_ != nullptr) deadline.next_->previous_ = &deadline;
  slots_[slot] = &deadline;
  occupied_[slot / 64] |= 1ull << (slot % 64);
  ++count_;
}

void Deadlines::unlink(Deadline& deadline) {
  const std::size_t slot = slot_of(deadline);
  if (deadline.previous_ != nullptr)
    deadline.previous_->next_ = deadline.next_;
  else
    slots_[slot] = deadline.next_;
  if (deadline.next_ != nullptr) deadline.next_->previous_ = deadline.previous_;
  if (slots_[slot] == nullptr) occupied_[slot / 64] &= ~(1ull << (slot % 64));
  deadline.owner_ = nullptr;
  --count_;
}

// Sets the timer for the next occupied slot, at most one round ahead.
void Deadlines::arm() {
  if (count_ == 0) {
    if (armed_for_ != 0) timer_.cancel();
    armed_for_ = 0;
    return;
  }
  std::uint64_t next = done_ + 1;
  const std::uint64_t end = done_ + kSlots;
  while (next < end) {
    const std::size_t slot = next % kSlots;
    const std::uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word != 0) {
      next += static_cast<std::uint64_t>(std::countr_zero(word));
      break;
    }
    next += 64 - slot % 64;
  }
  next = std::min(next, end);
  armed_for_ = next;
  timer_.expires_at(start_ + kTick * static_cast<std::int64_t>(next));
  // One that is due already comes although this object has gone meanwhile.
  timer_.async_wait([this, known = std::weak_ptr<char>(alive_)](asio::error_code failed) {
    if (!failed && !known.expired()) advance();
  });
}

void Deadlines::advance() {
  const std::uint64_t now = ticks(std::chrono::steady_clock::now());
  armed_for_ = 0;
  // After a long sleep one round visits every slot.
  const std::uint64_t first = std::max(done_ + 1, now >= kSlots ? now - kSlots + 1 : 0);
  for (std::uint64_t tick = first; tick <= now; ++tick) {
    const std::size_t slot = tick % kSlots;
    if (slots_[slot] == nullptr) continue;
    done_ = tick;
    // Calls may link, unlink and destroy any deadline, so those that are due go to a list of their
    // own first. It is taken from its head, and nothing is added to it meanwhile.
    for (Deadline* item = slots_[slot]; item != nullptr;) {
      Deadline* const next = item->next_;
      if (item->tick_ <= now) {
        unlink(*item);
        item->tick_ = kDue;
        link(*item);
      }
      item = next;
    }
    while (Deadline* const item = slots_[kSlots]) {
      unlink(*item);
      item->on_deadline();
    }
  }
  done_ = std::max(done_, now);
  arm();
}

}  // namespace rt
