#include <doctest/doctest.h>

#include "base/growing.hpp"

using namespace rt;

TEST_CASE("growing: twice as much each time, up to the limit, and no more than asked for") {
  struct Row {
    std::size_t has;
    std::size_t needed;
    std::size_t limit;
    std::size_t capacity;
  };
  const Row rows[] = {
      {1000, 500, 10'000, 1000},      {1000, 1000, 10'000, 1000}, {1000, 1001, 10'000, 2000},
      {1000, 3000, 10'000, 3000},     {1000, 1001, 1500, 1500},   {1000, 1600, 1500, 1600},
      {100'000, 100'001, 0, 100'001},
  };
  for (const Row& row : rows) {
    CAPTURE(row.has);
    CAPTURE(row.needed);
    CAPTURE(row.limit);
    std::string text;
    text.reserve(row.has);
    text = "what is there";
    const std::size_t capacity = grown_capacity(text, row.needed, row.limit);
    CHECK(capacity == row.capacity);
    grow_exactly(text, capacity);
    CHECK(text.capacity() == row.capacity);
    CHECK(text == "what is there");
  }
}

TEST_CASE("growing: room that a long text does not use is let go") {
  struct Row {
    std::size_t size;
    std::size_t capacity;
    std::size_t after;
  };
  const Row rows[] = {
      {100, 1000, 1000},  // short: it may keep what it has
      {100'000, 125'000, 125'000},
      {100'000, 125'001, 100'000},
      {100'000, 1'000'000, 100'000},
  };
  for (const Row& row : rows) {
    CAPTURE(row.size);
    CAPTURE(row.capacity);
    std::string text;
    text.reserve(row.capacity);
    text.append(row.size, 'x');
    drop_spare_room(text);
    CHECK(text.capacity() == row.after);
    CHECK(text == std::string(row.size, 'x'));
  }
}
