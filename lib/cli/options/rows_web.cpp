#include "cli/options/rows.hpp"
#include "model/cursor_place.hpp"
#include "model/defaults.hpp"
#include "model/json_pointer.hpp"

namespace rt::cli {
namespace {

// Only --long=WAIT has a value.
Problem apply_long(Options& options, std::string_view text) {
  Milliseconds wait = defaults::kLongPollWait;
  Problem problem = text.empty() ? Problem() : read_duration(text, 1ms, wait);
  options.long_poll = wait;
  return problem;
}

// MIN..MAX.
Problem apply_adaptive(Options& options, std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return "must be two durations, as in 1s..1m";
  Milliseconds least{};
  Milliseconds most{};
  Problem problem = read_duration(text.substr(0, dots), 1ms, least);
  if (problem.empty()) problem = read_duration(text.substr(dots + 2), 1ms, most);
  if (problem.empty() && most < least) problem = "the second must not be less than the first";
  if (problem.empty()) options.adaptive = {least, most};
  return problem;
}

// Only --follow-next=N has a value.
Problem apply_follow_next(Options& options, std::string_view text) {
  std::uint64_t pages = defaults::kMostPages;
  Problem problem = text.empty() ? Problem() : read_count(text, 1, pages);
  options.follow_next = static_cast<std::size_t>(pages);
  return problem;
}

Problem apply_last(Options& options, std::string_view text) {
  std::uint64_t last = 0;
  Problem problem = read_count(text, 0, last);
  if (problem.empty()) options.last = last;
  return problem;
}

Problem read_pointer(std::string_view text, std::string& value) {
  const auto pointer = JsonPointer::parse(text);
  if (!pointer) return pointer.error().text();
  value = text;
  return {};
}

Problem read_cursor(std::string_view text, std::string& value) {
  const auto place = CursorPlace::parse(text);
  if (!place) return place.error().text();
  value = text;
  return {};
}

Problem apply_changed(Options& options, std::string_view text) {
  if (text == "body")
    options.changed = ChangedBy::body;
  else if (text == "validator")
    options.changed = ChangedBy::validator;
  else
    return "must be body or validator";
  return {};
}

constexpr OptionRow kRows[] = {
    // --- Polling
    {.name = "interval",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .common = {kPoll | kRelay, kReads | kRoute},
     .ends = as_source(kPollEnd),
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Time from one request to the next",
     .text = "Cache-Control and Retry-After of the server can make it longer.",
     .conflicts = "adaptive",
     .binding = duration<&O::interval>()},
    {.name = "jitter",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Make each pause longer by a random part of it",
     .text = "So that many clients do not ask at the same moment.",
     .binding = duration<&O::jitter, Zero::allowed>()},
    {.name = "adaptive",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .arity = Arity::value,
     .value = "RANGE",
     .summary = "Ask less often while nothing changes",
     .text =
         "RANGE is MIN..MAX, as 1s..1m: the interval is MIN after a change, and longer by a half "
         "after each answer without "
         "one, up to MAX.",
     .conflicts = "interval",
     .binding = {apply_adaptive, nullptr}},
    {.name = "follow-next",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .arity = Arity::optional_value,
     .value = "N",
     .summary = "Take the pages that Link: rel=next leads to",
     .text = "At most 10 after the first, or N, which follows an equals sign: --follow-next=3. "
             "They belong to the answer, which is new when its first page is.",
     .binding = {apply_follow_next, nullptr}},
    {.name = "any-origin",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .summary = "These pages may lie on another server",
     .text = "No credentials go there, and of -H only Content-Type and Accept.",
     .needs = "follow-next",
     .binding = flag<&O::any_origin>()},
    {.name = "ignore-max-age",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .summary = "Ask again while the last answer is fresh",
     .text = "Cache-Control: max-age does not make the interval longer.",
     .binding = flag<&O::ignore_max_age>()},
    {.name = "changed",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .arity = Arity::value,
     .value = "WHAT",
     .choices = "body validator",
     .summary = "An answer is new by its body or its validator",
     .text = "body: when its body is not that of the last one, as is usual with --interval. "
             "validator: also when its ETag or Last-Modified is another one, as is usual with "
             "--long.",
     .binding = {apply_changed, nullptr}},
    {.name = "items",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .arity = Arity::value,
     .value = "POINTER",
     .summary = "Each new element of this list is a message",
     .text = "A JSON pointer to an array of the answer: /results, or \"\" when the answer is one. "
             "All of the first answer are new; --last N takes the last N of them, --last 0 none.",
     .from_environment = false,
     .binding = string<&O::items, read_pointer>()},
    {.name = "item-key",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .arity = Arity::value,
     .value = "POINTER",
     .summary = "What tells elements of --items apart",
     .text = "A JSON pointer in the element: /id. Without it the whole element does, so that one "
             "that has changed comes again.",
     .needs = "items",
     .from_environment = false,
     .binding = string<&O::item_key, read_pointer>()},
    {.name = "cursor",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .arity = Arity::value,
     .value = "WHERE",
     .summary = "Where an answer says what to ask for next",
     .text = "A JSON pointer (/next_batch) or header:NAME; +1 behind it asks for the number after "
             "the greatest: /result/*/update_id+1. The next request has it as --cursor-param.",
     .needs = "cursor-param",
     .binding = string<&O::cursor, read_cursor>()},
    {.name = "cursor-param",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd),
     .arity = Arity::value,
     .value = "NAME",
     .summary = "The query parameter that takes the cursor",
     .text = "It takes the place of one of the same name in the URL.",
     .needs = "cursor",
     .binding = string<&O::cursor_param, read_token>()},
    {.name = "long",
     .group = Group::polling,
     .scope = {kPoll, kReads},
     .also = {kRelay, kRoute},
     .common = {kPoll, kReads},
     .ends = as_source(kPollEnd),
     .arity = Arity::optional_value,
     .value = "WAIT",
     .summary = "Long polling: let the server wait for news",
     .text = "The server is asked to wait up to 30s, or WAIT, before it answers that there is "
             "nothing new. WAIT follows an equals sign: --long=10s.",
     .binding = {apply_long, nullptr}},

