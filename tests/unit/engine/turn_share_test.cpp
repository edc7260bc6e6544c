#include "engine/turn_share.hpp"

#include <doctest/doctest.h>

using namespace rt;
using namespace std::chrono_literals;

TEST_CASE("a peer whose bytes are cheap soon gets many in a turn, one whose are dear few") {
  TurnShare share;
  CHECK(share.bytes() == TurnShare::kFirst);
  for (int i = 0; i < 7; ++i) share.took(10us, 5ms);
  CHECK(share.bytes() == TurnShare::kMost);
  share.took(10us, 5ms);
  CHECK(share.bytes() == TurnShare::kMost);
  CHECK_FALSE(share.heavy());

  share.took(6ms, 5ms);
  CHECK(share.heavy());
  CHECK(share.bytes() == TurnShare::kMost / 2);
  share.took(1s, 5ms);
  CHECK(share.bytes() == TurnShare::kMost / 8);
  for (int i = 0; i < 9; ++i) share.took(1s, 5ms);
  CHECK(share.bytes() == TurnShare::kLeast);

  // Near its share it stays as it is.
  share.took(3ms, 5ms);
  CHECK(share.bytes() == TurnShare::kLeast);
  CHECK_FALSE(share.heavy());
  share.took(1ms, 5ms);
  CHECK(share.bytes() == 2 * TurnShare::kLeast);
}

TEST_CASE("the time of a turn is that of all, shared") {
  CHECK(TurnShare::of(0) == 5ms);
  CHECK(TurnShare::of(1) == 5ms);
  CHECK(TurnShare::of(20) == 1ms);
  CHECK(TurnShare::of(400) == 50us);
  CHECK(TurnShare::of(100'000) == 50us);
}
