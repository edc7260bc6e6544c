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
  CHECK(share.weight() == 0);

  share.took(6ms, 5ms);
  CHECK(share.weight() == 1);
  CHECK(share.bytes() == TurnShare::kMost / 2);
  share.took(1s, 5ms);
  CHECK(share.bytes() == TurnShare::kMost / 8);
  for (int i = 0; i < 9; ++i) share.took(1s, 5ms);
  CHECK(share.bytes() == TurnShare::kLeast);

  // Near its share it stays as it is.
  share.took(3ms, 5ms);
  CHECK(share.bytes() == TurnShare::kLeast);
  share.took(1ms, 5ms);
  CHECK(share.bytes() == 2 * TurnShare::kLeast);
}

TEST_CASE("who takes long weighs by how long, step by step") {
  TurnShare share;
  CHECK(share.weight() == 1);  // nobody knows yet
  share.took(5ms, 5ms);
  CHECK(share.weight() == 0);
  for (const int weight : {1, 2, 2}) {
    share.took(20ms, 5ms);
    CHECK(share.weight() == weight);
  }
  for (const int weight : {3, 3}) {
    share.took(80ms, 5ms);
    CHECK(share.weight() == weight);
  }
  for (const int weight : {4, 4}) {
    share.took(81ms, 5ms);
    CHECK(share.weight() == weight);
  }
  for (const int weight : {3, 2, 1, 0, 0}) {
    share.took(1ms, 5ms);
    CHECK(share.weight() == weight);
  }
  // One long turn among short ones.
  share.took(1s, 5ms);
  CHECK(share.weight() == 1);
  share.took(1ms, 5ms);
  // What an honest request takes is never too long.
  share.took(200us, 50us);
  CHECK(share.weight() == 0);
  share.took(201us, 50us);
  CHECK(share.weight() == 1);
}

TEST_CASE("where many wait a first turn is short") {
  TurnShare share;
  share.begin_first(50us);
  CHECK(share.bytes() == TurnShare::kLeast);
  share.begin_first(1ms);
  CHECK(share.bytes() == TurnShare::kFirst);
  share.took(10us, 5ms);
  share.begin_first(50us);
  CHECK(share.bytes() == 2 * TurnShare::kFirst);
}

TEST_CASE("the time of a turn is that of all, shared") {
  CHECK(TurnShare::of(0) == 5ms);
  CHECK(TurnShare::of(1) == 5ms);
  CHECK(TurnShare::of(20) == 1ms);
  CHECK(TurnShare::of(400) == 50us);
  CHECK(TurnShare::of(100'000) == 50us);
}
