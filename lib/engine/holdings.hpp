#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace rt {

class Holdings;

// Somebody for whom memory is held: bytes that came from a peer and cannot be used yet, or that it
// does not take.
class Holder {
 public:
  Holder() = default;
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  std::size_t held() const { return held_; }

 protected:
  // Holds nothing any more: whoever derives lets go in its own destructor, or before.
  ~Holder();

 private:
  friend class Holdings;
  // There is no room for all, and this one goes: it must let go of what it holds, at once. It may
  // be destroyed in the call. Not called within its own hold().
  virtual void give_up() = 0;

  Holdings* account_ = nullptr;
  std::size_t held_ = 0;
  Holder* older_ = nullptr;  // of about the same size
  Holder* newer_ = nullptr;
};

// What is held for all peers together, within a bound. Over it the greatest goes (to a factor of
// two), and of several that are about as great the one that has been so for the longest time: so
// that who holds little is never refused because of others. Every step takes constant time.
class Holdings {
 public:
  explicit Holdings(std::size_t limit) : limit_(limit) {}
  ~Holdings();
  Holdings(const Holdings&) = delete;
  Holdings& operator=(const Holdings&) = delete;

  // From now on so much is held for it, which may be less than before. False: there is no room, and
  // it is itself what has to go; nothing is held for it then.
  [[nodiscard]] bool hold(Holder& holder, std::size_t bytes);
  // Nothing is held for it any more.
  void let_go(Holder& holder);

  std::size_t limit() const { return limit_; }
  std::size_t held() const { return held_; }
  std::size_t holders() const { return count_; }
  // The most that was held since the last call.
  std::size_t take_highest() { return std::exchange(highest_, held_); }
  std::uint64_t given_up() const { return given_up_; }  // ever

 private:
  struct List {
    Holder* oldest = nullptr;
    Holder* newest = nullptr;
  };
  // By the number of bits of what they hold.
  using Classes = std::array<List, sizeof(std::size_t) * 8 + 1>;

  void place(Holder& holder);
  void take_out(Holder& holder);
  Holder* greatest();

  std::size_t limit_;
  std::size_t held_ = 0;
  std::size_t highest_ = 0;
  std::size_t count_ = 0;
  std::uint64_t given_up_ = 0;
  Classes classes_{};
};

}  // namespace rt
