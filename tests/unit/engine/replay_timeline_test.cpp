#include "engine/replay_timeline.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace rt;
using Kind = RecordedLine::Kind;

namespace {

struct Row {
  Kind kind;
  std::optional<std::int64_t> at;    // microseconds
  std::optional<std::int64_t> time;  // of the wall clock
  std::int64_t due;
};

RecordedLine line_of(const Row& row) {
  RecordedLine line;
  line.kind = row.kind;
  if (row.at) line.at = Microseconds(*row.at);
  if (row.time) line.time = WallTime(Microseconds(*row.time));
  return line;
}

std::vector<std::int64_t> dues(const std::vector<Row>& rows, double speed) {
  ReplayTimeline timeline(speed);
  std::vector<std::int64_t> out;
  for (const Row& row : rows) out.push_back(timeline.due(line_of(row)).count());
  return out;
}

RecordedLine message(RecordedSide from, bool relayed = false) {
  RecordedLine line;
  line.from = from;
  line.relayed = relayed;
  return line;
}

RecordedLine beginning(std::string command) {
  RecordedLine line;
  line.kind = Kind::begin;
  line.command = std::move(command);
  return line;
}

}  // namespace

TEST_CASE("when lines are due") {
  const std::vector<Row> kTables[] = {
      // As it was recorded, but for one that went back.
      {{Kind::begin, 0, {}, 0},
       {Kind::opened, 100, {}, 100},
       {Kind::message, 1'000'000, {}, 1'000'000},
       {Kind::message, 900'000, {}, 1'000'000},
       {Kind::message, {}, {}, 1'000'000},
       {Kind::message, 2'000'000, {}, 2'000'000}},
      // A second recording behind the first goes on where that ended.
      {{Kind::begin, 0, {}, 0},
       {Kind::message, 500, {}, 500},
       {Kind::begin, 0, {}, 500},
       {Kind::message, 700, {}, 1'200}},
      // Envelopes: by their times, from the first on.
      {{Kind::message, {}, 7'000'000, 0},
       {Kind::message, {}, 7'500'000, 500'000},
       {Kind::message, {}, 7'400'000, 500'000},
       {Kind::message, {}, {}, 500'000},
       {Kind::message, {}, 9'000'000, 2'000'000}},
  };
  for (const std::vector<Row>& rows : kTables) {
    const auto as_recorded = dues(rows, 1);
    const auto slow = dues(rows, 0.5);
    const auto fast = dues(rows, 4);
    const auto at_once = dues(rows, 0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CAPTURE(i);
      CHECK(as_recorded[i] == rows[i].due);
      CHECK(slow[i] == rows[i].due * 2);
      CHECK(fast[i] == rows[i].due / 4);
      CHECK(at_once[i] == 0);
    }
  }
}

TEST_CASE("a restart counts from the last line") {
  ReplayTimeline timeline(2);
  CHECK(timeline.due(line_of({Kind::opened, 5'000, {}, 0})).count() == 2'500);
  timeline.restart();
  CHECK(timeline.due(line_of({Kind::message, 5'000, {}, 0})).count() == 0);
  CHECK(timeline.due(line_of({Kind::message, 6'000, {}, 0})).count() == 500);
}

TEST_CASE("which messages are played") {
  using enum RecordedSide;
  using For = ReplayChoice::For;
  struct Choice {
    For whom;
    RecordedSide wanted;
    std::string command;
    bool clients;
    bool servers;
  };
  const Choice kTable[] = {
      {For::client, unknown, "", true, false},
      {For::client, unknown, "rtws pipe", true, false},
      {For::client, unknown, "rtws pub", true, false},
      {For::client, unknown, "rtws serve", true, false},
      {For::client, unknown, "rtws sub", false, true},
      {For::client, unknown, "rtrelay relay", false, true},
      {For::client, client, "rtws sub", true, false},
      {For::client, server, "rtws pipe", false, true},
      {For::server, unknown, "", false, true},
      {For::server, unknown, "rtws sub", false, true},
      {For::server, unknown, "rtws pub", false, true},
      {For::server, client, "rtws sub", true, false},
  };
  for (const Choice& row : kTable) {
    CAPTURE(row.command);
    ReplayChoice choice(row.whom, row.wanted);
    if (!row.command.empty()) CHECK_FALSE(choice.plays(beginning(row.command)));
    CHECK(choice.why_nothing().empty());
    CHECK(choice.plays(message(client)) == row.clients);
    CHECK(choice.why_nothing().empty() == row.clients);
    CHECK(choice.plays(message(server)) == row.servers);
    CHECK(choice.plays(message(unknown)));
    CHECK(choice.plays(message(client, true)));
    RecordedLine closed;
    closed.kind = Kind::closed;
    closed.from = server;
    CHECK_FALSE(choice.plays(closed));
  }
}
