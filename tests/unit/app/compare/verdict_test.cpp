#include "app/compare/verdict.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

using Way = ComparedWay;

Candidate good(Way way) {
  return {.way = way, .lost = 0, .late = 0, .p99 = 0.002, .bytes = 220, .cpu = 20e-6};
}

Candidate with(Way way, double Candidate::*member, double value) {
  Candidate out = good(way);
  out.*member = value;
  return out;
}

}  // namespace

TEST_CASE("the verdict, rule by rule") {
  Candidate busy = good(Way::sse);
  busy.behind = true;
  Candidate other_busy = good(Way::ws);
  other_busy.behind = true;
  const struct {
    std::vector<Candidate> candidates;
    std::string said;
  } rows[] = {
      {{}, ""},
      {{good(Way::sse)}, ""},
      {{busy, good(Way::ws)}, "Take plain WebSocket: unlike sse, its figures are good."},
      {{busy, other_busy},
       "This machine was too busy for every way: no figure is good. Ask for less (--rate, "
       "--readers), or for more time (--for)."},
      {{with(Way::sse, &Candidate::lost, 3), good(Way::mqtt1)},
       "Take MQTT at QoS 1: unlike sse, it lost nothing."},
      {{with(Way::poll, &Candidate::lost, 80), with(Way::ws, &Candidate::lost, 20)},
       "Take plain WebSocket: unlike poll, it lost only 20.0 % of the messages."},
      {{with(Way::sse, &Candidate::late, 2), good(Way::ws)},
       "Take plain WebSocket: unlike sse, nothing came late."},
      {{with(Way::poll_cursor, &Candidate::p99, 0.9), good(Way::long_poll), good(Way::mqtt2)},
       "Take long polling: unlike poll-cursor, 99 % of its messages came within 2.00 ms; unlike "
       "mqtt2, it is simpler to build and to run."},
      {{with(Way::sse, &Candidate::bytes, 300), good(Way::mqtt0)},
       "Take MQTT at QoS 0: unlike sse, it takes only 220 bytes a message, heads included."},
      {{with(Way::sse, &Candidate::cpu, 30e-6), good(Way::mqtt0)},
       "Take MQTT at QoS 0: unlike sse, its server takes only 20.0 us of CPU a message."},
      // As good but for what is within the bounds: the simplest, and what else there would be.
      {{with(Way::ws, &Candidate::bytes, 190), good(Way::sse),
        with(Way::mqtt0, &Candidate::cpu, 17e-6)},
       "Take SSE: unlike ws and mqtt0, it is simpler to build and to run. For the fewest bytes "
       "take "
       "plain WebSocket: 190 in place of 220 bytes a message. For the least CPU take MQTT at QoS "
       "0: 17.0 in place of 20.0 us of the server's CPU."},
      // Who loses messages is no alternative.
      {{good(Way::sse), Candidate{.way = Way::ws, .lost = 5, .p99 = 0.001, .bytes = 10}},
       "Take SSE: unlike ws, it lost nothing."},
  };
  for (const auto& row : rows) CHECK(verdict(row.candidates).text() == row.said);
}

TEST_CASE("what is needed goes before what is measured, but not before good figures") {
  using Need = ComparedNeed;
  const struct {
    std::vector<Candidate> candidates;
    std::vector<Need> needs;
    std::string said;
  } rows[] = {
      // What fails is left out, though it costs less.
      {{with(Way::ws, &Candidate::bytes, 90), good(Way::sse)},
       {Need::offline},
       "Take SSE: unlike ws, readers who were away get what they missed."},
      {{with(Way::ws, &Candidate::bytes, 90), good(Way::mqtt2), good(Way::mqtt1)},
       {Need::exactly_once},
       "Take MQTT at QoS 2: unlike ws and mqtt1, no message is lost, and none comes twice."},
      // What meets a need at a price is left out for what simply meets it, and its price is told.
      {{good(Way::sse), with(Way::ws, &Candidate::cpu, 40e-6)},
       {Need::two_way, Need::browser},
       "Take plain WebSocket: unlike sse, readers send by it as well. For the least CPU take SSE: "
       "20.0 in place of 40.0 us of the server's CPU."},
      {{good(Way::sse), with(Way::long_poll, &Candidate::lost, 9)},
       {Need::binary},
       "Take SSE: unlike long-poll, it lost nothing. About binary: bytes that are not text go as "
       "base64, which is a third more."},
      // What nobody meets is told, with who would.
      {{good(Way::ws), good(Way::mqtt0)},
       {Need::offline},
       "Take plain WebSocket: unlike mqtt0, it is simpler to build and to run. No way that was "
       "measured meets offline; sse, ws-hub, long-poll, poll-cursor, mqtt1 and mqtt2 would. It "
       "does not meet offline: what is sent while a reader is away is lost."},
      {{good(Way::mqtt1)},
       {Need::proxies},
       "No way that was measured meets proxies; sse, ws, ws-hub, long-poll, poll-cursor and poll "
       "would."},
      {{good(Way::mqtt1), good(Way::ws)},
       {Need::proxies, Need::offline},
       "Take MQTT at QoS 1: unlike ws, readers who were away get what they missed. No way that was "
       "measured meets all that you need. It does not meet proxies: it is not HTTP, and its port "
       "is "
       "often closed."},
  };
  for (const auto& row : rows) CHECK(verdict(row.candidates, row.needs).text() == row.said);
}

TEST_CASE("who is no candidate") {
  WayFigures way;
  CHECK_FALSE(candidate_of(way).has_value());
  way.rounds.emplace_back();
  CHECK_FALSE(candidate_of(way).has_value());  // nothing came
  way.rounds.back().latency.add(1ms);
  way.rounds.back().expected = way.rounds.back().delivered = 1;
  CHECK(candidate_of(way).has_value());
}

}  // namespace rt
