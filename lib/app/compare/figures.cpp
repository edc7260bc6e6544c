#include "app/compare/figures.hpp"

#include <algorithm>

namespace rt {
namespace {

constexpr FigureRow kRows[] = {
    {Figure::p50, "p50_seconds", "half within, ms", Unit::milliseconds},
    {Figure::p90, "p90_seconds", "90 % within, ms", Unit::milliseconds, false},
    {Figure::p99, "p99_seconds", "99 % within, ms", Unit::milliseconds},
    {Figure::p999, "p999_seconds", "99.9 % within, ms", Unit::milliseconds, false},
    {Figure::max, "max_seconds", "the longest, ms", Unit::milliseconds},
    {Figure::lost, "lost_percent", "lost, %", Unit::percent},
    {Figure::doubled, "doubled", "doubled", Unit::number},
    {Figure::disordered, "out_of_order", "out of order", Unit::number},
    {Figure::late, "late_percent", "late, %", Unit::percent},
    {Figure::back, "back_seconds", "back after cut, s", Unit::seconds},
    {Figure::cut_lost, "cut_lost_percent", "lost of the cut, %", Unit::percent},
    {Figure::first, "first_seconds", "first message, ms", Unit::milliseconds},
    {Figure::down_bytes, "down_bytes", "bytes down a message", Unit::bytes},
    {Figure::up_bytes, "up_bytes", "bytes up a message", Unit::bytes},
    {Figure::base64_bytes, "base64_bytes", "base64 adds, bytes", Unit::bytes, true, true},
    {Figure::tcp_bytes, "tcp_ip_bytes", "TCP/IP adds, bytes", Unit::bytes, false, true},
    {Figure::tls_bytes, "tls_bytes", "TLS would add, bytes", Unit::bytes, false, true},
    {Figure::down_writes, "down_writes", "writes down", Unit::number, false},
    {Figure::requests, "requests", "requests a message", Unit::number, false},
    {Figure::connections, "connections", "connections", Unit::number, false},
    {Figure::idle_bytes, "idle_bytes_an_hour", "idle, bytes an hour", Unit::bytes},
    {Figure::idle_down, "idle_down_bytes_an_hour", "idle, down an hour", Unit::bytes, false},
    {Figure::idle_up, "idle_up_bytes_an_hour", "idle, up an hour", Unit::bytes, false},
    {Figure::cpu, "server_cpu_seconds", "server CPU, us", Unit::microseconds},
    {Figure::client_cpu, "client_cpu_seconds", "client CPU, us", Unit::microseconds},
    {Figure::memory, "server_bytes", "server memory, KiB", Unit::kibibytes},
};

double seconds(Histogram::Length length) {
  return std::chrono::duration<double>(length).count();
}

double part(std::uint64_t number, std::uint64_t of) {
  return of == 0 ? 0 : static_cast<double>(number) / static_cast<double>(of);
}

std::optional<double> each(std::optional<double> all, std::uint64_t number) {
  if (!all || number == 0) return std::nullopt;
  return *all / static_cast<double>(number);
}

}  // namespace

double per_unit(Unit unit) {
  switch (unit) {
    case Unit::milliseconds:
      return 1e3;
    case Unit::microseconds:
      return 1e6;
    case Unit::kibibytes:
      return 1.0 / 1024;
    default:
      return 1;
  }
}

std::span<const FigureRow> figure_rows() {
  return kRows;
}

// It matters as far as it shows in what is measured. One may always be late.
bool left_late(const std::vector<Histogram::Length>& delays, const Histogram& latency) {
  constexpr Histogram::Length kOnTime = Milliseconds(2);
  constexpr double kMost = 0.01;
  const Histogram::Length matters = std::max(kOnTime, latency.percentile(0.99) / 10);
  const auto late = std::count_if(delays.begin(), delays.end(),
                                  [&](Histogram::Length delay) { return delay > matters; });
  return static_cast<double>(late) > std::max(1.0, kMost * static_cast<double>(delays.size()));
}

std::optional<double> figure_of(const RoundFigures& round, Figure figure) {
  const bool any = round.delivered > 0;
  const auto percentile = [&](double share) -> std::optional<double> {
    if (!any) return std::nullopt;
    return seconds(round.latency.percentile(share));
  };
  switch (figure) {
    case Figure::p50:
      return percentile(0.5);
    case Figure::p90:
      return percentile(0.9);
    case Figure::p99:
      return percentile(0.99);
    case Figure::p999:
      return percentile(0.999);
    case Figure::max:
      return percentile(1);
    case Figure::lost:
      return 100 * part(round.expected - std::min(round.delivered, round.expected), round.expected);
    case Figure::doubled:
      return static_cast<double>(round.doubled);
    case Figure::disordered:
      return static_cast<double>(round.disordered);
    case Figure::late:
      return 100 * part(round.late, round.expected);
    case Figure::back:
      return round.back_seconds;
    case Figure::cut_lost:
      if (round.cut_expected == 0) return std::nullopt;
      return 100 * part(round.cut_expected - round.cut_resumed, round.cut_expected);
    case Figure::first:
      return round.first_seconds;
    case Figure::down_bytes:
      return each(static_cast<double>(round.down_bytes), round.delivered);
    case Figure::base64_bytes:
      if (round.base64_bytes == 0) return std::nullopt;
      return round.base64_bytes;
    case Figure::tcp_bytes:
      return each(round.tcp_bytes, round.delivered);
    case Figure::tls_bytes:
      return each(round.tls_bytes, round.delivered);
    case Figure::up_bytes:
      return each(static_cast<double>(round.up_bytes), round.delivered);
    case Figure::down_writes:
      return each(static_cast<double>(round.down_writes), round.delivered);
    case Figure::requests:
      return each(static_cast<double>(round.requests), round.delivered);
    case Figure::connections:
      return static_cast<double>(round.connections);
    case Figure::idle_bytes:
    case Figure::idle_down:
    case Figure::idle_up:
      return std::nullopt;
    case Figure::client_cpu:
      return round.client_cpu_seconds;
    case Figure::cpu: {
      const auto one = each(round.cpu_microseconds, round.delivered);
      return one ? std::optional(*one / 1e6) : std::nullopt;
    }
    case Figure::memory:
      return round.memory_bytes;
  }
  return std::nullopt;
}

std::optional<double> idle_figure_of(const IdleFigures& idle, Figure figure) {
  switch (figure) {
    case Figure::idle_bytes:
      return idle.down_bytes + idle.up_bytes;
    case Figure::idle_down:
      return idle.down_bytes;
    case Figure::idle_up:
      return idle.up_bytes;
    default:
      return std::nullopt;
  }
}

std::optional<Spread> WayFigures::spread(Figure figure) const {
  std::vector<double> values;
  const auto of_idle = idle ? idle_figure_of(*idle, figure) : std::nullopt;
  if (of_idle) values.push_back(*of_idle);
  for (const RoundFigures& round : rounds)
    if (const auto value = figure_of(round, figure)) values.push_back(*value);
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return Spread{median, values.front(), values.back()};
}

Histogram WayFigures::latency() const {
  Histogram out;
  for (const RoundFigures& round : rounds) out.merge(round.latency);
  return out;
}

std::vector<TimelinePart> WayFigures::timeline() const {
  std::vector<TimelinePart> out;
  for (const RoundFigures& round : rounds) {
    out.resize(std::max(out.size(), round.timeline.size()));
    for (std::size_t i = 0; i < round.timeline.size(); ++i) {
      out[i].from = round.timeline[i].from;
      out[i].expected += round.timeline[i].expected;
      out[i].delivered += round.timeline[i].delivered;
      out[i].longest = std::max(out[i].longest, round.timeline[i].longest);
    }
  }
  return out;
}

bool WayFigures::behind() const {
  const auto behind = std::count_if(rounds.begin(), rounds.end(),
                                    [](const RoundFigures& round) { return round.behind; });
  return behind > 0 && 2 * static_cast<std::size_t>(behind) >= rounds.size();
}

}  // namespace rt
