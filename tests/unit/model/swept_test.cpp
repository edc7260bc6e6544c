#include "model/swept.hpp"

#include <doctest/doctest.h>

namespace rt {

TEST_CASE("what is swept") {
  const auto range = parse_swept_range("rate=1, 10,100");
  REQUIRE(range);
  CHECK(range->of == Swept::rate);
  CHECK(range->values == std::vector<std::size_t>{1, 10, 100});
  CHECK(parse_swept_range("readers=10,1000")->of == Swept::readers);
  const std::pair<const char*, const char*> rows[] = {
      {"", "not a range such as rate=1,10,100 or readers=10,100"},
      {"rate", "not a range such as rate=1,10,100 or readers=10,100"},
      {"size=1,2", "not a range such as rate=1,10,100 or readers=10,100"},
      {"rate=1", "from two to twenty values"},
      {"rate=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21", "from two to twenty values"},
      {"rate=", "'' is not a number from 1 to 1000000"},
      {"rate=0,1", "'0' is not a number from 1 to 1000000"},
      {"rate=1,x", "'x' is not a number from 1 to 1000000"},
      {"rate=1,1000001", "'1000001' is not a number from 1 to 1000000"},
      {"rate=10,1", "each value has to be more than the one before"},
      {"rate=1,1", "each value has to be more than the one before"},
  };
  for (const auto& [text, why] : rows) {
    const auto wrong = parse_swept_range(text);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().text() == why);
  }
}

}  // namespace rt
