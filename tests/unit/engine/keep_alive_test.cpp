#include "engine/keep_alive.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace rt;

namespace {

constexpr auto kNothing = KeepAlive::Due::nothing;
constexpr auto kPing = KeepAlive::Due::ping;
constexpr auto kDead = KeepAlive::Due::dead;

SteadyTime at(int seconds) {
  return SteadyTime(std::chrono::seconds(seconds + 1000));
}

}  // namespace

TEST_CASE("keep alive: what is due, second by second") {
  enum What { nothing, sent, received, stops, resumes };
  struct Step {
    int second;
    What what;
    KeepAlive::Due due;
  };
  struct Case {
    const char* name;
    int interval;
    std::vector<Step> steps;
  };
  const Case cases[] = {
      {"off", 0, {{1000, nothing, kNothing}}},
      {"a ping before the interval is over, then half of it for the answer",
       80,
       {{69, nothing, kNothing},
        {70, nothing, kPing},
        {71, nothing, kNothing},
        {109, nothing, kNothing},
        {110, nothing, kDead}}},
      {"an answer in time",
       80,
       {{70, nothing, kPing}, {109, received, kNothing}, {140, nothing, kPing}}},
      {"what is sent is no sign of life of the broker",
       80,
       {{30, sent, kNothing}, {60, sent, kNothing}, {70, sent, kPing}, {110, sent, kDead}}},
      {"what comes does not keep us alive at the broker",
       80,
       {{60, received, kNothing}, {70, received, kPing}}},
      {"while nothing is read it goes on asking, and takes nobody for dead",
       80,
       {{1, stops, kNothing},
        {70, nothing, kPing},
        {110, nothing, kNothing},
        {139, nothing, kNothing},
        {140, nothing, kPing},
        {300, nothing, kPing},
        {301, resumes, kNothing},
        {339, nothing, kNothing},
        {341, nothing, kDead}}},
      {"a second is the least patience", 1, {{1, nothing, kPing}, {2, nothing, kDead}}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    KeepAlive keep_alive;
    keep_alive.begin(std::chrono::seconds(c.interval), at(0));
    CHECK(keep_alive.on() == (c.interval > 0));
    for (const Step& step : c.steps) {
      CAPTURE(step.second);
      const SteadyTime now = at(step.second);
      if (step.what == sent) keep_alive.sent(now);
      if (step.what == received) keep_alive.received(now);
      if (step.what == stops) keep_alive.stop_reading();
      if (step.what == resumes) keep_alive.read_again(now);
      const KeepAlive::Due due = keep_alive.due(now);
      CHECK(due == step.due);
      if (due == kPing) keep_alive.sent(now);
    }
  }
}

TEST_CASE("keep alive: it is looked at often enough, and not all the time") {
  struct Case {
    Milliseconds interval, each;
  };
  for (const Case& c : {Case{100ms, 50ms}, Case{8s, 1s}, Case{3600s, 5s}}) {
    KeepAlive keep_alive;
    keep_alive.begin(c.interval, at(0));
    CHECK(keep_alive.look_each() == c.each);
  }
}
