#include "app/delay_meter.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace rt;

namespace {

constexpr std::int64_t kBegin = 1'700'000'000'000'000;

WallTime at(std::int64_t micros) {
  return WallTime(std::chrono::microseconds(kBegin + micros));
}

MessagePtr message(WallTime time, WallTime received, std::string payload = {}) {
  Message out;
  out.time = time;
  out.received = received;
  out.payload = std::move(payload);
  return std::make_shared<const Message>(std::move(out));
}

DelayTotals measured(const Batch& batch, std::optional<JsonPointer> pointer = std::nullopt) {
  DelayMeter meter(at(0), std::move(pointer));
  REQUIRE(meter.prepare());
  meter.came(batch);
  return meter.totals();
}

}  // namespace

TEST_CASE("the way from a hub: what was published since the run began") {
  Message gap;
  gap.gap = std::make_shared<const Gap>();
  const DelayTotals totals = measured({
      message(at(10), at(30)),
      message(at(-1), at(1'000'000)),  // of the history
      message(at(40), {}),             // nobody says when it was published
      std::make_shared<const Message>(std::move(gap)),
      message(at(100), at(150)),
  });
  CHECK(totals.number == 2);
  CHECK(totals.p50.count() == 20);
  CHECK(totals.max.count() == 50);
  CHECK(totals.before == 0);
}

TEST_CASE("clocks that differ are told, not shown as a delay") {
  const DelayTotals totals =
      measured({message(at(10), at(30)), message(at(900), at(500)), message(at(900), at(800))});
  CHECK(totals.number == 1);
  CHECK(totals.before == 2);
  CHECK(totals.most_before.count() == 400);
}

TEST_CASE("the way of JSON messages that say when they were sent") {
  const auto pointer = JsonPointer::parse("/at");
  REQUIRE(pointer);
  const DelayTotals totals = measured(
      {
          message(at(2'000'000), {}, R"({"at":1700000001})"),
          message(at(2'000'000), {}, R"({"at":1700000001.5})"),
          message(at(2'000'000), {}, R"({"at":1700000001750})"),
          message(at(5), at(2'000'000), R"({"at":"2023-11-14T22:13:21.9Z"})"),
          message(at(2'000'000), {}, R"({"at":"soon"})"),
          message(at(2'000'000), {}, R"({"other":1700000001})"),
          message(at(2'000'000), {}, "no JSON"),
      },
      *pointer);
  CHECK(totals.number == 4);
  CHECK(totals.max.count() == 1'000'000);
  // To a step of the histogram.
  CHECK(totals.p50.count() >= 250'000);
  CHECK(totals.p50.count() < 250'250);
}
