#include "app/compare/compare.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "app/compare/idle_watch.hpp"
#include "app/compare/report.hpp"
#include "app/compare/round.hpp"
#include "app/compare/verdict.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/stdio/live_line.hpp"
#include "io/stdio/print.hpp"

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
  return {.message_bytes = options.load.size(),
          .rate = options.rate,
          .readers = options.readers,
          .publishers = options.publishers,
          .seconds = seconds(options.time),
          .rounds = options.rounds,
          .network = network_conditions_text(options.network),
          .late_seconds = seconds(options.late),
          .cut_after = options.cut ? seconds(options.cut->first) : 0,
          .cut_for = options.cut ? seconds(options.cut->second) : 0};
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

// Words in lines of at most 96 characters.
std::string wrapped(const std::string& text) {
  std::string out, line;
  for (const std::string_view word : split(text, ' ')) {
    if (!line.empty() && line.size() + 1 + word.size() > 96) {
      out += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  return out + line + "\n";
}

std::string notes(const std::vector<WayFigures>& ways, const CompareOptions& options) {
  std::string text = "*: the best";
  if (std::any_of(ways.begin(), ways.end(), [](const WayFigures& way) { return way.behind(); }))
    text += "; ?: this machine was too busy to send in time, so the figures are not good";
  text += ". Bytes and CPU are for each message that a reader had, memory for each reader.";
  if (options.network != NetworkConditions())
    text += " The network is played by a proxy: no packet is lost in it.";
  return text;
}

// What is being done, and how long it still takes, where people watch.
class CompareProgress {
 public:
  void show(const CompareOptions& options, std::size_t round, std::size_t done, ComparedWay way,
            std::size_t left) {
    if (!stderr_is_terminal() || Log::level() == LogLevel::quiet) return;
    const auto spent = std::chrono::steady_clock::now() - begin_;
    const auto each = done == 0 ? SteadyTime::duration(options.time + 1s)
                                : spent / static_cast<SteadyTime::rep>(done);
    const auto rest =
        std::chrono::duration_cast<std::chrono::seconds>(each * static_cast<SteadyTime::rep>(left));
    line_.show("round " + std::to_string(round + 1) + " of " + std::to_string(options.rounds) +
               ": " + std::string(name_of(way)) + ", " + std::to_string(rest.count()) + " s left");
  }

 private:
  SteadyTime begin_ = std::chrono::steady_clock::now();
  LiveLine line_;
};

}  // namespace

std::string compare_plan(const CompareOptions& options) {
  std::string text = "measure";
  for (const ComparedWay way : options.ways) text += " " + std::string(name_of(way));
  return text + ": " + conditions_text(options);
}

static asio::awaitable<Result<void>> measure(Reactor& reactor, Shutdown& shutdown,
                                             const CompareOptions& options, MeasuredClient& client,
                                             std::vector<WayFigures>& ways) {
  CompareProgress progress;
  std::size_t done = 0;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const std::size_t left = options.rounds * ways.size() - done;
      progress.show(options, round, done, ways[i].way, left);
      Result<RoundFigures> figures =
          co_await compare_round(reactor, shutdown, options, client, ways[i].way);
      ++done;
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
    Histogram all;
    for (const RoundFigures& round : way.rounds) all.merge(round.latency);
    Result<ReportFile> file =
        ReportFile::prepare(directory + "/" + std::string(name_of(way.way)) + ".hgrm");
    Result<void> written = file ? file->write(all.hgrm()) : file.error();
    if (!written) return written;
  }
  return {};
}

asio::awaitable<Result<void>> compare(Reactor& reactor, Shutdown& shutdown, CompareOptions options,
                                      MeasuredClient& client) {
  std::vector<WayFigures> ways;
  for (const ComparedWay way : options.ways) ways.push_back({way, {}});
  IdleWatch idle(reactor, options);
  co_await idle.start(options.ways);
  Result<void> measured = co_await measure(reactor, shutdown, options, client, ways);
  for (WayFigures& way : ways) way.idle = idle.figures(way.way);
  co_await idle.stop();
  if (shutdown.requested()) co_return Result<void>();
  if (!measured) co_return measured;
  std::vector<Candidate> candidates;
  for (const WayFigures& way : ways)
    if (const auto candidate = candidate_of(way)) candidates.push_back(*candidate);
  const std::string taken = verdict(candidates);
  std::string text = conditions_text(options) + "\n" + compare_table(ways, options.wide) + "\n" +
                     wrapped(notes(ways, options));
  if (!taken.empty()) text += "\n" + wrapped(taken);
  Result<void> printed = print(text);
  if (printed && options.json)
    printed = options.json->write(compare_json(conditions_of(options), ways, taken));
  if (printed && !options.hgrm.empty()) printed = write_distributions(options.hgrm, ways);
  co_return printed;
}

}  // namespace rt
