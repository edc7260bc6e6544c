#pragma once

#include <array>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

class Deadlines;

// Something that is called when its time has come. Cheap enough for every connection to have one.
class Deadline {
 public:
  Deadline() = default;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  bool armed() const { return owner_ != nullptr; }
  void clear();

 protected:
  ~Deadline() { clear(); }
  // It is disarmed by then and may be set again or be destroyed.
  virtual void on_deadline() = 0;

 private:
  friend class Deadlines;
  Deadlines* owner_ = nullptr;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
  std::uint64_t tick_ = 0;
};

// Many deadlines behind one timer: a hashed wheel of 50 ms ticks (never early, at most a tick
// late). Setting and clearing cost no system call, and the timer sleeps while nothing is due.
class Deadlines {
 public:
  explicit Deadlines(Reactor& reactor);
  ~Deadlines();

  // Sets or moves it.
  void set(Deadline& deadline, Milliseconds delay);

  // Ticks since this object was made, read once a turn of the wheel or set(): coarse time for
  // "when was this last written to".
  std::uint64_t now_ticks() const { return ticks(std::chrono::steady_clock::now()); }
  static constexpr Milliseconds kTick{50};

 private:
  friend class Deadline;
  static constexpr std::size_t kSlots = 1024;
  static constexpr std::uint64_t kDue = ~std::uint64_t{0};  // a tick_: in the list behind the slots

  std::uint64_t ticks(SteadyTime time) const;
  static std::size_t slot_of(const Deadline& deadline) {
    return deadline.tick_ == kDue ? kSlots : deadline.tick_ % kSlots;
  }
  void unlink(Deadline& deadline);
  void link(Deadline& deadline);
  void arm();
  void advance();

  asio::steady_timer timer_;
  SteadyTime start_;
  std::uint64_t done_ = 0;       // all slots up to this tick have been looked at
  std::uint64_t armed_for_ = 0;  // the tick that the timer is set for; 0: it is not
  std::size_t count_ = 0;
  std::array<Deadline*, kSlots + 1> slots_{};
  std::array<std::uint64_t, kSlots / 64 + 1> occupied_{};  // arm() looks at the slots' bits only
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace rt
