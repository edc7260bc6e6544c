#include "app/compare/load.hpp"

#include <doctest/doctest.h>

namespace rt {

TEST_CASE("a load: how many messages, when, and how long they are") {
  const struct {
    std::size_t size;
    Milliseconds interval, length;
    std::uint32_t count;
    std::size_t bytes;
  } rows[] = {
      {200, 100ms, 3s, 30, 200}, {9, 100ms, 3s, 30, 9},     {0, 100ms, 3s, 30, 9},
      {1000, 1s, 1s, 1, 1000},   {100, 1s, 1001ms, 2, 100}, {100, 5s, 1s, 1, 100},
  };
  for (const auto& row : rows) {
    CAPTURE(row.size);
    const ComparedLoad load = ComparedLoad::of_size(row.size, row.interval, row.length);
    CHECK(load.count() == row.count);
    CHECK(load.size() == row.bytes);
    CHECK(load.payload(7).size() == row.bytes);
    CHECK(load.due(3) == 3 * row.interval);
  }
}

TEST_CASE("a load's messages are known again, and others are not") {
  const ComparedLoad load = ComparedLoad::of_payload("{\"a\":1}", 1ms, 1s);
  for (const std::uint32_t number : {0u, 1u, 255u, 0x12345678u, ComparedLoad::kNoNumber}) {
    CHECK(load.payload(number).starts_with("{\"a\":1}#"));
    CHECK(ComparedLoad::number_of(load.payload(number)) == number);
  }
  for (const char* other : {"", "#0000000", "x00000001", "#0000000g", "#00000001 "}) {
    CAPTURE(other);
    CHECK_FALSE(ComparedLoad::number_of(other).has_value());
  }
}

TEST_CASE("a load's kind: what is not UTF-8 is binary, and the rest as it is asked for") {
  const struct {
    const char* payload;
    PayloadKind asked, kind;
    bool utf8;
  } rows[] = {
      {"text", PayloadKind::text, PayloadKind::text, true},
      {"text", PayloadKind::binary, PayloadKind::binary, true},
      {"\xff", PayloadKind::text, PayloadKind::binary, false},
      {"\xff", PayloadKind::binary, PayloadKind::binary, false},
  };
  for (const auto& row : rows) {
    const ComparedLoad load = ComparedLoad::of_payload(row.payload, 1ms, 1s, row.asked);
    CHECK(load.kind() == row.kind);
    CHECK(load.is_utf8() == row.utf8);
  }
  for (const std::size_t size : {std::size_t{10}, std::size_t{11}, std::size_t{300}}) {
    const ComparedLoad load = ComparedLoad::of_size(size, 1ms, 1s, PayloadKind::binary);
    CHECK(load.size() == size);
    CHECK_FALSE(load.is_utf8());
    CHECK(ComparedLoad::number_of(load.payload(7)) == 7);
  }
}

TEST_CASE("a reader's tally: what came, twice, late, or in another order") {
  const ComparedLoad load = ComparedLoad::of_size(20, 10ms, 50ms);
  REQUIRE(load.count() == 5);
  ReaderTally tally(load.count());
  CHECK(tally.came(load, 0, 3ms) == ComparedLoad::Time(3ms));
  CHECK(tally.came(load, 2, 21ms) == ComparedLoad::Time(1ms));
  // What should have left before has waited longer.
  CHECK(tally.came(load, 1, 110ms) == ComparedLoad::Time(100ms));
  CHECK_FALSE(tally.came(load, 2, 111ms).has_value());
  CHECK_FALSE(tally.came(load, 5, 111ms).has_value());
  CHECK_FALSE(tally.came(load, ComparedLoad::kNoNumber, 111ms).has_value());
  CHECK(tally.delivered() == 3);
  CHECK(tally.doubled() == 1);
  CHECK(tally.disordered() == 1);
}

}  // namespace rt
