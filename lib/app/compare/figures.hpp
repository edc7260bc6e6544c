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
  std::uint64_t requests = 0;                // by HTTP
  std::uint64_t connections = 0;             // the first ones, too
  double tcp_bytes = 0;                      // what TCP and IP add to all these, computed
  double tls_bytes = 0;                      // what TLS would add, computed
  double base64_bytes = 0;                   // of a message: what base64 makes it longer, computed
  std::optional<double> cpu_microseconds;    // of the server
  std::optional<double> client_cpu_seconds;  // of one client, for each message that it had
  std::optional<double> first_seconds;       // of the first client, until it had a message
  std::optional<double> memory_bytes;        // of the server, that the readers brought
  std::optional<double> back_seconds;        // after a cut, until the middle reader had a message
  // Of what should have left while the connections were cut: at all readers together, and how much
  // of it they had afterwards.
  std::uint64_t cut_expected = 0;
  std::uint64_t cut_resumed = 0;
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
  cut_lost,
  first,
  down_bytes,
  up_bytes,
  base64_bytes,
  tcp_bytes,
  tls_bytes,
  down_writes,
  requests,
  connections,
  idle_bytes,
  idle_down,
  idle_up,
  cpu,
  client_cpu,
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
  bool always = true;     // else only in the wide table
  bool computed = false;  // from what was measured; else it was measured
};
// Of all figures less is better.
std::span<const FigureRow> figure_rows();

// Whether so many messages left so much too late that what was measured of them is not good.
bool left_late(const std::vector<Histogram::Length>& delays, const Histogram& latency);

// Nothing: it could not be measured.
std::optional<double> figure_of(const RoundFigures& round, Figure figure);

// Over rounds.
struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

// What a reader costs to whom nothing is sent: heartbeats, pings, polls.
struct IdleFigures {
  double down_bytes = 0;  // an hour
  double up_bytes = 0;
  double seconds = 0;  // so long it was watched, from one sign of life to another
  // There was none in that time: the figures are what the protocol asks for.
  bool computed = false;
};

struct WayFigures {
  ComparedWay way = ComparedWay::sse;
  std::vector<RoundFigures> rounds;
  std::optional<IdleFigures> idle = {};  // nothing: it is not known

  // Of idle figures there is only one value.
  std::optional<Spread> spread(Figure figure) const;
  bool behind() const;                         // in half of them, so that medians are not good
  Histogram latency() const;                   // of all rounds
  std::vector<TimelinePart> timeline() const;  // of all rounds together
};

}  // namespace rt
