#include "compare_wiring.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "app/compare/compare.hpp"
#include "app/compare/feeds.hpp"
#include "app/run.hpp"
#include "base/text.hpp"
#include "cli/dry_run/shell_words.hpp"
#include "codec/json_picker.hpp"
#include "end_wiring.hpp"
#include "io/loop/reactor.hpp"
#include "io/process/process_figures.hpp"
#include "io/stdio/report_file.hpp"
#include "io/trace/redact.hpp"
#include "read_all.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostMessage = 4u << 20;
constexpr std::uint64_t kMostMessages = 10'000'000;
constexpr std::size_t kMostReport = 64u << 20;

Result<std::string> message_file(const std::string& path) {
  const std::string shown = "--message @" + printable(path, 256);
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error(Fault::usage, shown + ": cannot read", errno);
  std::string text;
  const int failed = read_all(fd, kMostMessage + 1, text);
  if (failed != 0) return system_error(Fault::usage, shown + ": cannot read", failed);
  if (text.size() > kMostMessage) return Error(Fault::usage, shown + ": longer than 4MiB");
  // As pub sends it.
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<ComparedLoad> load_of(const Options& options, ComparedLoad::Time interval) {
  const std::string& message = options.compare_message;
  const PayloadKind kind =
      options.send_as == SendAs::binary ? PayloadKind::binary : PayloadKind::text;
  std::string payload = message;
  if (message.starts_with('@')) {
    Result<std::string> read = message_file(message.substr(1));
    if (!read) return read.error();
    payload = *std::move(read);
  } else if (const auto size = parse_size(message)) {
    if (*size < ComparedLoad::kMark || *size > kMostMessage)
      return Error(Fault::usage, "--message " + message + ": from 9 bytes to 4MiB");
    return ComparedLoad::of_size(static_cast<std::size_t>(*size), interval, options.compare_time,
                                 kind);
  }
  return ComparedLoad::of_payload(std::move(payload), interval, options.compare_time, kind);
}

Result<void> check_directory(const std::string& path) {
  const std::string shown = "--hgrm " + printable(path, 256);
  struct stat found {};
  if (stat(path.c_str(), &found) != 0)
    return system_error(Fault::usage, shown + ": cannot write there", errno);
  if (!S_ISDIR(found.st_mode)) return Error(Fault::usage, shown + ": it is no directory");
  if (access(path.c_str(), W_OK | X_OK) != 0)
    return system_error(Fault::usage, shown + ": cannot write there", errno);
  return {};
}

// The plans of what is swept.
Result<void> add_steps(const Options& options, CompareOptions& out) {
  if (options.sweep.empty()) return {};
  const auto range = parse_swept_range(options.sweep);
  if (!range) return range.error();
  out.swept = range->of;
  for (const std::size_t value : range->values) {
    const bool rates = range->of == Swept::rate;
    SweepStep step{.value = static_cast<double>(value),
                   .load = out.load,
                   .rate = rates ? static_cast<double>(value) : out.rate,
                   .readers = rates ? out.readers : value};
    if (rates) {
      Result<ComparedLoad> load =
          load_of(options, ComparedLoad::Time(1s) / static_cast<ComparedLoad::Time::rep>(value));
      if (!load) return load.error();
      step.load = *std::move(load);
    }
    if (std::uint64_t{step.load.count()} * step.readers > kMostMessages || step.readers > 10'000)
      return Error(Fault::usage, "--sweep " + options.sweep + ": at " + std::to_string(value) +
                                     " there are more than 10000000 messages a round, or more "
                                     "than 10000 readers");
    out.steps.push_back(std::move(step));
  }
  // What is asked of the system is asked for the most.
  out.readers = std::max(out.readers, out.steps.back().readers);
  return {};
}

Result<void> read_earlier(const std::string& path, CompareOptions& out) {
  out.against_file = printable(path, 256);
  const std::string shown = "--against " + out.against_file;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error(Fault::usage, shown + ": cannot read", errno);
  std::string text;
  if (const int failed = read_all(fd, kMostReport + 1, text); failed != 0)
    return system_error(Fault::usage, shown + ": cannot read", failed);
  if (text.size() > kMostReport) return Error(Fault::usage, shown + ": longer than 64MiB");
  JsonPicker picker;
  if (Result<void> ready = picker.prepare(); !ready) return ready.error();
  Result<EarlierReport> earlier = read_report(text, picker);
  if (!earlier) return earlier.error().within(shown);
  out.against = *std::move(earlier);
  return {};
}

Result<CompareOptions> compare_options(const Options& options) {
  const Options::AtMost rate = options.rate.value_or(Options::AtMost{10, Milliseconds(1000)});
  const ComparedLoad::Time interval =
      ComparedLoad::Time(rate.period) / static_cast<ComparedLoad::Time::rep>(rate.number);
  Result<ComparedLoad> load = load_of(options, interval);
  if (!load) return load.error();
  if (!options.hgrm.empty()) {
    if (Result<void> writable = check_directory(options.hgrm); !writable) return writable.error();
  }
  if (std::uint64_t{load->count()} * options.readers > kMostMessages)
    return Error(Fault::usage,
                 "more than 10000000 messages a round: a shorter --for, a lower "
                 "--rate or fewer --readers");
  CompareOptions out;
  out.load = *std::move(load);
  for (const std::string& name : options.ways)
    if (const auto way = compared_way(name)) out.ways.push_back(*way);
  out.chosen = !out.ways.empty();
  if (!out.chosen)
    out.ways = {ComparedWay::poll_cursor, ComparedWay::long_poll, ComparedWay::sse,
                ComparedWay::ws,          ComparedWay::mqtt0,     ComparedWay::mqtt1};
  out.rate = static_cast<double>(rate.number) * 1000 / static_cast<double>(rate.period.count());
  out.readers = options.readers;
  out.publishers = options.publishers;
  out.two_way = options.two_way;
  out.hgrm = options.hgrm;
  out.time = options.compare_time;
  out.rounds = options.rounds;
  if (!options.compare_network.empty()) {
    const auto network = parse_network_conditions(options.compare_network);
    if (!network) return network.error();
    out.network = *network;
  }
  out.cut = options.compare_cut;
  out.late = options.late;
  out.poll_every = options.poll_every;
  out.wide = options.wide;
  for (const std::string& name : options.needs)
    if (const auto need = compared_need(name)) out.needs.push_back(*need);
  if (!options.stats_json.empty()) {
    Result<ReportFile> file = ReportFile::prepare(options.stats_json);
    if (!file) return file.error();
    out.json = *std::move(file);
  }
  if (!options.html.empty()) {
    Result<ReportFile> file = ReportFile::prepare(options.html);
    if (!file) return file.error().within("--html");
    out.html = *std::move(file);
  }
  if (Result<void> stepped = add_steps(options, out); !stepped) return stepped.error();
  if (!options.against.empty())
    if (Result<void> read = read_earlier(options.against, out); !read) return read.error();
  // A reader's own, and the proxy's two; where it asks, the same for what goes up, and for its
  // answers two.
  const std::size_t descriptors = Reactor::raise_descriptor_limit(), each = out.two_way ? 8 : 3;
  if (each * out.readers + out.publishers + 150 > descriptors)
    return Error(Fault::usage, "--readers " + std::to_string(out.readers) +
                                   ": this system allows " + std::to_string(descriptors) +
                                   " descriptors, and each reader takes " +
                                   (out.two_way ? "eight" : "three") + " (ulimit -n)");
  out.program = own_executable();
  if (out.program.empty())
    return Error(Fault::other, "the system does not tell where rtrelay is, to start its hub");
  return out;
}

// Of a command that is put into reports: without what a URL says of its user.
std::string shown_word(const std::string& word) {
  return cli::shell_word(word.find("://") == std::string::npos ? word : redacted(word));
}

Result<FeedsOptions> feeds_options(const Options& options) {
  FeedsOptions out;
  EndPlanner planner;
  Options own = options;
  own.interval = options.poll_every;
  for (const std::string& url : options.at) {
    Result<EndOptions> end = planner.end(url, own, {.read = true, .write = false});
    if (!end) return end.error();
    out.feeds.push_back(*std::move(end));
  }
  out.time = options.compare_time;
  if (options.same_by) {
    Result<JsonPointer> pointer = JsonPointer::parse(*options.same_by);
    if (!pointer) return pointer.error();
    out.same_by = *std::move(pointer);
  }
  if (options.stats_json.empty()) return out;
  Result<ReportFile> file = ReportFile::prepare(options.stats_json);
  if (!file) return file.error();
  out.json = *std::move(file);
  return out;
}

int run_feeds(const Options& options) {
  Result<FeedsOptions> planned = feeds_options(options);
  if (!planned) return report(planned.error());
  if (options.dry_run) {
    std::fputs(feeds_plan(*planned).c_str(), stdout);
    return 0;
  }
  return run(OnSignal::reraise, [&](Reactor& reactor, Shutdown& shutdown) {
    return compare_feeds(reactor, shutdown, std::move(*planned));
  });
}

}  // namespace

int run_compare(const Options& options, const std::vector<std::string>& command) {
  if (!options.at.empty()) return run_feeds(options);
  Result<CompareOptions> planned = compare_options(options);
  if (!planned) return report(planned.error());
  for (const std::string& word : command)
    planned->command += (planned->command.empty() ? "" : " ") + shown_word(word);
  if (options.dry_run) {
    std::fputs(compare_plan(*planned).c_str(), stdout);
    return 0;
  }
  Result<MeasuredClient> client = MeasuredClient::begin(*planned);
  if (!client) return report(client.error());
  return run(OnSignal::reraise, [&](Reactor& reactor, Shutdown& shutdown) {
    return compare(reactor, shutdown, std::move(*planned), *client);
  });
}

}  // namespace rt
