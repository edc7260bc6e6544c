#include "codec/json_number.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

TEST_CASE("JSON: what is a number") {
  for (const char* text : {"0", "-0", "7", "10", "-12", "0.5", "12.25", "1e3", "1E+3", "1e-3",
                           "0.0e00", "123456789012345678901234567890"}) {
    CAPTURE(text);
    CHECK(is_json_number(text));
  }
  for (const char* text : {"", "-", "+1", "01", "-01", ".5", "1.", "1.e3", "1e", "1e+", "1 ", " 1",
                           "1a", "0x1", "NaN", "Infinity", "--1", "1.2.3", "1e3.5"}) {
    CAPTURE(text);
    CHECK_FALSE(is_json_number(text));
  }
}

}  // namespace
}  // namespace rt
