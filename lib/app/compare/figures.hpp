#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/histogram.hpp"
#include "model/compared_way.hpp"

namespace rt {

// What became of the messages that should have left in one part of a round's time.
struct TimelinePart {
  double from = 0;              // seconds since the first message should have left
  std::uint64_t expected = 0;   // at all readers together
  std::uint64_t delivered = 0;  // each counts once
  Histogram::Length longest{0};
};

// What one round has shown of a way.
struct RoundFigures {
  std::uint64_t sent = 0;       // messages
  std::uint64_t expected = 0;   // at all readers together
  std::uint64_t delivered = 0;  // each counts once
  std::uint64_t doubled = 0;
  std::uint64_t disordered = 0;
  std::uint64_t late = 0;
  Histogram latency;  // from the time when each should have left
  std::uint64_t down_bytes = 0;
  std::uint64_t up_bytes = 0;
  std::uint64_t down_writes = 0;
  std::uint64_t connections = 0;
  std::optional<double> cpu_microseconds;  // of the server
  std::optional<double> memory_bytes;      // of the server, that the readers brought
  std::optional<double> back_seconds;      // after a cut, until the middle reader had a message
  bool behind = false;  // the messages did not leave when they should have: no figure is good
  std::vector<TimelinePart> timeline;  // at most kTimelineParts, by when each should have left
};
inline constexpr std::uint32_t kTimelineParts = 150;

enum class Figure : std::uint8_t {
  p50,
  p90,
  p99,
  p999,
  max,
  lost,
  doubled,
  disordered,
  late,
  back,
  down_bytes,
  up_bytes,
  down_writes,
  connections,
  cpu,
  memory,
};

// What people read a figure in; measured are seconds, bytes, per cent and numbers.
enum class Unit : std::uint8_t {
  number,
  percent,
  seconds,
  milliseconds,
  microseconds,
  bytes,
  kibibytes
};
// So many of them are one of what is measured.
double per_unit(Unit unit);

struct FigureRow {
  Figure figure;
  std::string_view key;    // in JSON
  std::string_view label;  // for people, with its unit
  Unit unit = Unit::number;
  bool always = true;  // else only in the wide table
};
// Of all figures less is better.
std::span<const FigureRow> figure_rows();

// Nothing: it could not be measured.
std::optional<double> figure_of(const RoundFigures& round, Figure figure);

// Over rounds.
struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

struct WayFigures {
  ComparedWay way = ComparedWay::sse;
  std::vector<RoundFigures> rounds;

  std::optional<Spread> spread(Figure figure) const;
  bool behind() const;                         // in half of them, so that medians are not good
  Histogram latency() const;                   // of all rounds
  std::vector<TimelinePart> timeline() const;  // of all rounds together
};

}  // namespace rt
