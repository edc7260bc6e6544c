#include "engine/hang_ups.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

constexpr std::size_t kLarge = 100'000;

TEST_CASE("hang-ups: a message alone at three ends in a row") {
  HangUps hang_ups;
  CHECK_FALSE(hang_ups.cautious());
  hang_ups.lost(false, 1, 7, kLarge);
  CHECK(hang_ups.cautious());
  CHECK_FALSE(hang_ups.found());
  hang_ups.lost(false, 1, 7, kLarge);
  CHECK_FALSE(hang_ups.found());
  hang_ups.lost(false, 1, 7, kLarge);
  CHECK(hang_ups.found());
  CHECK(hang_ups.suspect() == 7);
  hang_ups.answered(7);
  CHECK_FALSE(hang_ups.found());
  CHECK_FALSE(hang_ups.cautious());
}

TEST_CASE("hang-ups: one of several is looked for alone") {
  HangUps hang_ups;
  hang_ups.lost(true, 5, 7, kLarge);  // something had been answered: anything may be the reason
  CHECK_FALSE(hang_ups.cautious());
  hang_ups.lost(false, 5, 7, kLarge);
  CHECK(hang_ups.cautious());
  hang_ups.lost(false, 5, 7, kLarge);  // not alone: nothing is known
  CHECK_FALSE(hang_ups.found());
  hang_ups.lost(false, 1, 7, kLarge);
  CHECK(hang_ups.found());
}

TEST_CASE("hang-ups: what is answered in time is none") {
  HangUps hang_ups;
  hang_ups.lost(false, 1, 7, kLarge);
  hang_ups.lost(false, 1, 7, kLarge);
  hang_ups.answered(6);  // of somebody else
  CHECK(hang_ups.cautious());
  hang_ups.answered(7);
  CHECK_FALSE(hang_ups.cautious());
  hang_ups.lost(false, 1, 7, kLarge);
  CHECK_FALSE(hang_ups.found());
  hang_ups.lost(false, 1, 8, kLarge);  // another one: counted anew
  hang_ups.lost(false, 1, 8, kLarge);
  CHECK_FALSE(hang_ups.found());
  hang_ups.lost(false, 1, 8, kLarge);
  CHECK(hang_ups.found());
}

TEST_CASE(
    "hang-ups: connections without messages say nothing, and short messages are never it where "
    "length counts") {
  HangUps hang_ups(1024);
  for (int i = 0; i < 10; ++i) hang_ups.lost(false, 0, 0, 0);
  CHECK_FALSE(hang_ups.cautious());
  for (int i = 0; i < 10; ++i) hang_ups.lost(false, 1, 7, 1023);
  CHECK(hang_ups.cautious());  // but they travel alone, so that a long one behind them shows
  CHECK_FALSE(hang_ups.found());
  hang_ups.lost(false, 1, 7, 1024);
  CHECK(hang_ups.found());
}

}  // namespace
}  // namespace rt
