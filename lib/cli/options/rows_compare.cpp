#include <algorithm>

#include "base/text.hpp"
#include "cli/options/rows.hpp"
#include "model/compared_need.hpp"
#include "model/json_pointer.hpp"
#include "model/network_conditions.hpp"
#include "model/relay_endpoint.hpp"
#include "model/swept.hpp"

// What is compared, by rtrelay compare.
namespace rt::cli {
namespace {

constexpr Scope kCompareOnly = {kRelay, kCompare};

Problem read_network(std::string_view text, std::string& value) {
  const auto network = parse_network_conditions(text);
  if (!network) return network.error().text();
  value = text;
  return {};
}

// "10s:2s": after how long, and for how long.
Problem read_cut(Options& options, std::string_view text) {
  const std::size_t colon = text.find(':');
  Milliseconds after{}, length{};
  if (colon == std::string_view::npos ||
      !read_duration(text.substr(0, colon), 1ms, after).empty() ||
      !read_duration(text.substr(colon + 1), 1ms, length).empty())
    return "not a cut such as 10s:2s (after 10 s, for 2 s)";
  options.compare_cut = std::pair(after, length);
  return {};
}

// Names of ComparedNeed, separated by commas.
Problem read_needs(Options& options, std::string_view text) {
  options.needs.clear();
  for (const std::string_view name : split(text, ',')) {
    if (!compared_need(trim(name)))
      return "not of two-way, binary, browser, offline, exactly-once, proxies";
    const std::string need(trim(name));
    if (std::find(options.needs.begin(), options.needs.end(), need) == options.needs.end())
      options.needs.push_back(need);
  }
  return {};
}

Problem read_sweep(std::string_view text, std::string& value) {
  const auto range = parse_swept_range(text);
  if (!range) return range.error().text();
  value = text;
  return {};
}

Problem read_page_file(std::string_view text, std::string& value) {
  if (text == "-") return "stdout has the table: name a file, or /dev/stderr";
  return read_word(text, value);
}

Problem read_feed(std::string_view text, std::string& value) {
  const auto endpoint = parse_relay_endpoint(text);
  if (!endpoint) return endpoint.error().text();
  if (const auto source = check_source(*endpoint); !source) return source.error().text();
  if (!endpoint->is_remote()) return "not a feed's URL such as sse+https://example.com/prices";
  value = text;
  return {};
}

Problem read_same_by(Options& options, std::string_view text) {
  const auto pointer = JsonPointer::parse(text);
  if (!pointer) return pointer.error().text();
  options.same_by = std::string(text);
  return {};
}

const OptionRow kRows[] = {
    {.name = "at",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::list,
     .value = "ENDPOINT",
     .completes = Completes::endpoint,
     .summary = "Compare feeds that exist (repeatable)",
     .text = "No server is started. All of them are read at the same time, --for in all from when "
             "the last one is connected: what each brings, and which one brings the same message "
             "how much earlier. URLs as those of a FROM.",
     .conflicts =
         "message readers publishers two-way rounds network cut hgrm needs html sweep against",
     .secret = Secret::yes,
     .from_environment = false,
     .binding = list<&O::at, read_feed>()},
    {.name = "same-by",
     .group = Group::relay,
     .scope = kCompareOnly,
     .arity = Arity::value,
     .value = "POINTER",
     .summary = "What tells that two messages are the same",
     .text =
         "A JSON pointer to an id, say. Without it messages with the same payload are the same.",
     .needs = "at",
     .binding = {read_same_by, nullptr}},
    {.name = "message",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "MESSAGE",
     .completes = Completes::file_behind_at,
     .summary = "What is sent: TEXT, @FILE or a SIZE",
     .text =
         "A SIZE is a number such as 200 or 2KiB. A FILE that is not UTF-8 is sent as binary. A "
         "mark of nine bytes is added to a TEXT and a FILE, so that each message is known "
         "again.",
     .conflicts = "at",
     .from_environment = false,
     .binding = string<&O::compare_message, read_word>()},
    {.name = "readers",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "N",
     .summary = "How many have each message",
     .conflicts = "at",
     .binding = count<&O::readers>()},
    {.name = "publishers",
     .group = Group::relay,
     .scope = kCompareOnly,
     .arity = Arity::value,
     .value = "N",
     .summary = "How many send, by turns",
     .conflicts = "two-way at",
     .binding = count<&O::publishers>()},
    {.name = "two-way",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .summary = "Measure requests and their answers",
     .text =
         "The readers ask by turns, --rate in all, and each has its answer from a program beside "
         "the server: the same message. Polling and SSE go up by POST. What is measured lasts "
         "from when a request should have left until its answer is there.",
     .conflicts = "publishers at",
     .binding = flag<&O::two_way>()},
    {.name = "for",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "How long each way is measured in a round",
     .binding = duration<&O::compare_time>()},
    {.name = "rounds",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "N",
     .summary = "How often all ways are measured, in turn",
     .text = "Figures are medians of the rounds; --stats-json has the least and the most, too.",
     .conflicts = "at",
     .binding = count<&O::rounds>()},
    {.name = "network",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "NETWORK",
     .summary = "The network between server and readers",
     .text = "lan, wifi, 4g, 3g, satellite, or such as rtt=80ms,jitter=20ms,down=2mbit,"
             "up=1mbit, or 4g,up=500kbit. For each connection by itself, and without loss of "
             "packets.",
     .conflicts = "at",
     .binding = string<&O::compare_network, read_network>()},
    {.name = "cut",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "TIMES",
     .summary = "Cut the readers' connections",
     .text = "10s:2s: after ten seconds, and for two seconds nobody connects.",
     .conflicts = "at",
     .binding = {read_cut, nullptr}},
    {.name = "late",
     .group = Group::relay,
     .scope = kCompareOnly,
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "What takes longer is late",
     .binding = duration<&O::late>()},
    {.name = "poll-every",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "The interval of poll and poll-cursor",
     .text = "And of each poll+http:// of --at.",
     .binding = duration<&O::poll_every>()},
    {.name = "wide",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .summary = "Show every figure, with its spread",
     .binding = flag<&O::wide>()},
    {.name = "sweep",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "SWEEP",
     .summary = "Go through values of rate or readers",
     .text = "rate=1,10,100 or readers=10,100,1000: all is measured with each of them, and you are "
             "told at which value another way becomes the best.",
     .conflicts = "at against hgrm",
     .binding = string<&O::sweep, read_sweep>()},
    {.name = "against",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Show what changed since a --stats-json FILE",
     .text = "Only what differs by more than the rounds do is shown. Both have to be measured with "
             "the same plan, and with two rounds or more.",
     .conflicts = "at sweep",
     .from_environment = false,
     .binding = string<&O::against, read_word>()},
    {.name = "needs",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "NEEDS",
     .summary = "What the way to take has to do",
     .text =
         "Separated by commas: two-way, binary, browser, offline (who was away gets what was "
         "missed), exactly-once, proxies (it passes those that know HTTP alone). A need that no "
         "way that was measured meets is told.",
     .conflicts = "at",
     .from_environment = false,
     .binding = {read_needs, nullptr}},
    {.name = "html",
     .group = Group::relay,
     .scope = kCompareOnly,
     .common = kCompareOnly,
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Write a page with charts to FILE",
     .text = "One file, which needs nothing beside it: the verdict, latency by percentiles, bytes, "
             "CPU, what a cut did, the table, and how it was measured.",
     .conflicts = "at",
     .from_environment = false,
     .binding = string<&O::html, read_page_file>()},
    {.name = "hgrm",
     .group = Group::relay,
     .scope = kCompareOnly,
     .arity = Arity::value,
     .value = "DIR",
     .summary = "Write each way's latencies there",
     .text = "A file WAY.hgrm for each way, with the percentile distribution of all rounds in "
             "milliseconds, as HdrHistogram's tools read and plot it.",
     .conflicts = "at sweep",
     .from_environment = false,
     .binding = string<&O::hgrm, read_word>()},
};

}  // namespace

std::span<const OptionRow> compare_rows() {
  return kRows;
}

}  // namespace rt::cli
