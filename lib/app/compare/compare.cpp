#include "app/compare/compare.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "app/compare/document.hpp"
#include "app/compare/figure_text.hpp"
#include "app/compare/idle_watch.hpp"
#include "app/compare/page.hpp"
#include "app/compare/progress.hpp"
#include "app/compare/report.hpp"
#include "app/compare/round.hpp"
#include "app/compare/verdict.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/process/machine.hpp"
#include "io/stdio/print.hpp"
#include "io/stdio/standard_streams.hpp"

namespace rt {
namespace {

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string counted(std::size_t many, const std::string& word) {
  return std::to_string(many) + " " + word + (many == 1 ? "" : "s");
}

double seconds(Milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

// "1, 10 and 100"; empty: nothing is swept.
std::string swept_values(const CompareOptions& options) {
  std::vector<std::string> values;
  for (const SweepStep& step : options.steps) values.push_back(number(step.value));
  return listed({values.begin(), values.end()});
}

ReportConditions conditions_of(const CompareOptions& options) {
  const MachineFacts machine = machine_facts();
  return {.message_bytes = options.load.size(),
          .binary = options.load.kind() == PayloadKind::binary,
          .two_way = options.two_way,
          .rate = options.rate,
          .readers = options.readers,
          .publishers = options.publishers,
          .seconds = seconds(options.time),
          .rounds = options.rounds,
          .network = network_conditions_text(options.network),
          .late_seconds = seconds(options.late),
          .cut_after = options.cut ? seconds(options.cut->first) : 0,
          .cut_for = options.cut ? seconds(options.cut->second) : 0,
          .poll_every_seconds = seconds(options.poll_every),
          .needs = options.needs,
          .swept = options.steps.empty() ? std::nullopt : std::optional(options.swept),
          .swept_values = swept_values(options),
          .program = "rtrelay " RT_VERSION,
          .command = printable(options.command, std::string::npos),
          .time = format_time(wall_now()),
          .processor = printable(machine.processor),
          .processors = machine.processors,
          .system = printable(machine.system)};
}

std::string conditions_text(const CompareOptions& options) {
  const bool binary = options.load.kind() == PayloadKind::binary;
  const std::string swept = swept_values(options);
  const bool rates = !swept.empty() && options.swept == Swept::rate;
  const std::string reader = options.two_way ? "client" : "reader";
  std::string text =
      counted(options.load.size(), binary ? "binary byte" : "byte") + ", " +
      (rates ? swept : number(options.rate)) +
      (options.two_way ? " requests a second that are answered, " : " messages a second, ") +
      (swept.empty() || rates ? counted(options.readers, reader) : swept + " " + reader + "s");
  if (options.publishers > 1) text += ", " + counted(options.publishers, "publisher");
  text += ", network " + network_conditions_text(options.network);
  text += "\n" + counted(options.rounds, "round") + " of " + seconds_text(options.time.count());
  if (options.cut)
    text += ", connections cut after " + seconds_text(options.cut->first.count()) + " for " +
            seconds_text(options.cut->second.count());
  return text + "\n";
}

constexpr std::size_t kColumns = 100;  // of text that is not for a terminal

// Words in lines of at most 96 characters, or what fits.
std::string wrapped(const std::string& text, std::size_t columns) {
  const std::size_t most = std::min<std::size_t>(columns, 96);
  std::string out, line;
  for (const std::string_view word : split(text, ' ')) {
    if (!line.empty() && line.size() + 1 + word.size() > most) {
      out += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  return out + line + "\n";
}

// The same of many; what is indented stays as it is.
std::string wrapped_lines(const std::string& text, std::size_t columns) {
  std::string out;
  for (const std::string_view line : split(text, '\n'))
    if (line.starts_with(' '))
      out += std::string(line) + "\n";
    else if (!line.empty())
      out += wrapped(std::string(line), columns);
  return out;
}

std::string notes(const std::vector<WayFigures>& ways, const CompareOptions& options) {
  std::string text = "*: the best";
  if (options.rounds > 1 && !options.wide) text += "; ~3%: rounds differ from it by so much";
  if (std::any_of(ways.begin(), ways.end(), [](const WayFigures& way) { return way.behind(); }))
    text += "; ?: this machine was too busy to send in time, so the figures are not good";
  text += ". Bytes and CPU are for each message that a reader had, memory for each reader.";
  if (options.wide) text += " What TCP/IP, TLS and base64 add is computed.";
  if (std::any_of(ways.begin(), ways.end(),
                  [](const WayFigures& way) { return way.idle && way.idle->computed; }))
    text += " MQTT's idle bytes are computed: a run so short sees no ping.";
  if (options.network != NetworkConditions())
    text += " The network is played by a proxy: no packet is lost in it.";
  return text;
}

}  // namespace

std::string compare_plan(const CompareOptions& options) {
  std::string text = "measure";
  for (const ComparedWay way : options.ways) text += " " + std::string(name_of(way));
  return text + ": " + conditions_text(options);
}

static asio::awaitable<Result<void>> measure(Reactor& reactor, Shutdown& shutdown,
                                             const CompareOptions& options, MeasuredClient& client,
                                             CompareProgress& progress,
                                             std::vector<WayFigures>& ways) {
  for (std::size_t round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < ways.size(); ++i) {
      progress.begin(round, i, ways);
      Result<RoundFigures> figures =
          co_await compare_round(reactor, shutdown, options, client, ways[i].way);
      progress.end();
      if (figures) {
        ways[i].rounds.push_back(*std::move(figures));
        continue;
      }
      // Without a Mosquitto the rest is compared, unless the user wants just that.
      const bool missing = figures.error().fault() == Fault::usage && is_mqtt(ways[i].way);
      if (!missing || options.chosen || round > 0)
        co_return figures.error().within(name_of(ways[i].way));
      Log::warn(std::string(name_of(ways[i].way)) + " is left out: " + figures.error().text());
      ways.erase(ways.begin() + static_cast<std::ptrdiff_t>(i--));
    }
  }
  co_return Result<void>();
}

// The latencies of all rounds, a file for each way.
static Result<void> write_distributions(const std::string& directory,
                                        const std::vector<WayFigures>& ways) {
  for (const WayFigures& way : ways) {
    Result<ReportFile> file =
        ReportFile::prepare(directory + "/" + std::string(name_of(way.way)) + ".hgrm");
    Result<void> written = file ? file->write(way.latency().hgrm()) : file.error();
    if (!written) return written;
  }
  return {};
}

// What is told on stdout, below the conditions.
static std::string told(const CompareOptions& options, const CompareReport& report,
                        std::size_t columns) {
  std::string out;
  if (report.sweep) {
    out = sweep_tables(*report.sweep, columns) + "\n" +
          wrapped(notes(report.sweep->points.front().ways, options), columns);
    for (const std::string& sentence : sweep_sentences(*report.sweep))
      out += "\n" + wrapped(sentence, columns);
    return out;
  }
  const std::string said = report.verdict.text();
  out = compare_table(report.ways, options.wide, columns) + "\n" +
        wrapped(notes(report.ways, options), columns);
  if (!said.empty()) out += "\n" + wrapped(said, columns);
  if (report.changes) out += "\n" + wrapped_lines(changes_text(*report.changes), columns);
  return out;
}

static Result<void> tell(CompareOptions& options, const CompareReport& report) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const std::size_t columns = terminal ? std::min(terminal_columns(), kColumns) : kColumns;
  Result<void> done = print(wrapped_lines(conditions_text(options), columns) + "\n" +
                            told(options, report, columns));
  if (done && options.json) done = options.json->write(compare_json(report));
  if (done && options.html) done = options.html->write(compare_page(report));
  if (done && !options.hgrm.empty()) done = write_distributions(options.hgrm, report.ways);
  return done;
}

// Goes through what is swept, or measures once.
static asio::awaitable<Result<void>> measure_all(Reactor& reactor, Shutdown& shutdown,
                                                 CompareOptions& options, MeasuredClient& client,
                                                 CompareReport& report) {
  IdleWatch idle(reactor, options);
  co_await idle.start(options.ways);
  const std::size_t steps = std::max<std::size_t>(options.steps.size(), 1);
  CompareProgress progress(reactor, options.rounds, options.ways.size(), options.time, steps);
  Result<void> measured;
  for (std::size_t i = 0; i < steps && measured; ++i) {
    std::vector<WayFigures> ways;
    for (const ComparedWay way : options.ways) ways.push_back({.way = way, .rounds = {}});
    if (!options.steps.empty()) {
      const SweepStep& step = options.steps[i];
      options.load = step.load;
      options.rate = step.rate;
      options.readers = step.readers;
      progress.step(std::string(name_of(options.swept)) + " " + number(step.value));
    }
    measured = co_await measure(reactor, shutdown, options, client, progress, ways);
    // Those that were left out are so from now on.
    options.ways.clear();
    for (const WayFigures& way : ways) options.ways.push_back(way.way);
    if (options.steps.empty())
      report.ways = std::move(ways);
    else
      report.sweep->points.push_back({options.steps[i].value, std::move(ways), {}});
  }
  for (WayFigures& way : report.ways) way.idle = idle.figures(way.way);
  if (report.sweep)
    for (SweepPoint& point : report.sweep->points)
      for (WayFigures& way : point.ways) way.idle = idle.figures(way.way);
  co_await idle.stop();
  co_return measured;
}

asio::awaitable<Result<void>> compare(Reactor& reactor, Shutdown& shutdown, CompareOptions options,
                                      MeasuredClient& client) {
  CompareReport report;
  report.conditions = conditions_of(options);
  if (options.against) {
    Result<void> same = check_same_plan(*options.against, report.conditions, options.ways);
    if (!same) co_return same.error().within("--against " + options.against_file);
  }
  if (!options.steps.empty())
    report.sweep = Sweep{.of = options.swept, .points = {}, .crossings = {}};
  Result<void> measured = co_await measure_all(reactor, shutdown, options, client, report);
  client.end();
  if (shutdown.requested()) co_return Result<void>();
  if (!measured) co_return measured;
  report.verdict = verdict(candidates_of(report.ways), options.needs);
  if (report.sweep) {
    for (SweepPoint& point : report.sweep->points)
      point.verdict = verdict(candidates_of(point.ways), options.needs);
    report.sweep->crossings = crossings_of(report.sweep->points);
  }
  if (options.against) report.changes = changes_since(*options.against, report);
  Result<void> done = tell(options, report);
  co_return done;
}

}  // namespace rt
