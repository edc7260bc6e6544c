#include "app/totals.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <string_view>
#include <utility>

#include "app/progress.hpp"
#include "codec/envelope.hpp"

namespace rt {
namespace {

// "1.234"; JSON has no other numbers than these.
std::string fixed(double number, int decimals) {
  double scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  if (!(number > 0)) number = 0;
  const auto scaled = static_cast<std::uint64_t>(rounded(std::min(number * scale, 9e17)));
  const auto unit = static_cast<std::uint64_t>(scale);
  std::string fraction = std::to_string(scaled % unit);
  fraction.insert(0, static_cast<std::size_t>(decimals) - fraction.size(), '0');
  return std::to_string(scaled / unit) + "." + fraction;
}

bool is_relay(const Totals& totals) {
  return !totals.sent && !totals.received;
}

double per_second(std::uint64_t number, std::chrono::microseconds span) {
  if (span.count() <= 0) return 0;
  return static_cast<double>(number) * 1e6 / static_cast<double>(span.count());
}

double seconds_of(std::chrono::microseconds span) {
  return static_cast<double>(span.count()) / 1e6;
}

std::string signal_name(int signal) {
  if (signal == SIGINT) return "SIGINT";
  if (signal == SIGTERM) return "SIGTERM";
  return std::to_string(signal);
}

// --- for people
using Row = std::array<std::string, 6>;

Row row_of(std::string name, const Traffic& traffic, std::chrono::microseconds duration) {
  return {std::move(name),
          std::to_string(traffic.messages) + " messages",
          short_bytes(static_cast<double>(traffic.bytes)),
          short_number(per_second(traffic.messages, duration)) + "/s",
          short_bytes(per_second(traffic.bytes, duration)) + "/s",
          traffic.first ? "first after " + fixed(seconds_of(*traffic.first), 3) + " s" : ""};
}

// The name to the left, the figures to the right.
void append_aligned(std::string& out, const std::vector<Row>& rows) {
  std::array<std::size_t, 6> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const Row& row : rows) {
    std::string line = "  " + row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (std::size_t i = 1; i < row.size(); ++i)
      line += "  " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    line.erase(line.find_last_not_of(' ') + 1);
    out += "\n" + line;
  }
}

std::string names(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& name : all) text += (text.empty() ? "" : " ") + name;
  return text;
}

std::string milliseconds_of(std::chrono::microseconds span) {
  return fixed(static_cast<double>(span.count()) / 1e3, 3) + " ms";
}

void append_delays(std::string& out, const DelayTotals& latency, const DelayTotals& round_trips) {
  std::vector<Row> rows;
  const auto add = [&](const char* name, const DelayTotals& delays) {
    if (delays.number == 0 || delays.before > 0) return;
    rows.push_back({name, "p50 " + milliseconds_of(delays.p50),
                    "p90 " + milliseconds_of(delays.p90), "p99 " + milliseconds_of(delays.p99),
                    "max " + milliseconds_of(delays.max), "of " + std::to_string(delays.number)});
  };
  add("latency", latency);
  add("round trips", round_trips);
  append_aligned(out, rows);
  if (latency.before == 0) return;
  out += "\n  latency: the clocks differ: " + std::to_string(latency.before) + " of " +
         std::to_string(latency.before + latency.number) + " messages came up to " +
         milliseconds_of(latency.most_before) + " before they were sent";
}

void add_figure(std::string& line, std::string_view name, std::uint64_t number) {
  if (!line.empty()) line += ", ";
  line += std::string(name) + " " + std::to_string(number);
}

std::string other_figures(const Totals& totals) {
  std::string line;
  add_figure(line, "reconnects", totals.reconnects);
  if (!totals.route.empty()) add_figure(line, "restarts", totals.restarts);
  if (totals.received) add_figure(line, "gaps", totals.gaps);
  if (totals.received || is_relay(totals)) add_figure(line, "lost", totals.lost);
  add_figure(line, "unfinished", totals.unfinished);
  if (totals.sent || is_relay(totals)) add_figure(line, "refused", totals.refused);
  if (totals.failed > 0) add_figure(line, "failed", totals.failed);
  if (totals.uncertain) line += ", uncertain: a connection was lost that acknowledges nothing";
  return line;
}

// --- for machines
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    envelope::append_json_string(out_, name);
    return out_ += ':';
  }
  void raw(std::string_view name, std::string_view value) { key(name) += value; }
  void number(std::string_view name, std::uint64_t value) { raw(name, std::to_string(value)); }
  // Null when it is empty.
  void text(std::string_view name, std::string_view value) {
    key(name);
    if (value.empty())
      out_ += "null";
    else
      envelope::append_json_string(out_, value);
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    key(name) += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out_ += ',';
      envelope::append_json_string(out_, values[i]);
    }
    out_ += ']';
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void add_traffic(Object& object, const Traffic& traffic, std::chrono::microseconds duration) {
  object.number("messages", traffic.messages);
  object.number("bytes", traffic.bytes);
  object.raw("messages_per_second", fixed(per_second(traffic.messages, duration), 3));
  object.raw("bytes_per_second", fixed(per_second(traffic.bytes, duration), 3));
  object.raw("first_seconds", traffic.first ? fixed(seconds_of(*traffic.first), 3) : "null");
}

