#include "base/text.hpp"
#include "cli/options/rows.hpp"
#include "model/condition.hpp"
#include "model/json_pointer.hpp"
#include "model/pattern.hpp"

namespace rt::cli {
namespace {

// What these hold is judged where it is carried out.
Problem read_pattern(std::string_view text, std::string& value) {
  const auto pattern = Pattern::parse(text);
  if (!pattern) return pattern.error().text();
  value = text;
  return {};
}

Problem read_pointer(std::string_view text, std::string& value) {
  const auto pointer = JsonPointer::parse(text);
  if (!pointer) return pointer.error().text();
  value = text;
  return {};
}

Problem read_condition(std::string_view text, std::string& value) {
  const auto condition = Condition::parse(text);
  if (!condition) return condition.error().text();
  value = text;
  return {};
}

// Its words are judged when it is known whether sh gets it.
Problem read_command(std::string_view text, std::string& value) {
  if (trim(text).empty()) return "must name a program";
  value = text;
  return {};
}

// A process for each, and a descriptor for each that gets a long message.
constexpr std::uint64_t kMostJobs = 256;

Problem read_jobs(std::string_view text, std::size_t& value) {
  std::uint64_t jobs = 0;
  Problem problem = read_count(text, 1, jobs);
  if (problem.empty() && jobs > kMostJobs) problem = "must be at most " + show_count(kMostJobs);
  if (problem.empty()) value = static_cast<std::size_t>(jobs);
  return problem;
}

constexpr Binding jobs() {
  return {[](Options& options, std::string_view text) -> Problem {
            return read_jobs(text, options.exec_jobs);
          },
          [](const Options& options) { return show_count(options.exec_jobs); }};
}

Problem read_report_file(std::string_view text, std::string& value) {
  if (text == "-") return "stdout is for messages: name a file, or /dev/stderr";
  return read_word(text, value);
}

constexpr OptionRow kRows[] = {
    // --- what ends a run
    {.name = "expect",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .common = {kClients, kReads},
     .arity = Arity::value,
     .value = "PATTERN",
     .summary = "Exit 0 at a message with PATTERN, else 7",
     .text = "PATTERN is a text, or /REGEX/: a POSIX extended regular expression, and /REGEX/i "
             "without regard to case. The messages up to that one are written. 7 when --within or "
             "--timeout passed, --count was reached, or the stream ended before.",
     .conflicts = "until",
     .binding = string<&O::expect, read_pattern>()},
    {.name = "within",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .common = {kWeb, kReads},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Longest time to wait for what --expect names",
     .text = "From the start of the program on: connecting is part of it, with --retry that of a "
             "server that is not there yet, too.",
     .needs = "expect",
     .binding = duration<&O::within>()},
    {.name = "until",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .arity = Arity::value,
     .value = "PATTERN",
     .summary = "Stop behind a message that has PATTERN in it",
     .text = "PATTERN is that of --expect. A stream that ends before it is no failure.",
     .conflicts = "expect",
     .binding = string<&O::until, read_pattern>()},

    // --- what of the messages is wanted
    {.name = "select",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .also = {kRelay, kRoute},
     .ends = both_ways(kAllEnds),
     .arity = Arity::list,
     .value = "POINTER",
     .summary = "Take a part of each JSON payload (repeatable)",
     .text = "A JSON pointer: /price, /items/0/name; * names each element of an array: "
             "/items/*/name. Each part becomes a message of its own, a string as its text, and is "
             "what is printed, matched, counted and run; with --json the message stays whole and "
             "has them as \"selected\". A message without such a part is left out.",
     .from_environment = false,
     .binding = list<&O::select, read_pointer>()},
    {.name = "where",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .also = {kRelay, kRoute},
     .ends = both_ways(kAllEnds),
     .arity = Arity::list,
     .value = "CONDITION",
     .summary = "Only JSON messages that fulfil it (repeatable)",
     .text = "POINTER=VALUE, with != < <= > >= in place of =, or POINTER~PATTERN, whose PATTERN is "
             "that of --expect. Numbers are compared as numbers. All conditions have to hold; of "
             "a pointer with * one of the values.",
     .from_environment = false,
     .binding = list<&O::where, read_condition>()},
    {.name = "event",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .also = {kWs | kPoll | kRelay, kPub | kRoute},
     .ends = both_ways(kAllEnds),
     .arity = Arity::list,
     .value = "NAME",
     .summary = "Only events of this name (repeatable)",
     .text = "That of Server-Sent Events, which hubs pass on over every transport; an event "
             "without a name is \"message\". With --protocol also the name of Socket.IO's and "
             "Phoenix's events, and in pub and pipe, given once, of those that are sent.",
     .from_environment = false,
     .binding = list<&O::events, read_word>()},
    {.name = "changes",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .also = {kRelay, kRoute},
     .ends = both_ways(kAllEnds),
     .summary = "Only what differs from the last of its channel",
     .text = "With --select what is compared is the selected part.",
     .binding = flag<&O::changes>()},
    {.name = "diff",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .also = {kRelay, kRoute},
     .ends = both_ways(kAllEnds),
     .summary = "Print what has changed in each message",
     .text =
         "The first is printed whole; then each change is a message: of JSON ~ POINTER OLD -> NEW, "
         "+ POINTER NEW, - POINTER OLD; of other texts the lines that differ. Messages that "
         "are the same are left out.",
     .conflicts = "json",
     .binding = flag<&O::diff>()},

    // --- commands
    {.name = "exec",
     .group = Group::output,
     .scope = {kClients, kReads},
     .also = {kWs, kServe},
     .common = {kClients, kReads},
     .arity = Arity::value,
     .value = "CMD",
     .completes = Completes::command,
     .summary = "Run CMD for each message, which is its stdin",
     .text = "Its stdin is the payload, with --json the envelope. Its environment says the rest: "
             "RTMSG_CHANNEL, RTMSG_ID, RTMSG_EVENT and others, see rtwire(7). CMD is split into "
             "words at spaces outside quotes; no shell reads it. While it runs no more messages "
             "are taken. One that fails is reported and makes the exit code 1. In rtws serve CMD "
             "runs for each connection: what comes is its stdin, what it writes is sent, framed as "
             "the options say; its environment has REMOTE_ADDR, PATH_INFO and QUERY_STRING.",
     .conflicts = "output format replay base-path",
     .binding = string<&O::exec, read_command>()},
    {.name = "exec-jobs",
     .group = Group::output,
     .scope = {kClients, kReads},
     .arity = Arity::value,
     .value = "N",
     .summary = "Commands of --exec that run at a time",
     .text = "With 1 they run in the order of the messages.",
     .needs = "exec",
     .binding = jobs()},
    {.name = "reply",
     .group = Group::output,
     .scope = {kMqtt, kSub},
     .summary = "Publish what CMD writes as the answer",
     .text = "To the message's response topic, with its correlation data (MQTT 5), without a "
             "newline at its end unless --raw is given. A message is acknowledged when its answer "
             "has arrived. What a command that fails has written is not sent, and an answer that "
             "the broker refuses is told and passed over: exit code 9.",
     .needs = "exec",
     .binding = flag<&O::reply>()},
    {.name = "max-children",
     .group = Group::server,
     .scope = {kWs, kServe},
     .arity = Arity::value,
     .value = "N",
     .summary = "Most commands of --exec at a time",
     .text = "A connection too many is refused with 503.",
     .needs = "exec",
     .binding = count<&O::max_children>()},
    {.name = "shell",
     .group = Group::output,
     .scope = {kClients, kReads},
     .also = {kWs, kServe},
     .summary = "CMD of --exec is a script for sh",
     .text = "What a message says is in variables and on stdin, never in the script: "
             "write \"$RTMSG_ID\", with the quotes.",
     .needs = "exec",
     .binding = flag<&O::shell>()},

    // --- reports
    {.name = "progress",
     .group = Group::output,
     .scope = {kClients, kStreams},
     .also = {kRelay, kRoute},
     .summary = "Show a live line of figures on stderr",
     .text = "Messages, rate, bytes, lag, reconnections, and the time left when the size is known. "
             "On no terminal it is a line a second. On a terminal a pub whose stdin is a file, or "
             "of a file longer than 1 MiB, shows it by itself after a second. In rtrelay it is "
             "--status.",
     .conflicts = "no-progress no-status quiet",
     .binding = flag<&O::progress>()},
    {.name = "no-progress",
     .group = Group::output,
     .scope = {kClients, kStreams},
     .also = {kRelay, kRoute},
     .summary = "Never show the live line of figures",
     .conflicts = "progress status",
     .binding = flag<&O::no_progress>()},
    {.name = "stats",
     .group = Group::output,
     .scope = {kClients, kStreams},
     .also = {kRelay, kRoute | kRun},
     .summary = "Show totals on stderr at the end",
     .text =
         "Messages, bytes, time, rates, and what was lost, refused or left; also at Ctrl-C. "
         "Beside these percentiles of the time that messages took since a hub got them "
         "(--sent-at: since they were sent), and of round trips: pings, acknowledgements, POSTs.",
     .binding = flag<&O::stats>()},
    {.name = "sent-at",
     .group = Group::output,
     .scope = {kClients, kReads},
     .arity = Arity::value,
     .value = "POINTER",
     .summary = "Where JSON messages say when they were sent",
     .text = "For the latency that --stats shows. A JSON pointer to RFC 3339, or to seconds, "
             "milliseconds, microseconds or nanoseconds since 1970.",
     .binding = string<&O::sent_at, read_pointer>()},
    {.name = "stats-json",
     .group = Group::output,
     .scope = {kClients, kStreams},
     .also = {kRelay, kRoute | kRun | kCompare},
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Write totals to FILE as JSON at the end",
     .text = "One object, whose keys rtwire(7) names; also when the run fails. A regular file is "
             "replaced as a whole.",
     .binding = string<&O::stats_json, read_report_file>()},
};

}  // namespace

std::span<const OptionRow> handling_rows() {
  return kRows;
}

}  // namespace rt::cli
