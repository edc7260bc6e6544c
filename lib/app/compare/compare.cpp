#include "app/compare/compare.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "app/compare/document.hpp"
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
          .program = "rtrelay " RT_VERSION,
          .command = printable(options.command, std::string::npos),
          .time = format_time(wall_now()),
          .processor = printable(machine.processor),
          .processors = machine.processors,
          .system = printable(machine.system)};
}

std::string conditions_text(const CompareOptions& options) {
  const bool binary = options.load.kind() == PayloadKind::binary;
  std::string text =
      counted(options.load.size(), binary ? "binary byte" : "byte") + ", " + number(options.rate) +
      (options.two_way ? " requests a second that are answered, " : " messages a second, ") +
      counted(options.readers, options.two_way ? "client" : "reader");
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

std::string notes(const std::vector<WayFigures>& ways, const CompareOptions& options) {
  std::string text = "*: the best";
  if (options.rounds > 1 && !options.wide) text += "; ~3%: so far lies a round from the middle one";
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
                                             std::vector<WayFigures>& ways) {
  CompareProgress progress(reactor, options.rounds, ways.size(), options.time);
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

// The table and the verdict on stdout, and the files.
static Result<void> tell(CompareOptions& options, const CompareReport& report) {
  const std::size_t columns = ::isatty(STDOUT_FILENO) == 1 ? terminal_columns() : kColumns;
  const std::string said = report.verdict.text();
  std::string text = conditions_text(options) + "\n" +
                     compare_table(report.ways, options.wide, std::min(columns, kColumns)) + "\n" +
                     wrapped(notes(report.ways, options), columns);
  if (!said.empty()) text += "\n" + wrapped(said, columns);
  Result<void> done = print(text);
  if (done && options.json) done = options.json->write(compare_json(report));
  if (done && options.html) done = options.html->write(compare_page(report));
  if (done && !options.hgrm.empty()) done = write_distributions(options.hgrm, report.ways);
  return done;
}

asio::awaitable<Result<void>> compare(Reactor& reactor, Shutdown& shutdown, CompareOptions options,
                                      MeasuredClient& client) {
  CompareReport report{.conditions = conditions_of(options), .ways = {}, .verdict = {}};
  std::vector<WayFigures>& ways = report.ways;
  for (const ComparedWay way : options.ways) ways.push_back({.way = way, .rounds = {}});
  IdleWatch idle(reactor, options);
  co_await idle.start(options.ways);
  Result<void> measured = co_await measure(reactor, shutdown, options, client, ways);
  for (WayFigures& way : ways) way.idle = idle.figures(way.way);
  co_await idle.stop();
  client.end();
  if (shutdown.requested()) co_return Result<void>();
  if (!measured) co_return measured;
  report.verdict = verdict(candidates_of(ways), options.needs);
  Result<void> told = tell(options, report);
  co_return told;
}

}  // namespace rt
