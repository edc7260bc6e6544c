#include "io/process/process_figures.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>

#include "base/clock.hpp"

namespace rt {

TEST_CASE("what a process has used") {
  const auto before = process_figures(getpid());
  REQUIRE(before);
  CHECK(before->resident > 100'000);
  std::optional<ProcessFigures> after;
  const SteadyTime begin = std::chrono::steady_clock::now();
  do {
    after = process_figures(getpid());
    REQUIRE(after);
  } while (after->cpu - before->cpu < 20ms);
  // One thread has no more CPU than time.
  CHECK(std::chrono::steady_clock::now() - begin >= 19ms);
  CHECK_FALSE(process_figures(0x3ffffffe).has_value());
}

TEST_CASE("the executable that runs is there") {
  CHECK(own_executable().starts_with('/'));
  CHECK(access(own_executable().c_str(), X_OK) == 0);
}

}  // namespace rt