void add_way(Object& object, std::string_view name, const std::optional<Traffic>& traffic,
             std::chrono::microseconds duration) {
  if (!traffic) return object.raw(name, "null");
  Object inner(object.key(name));
  add_traffic(inner, *traffic, duration);
}

// Null where there are none, or none that are right.
void add_delays(Object& object, std::string_view name, const DelayTotals& delays) {
  if (delays.number == 0 || delays.before > 0) return object.raw(name, "null");
  Object inner(object.key(name));
  inner.number("count", delays.number);
  inner.raw("p50", fixed(seconds_of(delays.p50), 6));
  inner.raw("p90", fixed(seconds_of(delays.p90), 6));
  inner.raw("p99", fixed(seconds_of(delays.p99), 6));
  inner.raw("max", fixed(seconds_of(delays.max), 6));
}

void add_routes(Object& object, const Totals& totals) {
  std::string& out = object.key("routes");
  out += '[';
  bool first = true;
  for (const RouteTraffic& route : totals.routes) {
    if (!std::exchange(first, false)) out += ',';
    Object inner(out);
    inner.texts("from", route.from);
    inner.texts("to", route.to);
    add_traffic(inner, route.traffic, totals.duration);
    inner.number("dropped", route.dropped);
    inner.number("unfinished", route.unfinished);
  }
  out += ']';
}

}  // namespace

DelayTotals delay_totals(const Histogram& lengths) {
  const auto at = [&](double part) {
    return std::chrono::duration_cast<std::chrono::microseconds>(lengths.percentile(part));
  };
  return {.number = lengths.count(), .p50 = at(0.5), .p90 = at(0.9), .p99 = at(0.99), .max = at(1)};
}

std::string totals_text(const Totals& totals) {
  std::string out = totals.program;
  if (!totals.verb.empty() && !is_relay(totals)) out += " " + totals.verb;
  if (!totals.endpoint.empty()) out += " " + totals.endpoint;
  if (!totals.route.empty()) out += " " + totals.route;
  out += ": " + fixed(seconds_of(totals.duration), 3) + " s, ";
  out +=
      totals.signal != 0 ? signal_name(totals.signal) : "exit " + std::to_string(totals.exit_code);
  std::vector<Row> rows;
  if (totals.sent) rows.push_back(row_of("sent", *totals.sent, totals.duration));
  if (totals.received) rows.push_back(row_of("received", *totals.received, totals.duration));
  for (const RouteTraffic& route : totals.routes) {
    Row row = row_of(names(route.from) + " > " + names(route.to), route.traffic, totals.duration);
    rows.push_back(std::move(row));
  }
  append_aligned(out, rows);
  append_delays(out, totals.latency, totals.round_trips);
  for (const RouteTraffic& route : totals.routes) {
    if (route.dropped == 0 && route.unfinished == 0) continue;
    out += "\n  " + names(route.from) + " > " + names(route.to) + ": dropped " +
           std::to_string(route.dropped) + ", unfinished " + std::to_string(route.unfinished);
  }
  return out + "\n  " + other_figures(totals);
}

std::string totals_json(const Totals& totals) {
  std::string out;
  {
    Object object(out);
    object.text("program", totals.program);
    object.text("version", RT_VERSION);
    object.text("verb", totals.verb);
    object.text("endpoint", totals.endpoint);
    if (!totals.route.empty()) {
      object.text("route", totals.route);
      object.number("restarts", totals.restarts);
    }
    object.text("start_time", format_time(totals.start));
    object.text("end_time", format_time(totals.end));
    object.raw("duration_seconds", fixed(seconds_of(totals.duration), 6));
    object.number("exit_code", static_cast<std::uint64_t>(totals.exit_code));
    object.text("signal", totals.signal != 0 ? signal_name(totals.signal) : "");
    object.text("error", totals.error);
    add_way(object, "sent", totals.sent, totals.duration);
    add_way(object, "received", totals.received, totals.duration);
    if (is_relay(totals)) add_routes(object, totals);
    add_delays(object, "latency_seconds", totals.latency);
    object.raw("clocks_differ_seconds", totals.latency.before > 0
                                            ? fixed(seconds_of(totals.latency.most_before), 6)
                                            : "null");
    add_delays(object, "round_trip_seconds", totals.round_trips);
    object.number("unfinished", totals.unfinished);
    object.number("reconnects", totals.reconnects);
    object.number("gaps", totals.gaps);
    object.number("lost", totals.lost);
    object.number("refused", totals.refused);
    object.number("failed", totals.failed);
    object.raw("uncertain", totals.uncertain ? "true" : "false");
  }
  return out + "\n";
}

}  // namespace rt
