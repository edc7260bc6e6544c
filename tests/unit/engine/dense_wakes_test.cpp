#include "engine/dense_wakes.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

using std::chrono::microseconds;

// `wakes` in a row, each after `between` with `messages`; what the last one says.
struct Wakes {
  DenseWakes dense;
  SteadyTime now{std::chrono::hours(1)};
  std::uint64_t delivered = 0;

  bool note(int wakes, microseconds between, std::uint64_t messages, bool wanted = false) {
    bool pause = false;
    for (int i = 0; i < wakes; ++i)
      pause = dense.note(now += between, delivered += messages, wanted);
    return pause;
  }
};

TEST_CASE("dense wakes: sixteen in a row with less than 40 us a message") {
  Wakes wakes;
  CHECK_FALSE(wakes.note(16, microseconds(39), 1));  // the first one follows upon nothing
  CHECK(wakes.note(1, microseconds(39), 1));
  CHECK(wakes.note(1, microseconds(399), 10));
  CHECK_FALSE(wakes.note(1, microseconds(40), 1));  // not dense: from the beginning again
  CHECK_FALSE(wakes.note(15, microseconds(39), 1));
  CHECK(wakes.note(1, microseconds(39), 1));
}

TEST_CASE("dense wakes: what is dense can be said") {
  Wakes wakes{.dense = DenseWakes(microseconds(100))};
  CHECK_FALSE(wakes.note(16, microseconds(99), 1));
  CHECK(wakes.note(1, microseconds(99), 1));
  CHECK_FALSE(wakes.note(1, microseconds(100), 1));
}

TEST_CASE("dense wakes: none without messages, none while somebody waits") {
  Wakes wakes;
  CHECK_FALSE(wakes.note(40, microseconds(1), 0));
  CHECK_FALSE(wakes.note(40, microseconds(1), 1, true));
  CHECK(wakes.note(16, microseconds(1), 1));
}

}  // namespace
}  // namespace rt
