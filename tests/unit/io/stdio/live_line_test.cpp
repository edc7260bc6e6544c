#include "io/stdio/live_line.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

TEST_CASE("the live line is no wider than the terminal") {
  CHECK(cut_to("12 messages", 20) == "12 messages");
  CHECK(cut_to("12 messages", 11) == "12 messages");
  CHECK(cut_to("12 messages", 5) == "12 me");
  CHECK(cut_to("12 messages", 0).empty());
}

}  // namespace
}  // namespace rt