    // --- The request
    {.name = "method",
     .alias = "request",
     .letter = 'X',
     .group = Group::connection,
     .scope = {kSse | kPoll | kRelay, kSub | kRoute},
     .ends = as_source(kSseEnd | kPollEnd),
     .arity = Arity::value,
     .value = "METHOD",
     .summary = "Ask with this method of HTTP",
     .text = "GET without it, POST with --data.",
     .binding = string<&O::method, read_token>()},

    // --- Resuming
    {.name = "since",
     .group = Group::resuming,
     .scope = {kWeb, kReads},
     .also = {kRelay, kRoute},
     .common = {kPoll | kSse, kReads},
     .ends = as_source(kPollEnd | kSseEnd | kWsEnd),
     .arity = Arity::value,
     .value = "ID",
     .summary = "Begin behind message ID of an rtwire hub",
     .text = "An empty ID means all that the hub keeps.",
     .conflicts = "last last-event-id",
     .binding = string<&O::since, read_line>()},
    {.name = "last",
     .group = Group::resuming,
     .scope = {kWeb, kReads},
     .also = {kRelay, kRoute},
     .common = {kWeb, kReads},
     .ends = as_source(kPollEnd | kSseEnd | kWsEnd),
     .arity = Arity::value,
     .value = "N",
     .summary = "Begin with the last N messages of a hub",
     .text = "With 0 only what comes from now on. With --items: of the first answer's elements.",
     .conflicts = "since last-event-id",
     .binding = {apply_last, nullptr}},
    {.name = "last-event-id",
     .group = Group::resuming,
     .scope = {kSse, kReads},
     .also = {kRelay, kRoute},
     .common = {kSse, kReads},
     .ends = as_source(kSseEnd),
     .arity = Arity::value,
     .value = "ID",
     .summary = "Begin behind this event, if the server can",
     .text = "The first request carries it as Last-Event-ID; later ones carry the last id seen. An "
             "empty ID means none.",
     .conflicts = "since last",
     .binding = string<&O::last_event_id, read_line>()},
    {.name = "allow-doubles",
     .group = Group::resuming,
     .scope = {kWeb, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kAllEnds),
     .summary = "Take what has come before, too",
     .text =
         "Without it a message of a hub that comes again, such as when another one on the same bus "
         "has taken its place, is known by its origin and comes once. A relay knows so what any of "
         "its sources has brought.",
     .binding = flag<&O::allow_doubles>()},
    {.name = "state",
     .group = Group::resuming,
     .scope = {kWeb, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kPollEnd | kSseEnd | kWsEnd),
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Leave in FILE where a run ends; begin there",
     .text =
         "The next run with FILE brings what has come since, as far as the server has it: after "
         "the last event id, at a hub's cursor, or with what polling knows, the elements of "
         "--items "
         "among it. FILE says so when a "
         "message has been written, or its command has ended, never before. Other options say "
         "where the first run begins. rtws needs --hub.",
     .binding = string<&O::state, read_word>()},
    {.name = "query-id",
     .group = Group::resuming,
     .scope = {kSse, kReads},
     .also = {kRelay, kRoute},
     .ends = as_source(kSseEnd),
     .arity = Arity::value,
     .value = "NAME",
     .summary = "Send the last id as this query parameter",
     .text = "For servers that want it in the URL, as Mercure's lastEventID: it then goes in no "
             "Last-Event-ID header.",
     .binding = string<&O::query_id, read_word>()},

    // --- WebSocket
    {.name = "subprotocol",
     .group = Group::websocket,
     .scope = {kWs, kClient | kServe},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kWsEnd | kHubEnd),
     .arity = Arity::list,
     .value = "NAME",
     .summary = "Offer or choose this subprotocol (repeatable)",
     .text = "A server chooses the first one that it was given and the client offers.",
     .from_environment = false,
     .binding = list<&O::subprotocols, read_token>()},
    {.name = "compress",
     .group = Group::websocket,
     .scope = {kWs, kClient | kServe},
     .also = {kRelay, kRoute | kServe},
     .ends = both_ways(kWsEnd | kHubEnd),
     .summary = "Compress messages (permessage-deflate)",
     .text = "Both ways, when the other side agrees. It costs time: worth it "
             "for long text over a slow line. A server compresses a message once for all readers.",
     .binding = flag<&O::compress>()},
    {.name = "origin",
     .group = Group::websocket,
     .scope = {kWs, kClient},
     .also = {kRelay, kRoute},
     .ends = both_ways(kWebEnds),
     .arity = Arity::value,
     .value = "ORIGIN",
     .summary = "Send this Origin header",
     .binding = string<&O::origin, read_word>()},
};

}  // namespace

std::span<const OptionRow> web_rows() {
  return kRows;
}

}  // namespace rt::cli
