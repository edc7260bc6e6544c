#include "cli/option_rows.hpp"

namespace rt::cli {
namespace {

// What these hold is judged where it is carried out.
constexpr OptionRow kRows[] = {
    // --- what ends a run
    {.name = "expect",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .arity = Arity::value,
     .value = "PATTERN",
     .summary = "End with 0 when a message has PATTERN in it, else with 7",
     .text = "PATTERN is a text, or /REGEX/ (a POSIX extended regular expression; /REGEX/i without "
             "regard to case). The messages up to it are written.",
     .conflicts = "until",
     .binding = string<&O::expect, read_word>()},
    {.name = "within",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Longest time to wait for what --expect names",
     .needs = "expect",
     .binding = duration<&O::within>()},
    {.name = "until",
     .group = Group::messages,
     .scope = {kClients, kReads},
     .arity = Arity::value,
     .value = "PATTERN",
     .summary = "Stop behind a message that has PATTERN in it",
     .text = "PATTERN is that of --expect.",
     .conflicts = "expect",
     .binding = string<&O::until, read_word>()},

    // --- commands
    {.name = "exec",
     .group = Group::output,
     .scope = {kClients, kReads},
     .arity = Arity::value,
     .value = "CMD",
     .summary = "Run CMD for each message, which is its stdin",
     .text = "Its environment says the rest: RTMSG_CHANNEL, RTMSG_ID, RTMSG_EVENT and others, see "
             "rtwire(7). CMD is split into words at spaces outside quotes; no shell reads it. One "
             "that fails is reported and makes the exit code 1.",
     .conflicts = "output format",
     .binding = string<&O::exec, read_word>()},
    {.name = "exec-jobs",
     .group = Group::output,
     .scope = {kClients, kReads},
     .arity = Arity::value,
     .value = "N",
     .summary = "Commands of --exec that run at a time",
     .text = "With 1 they run in the order of the messages.",
     .needs = "exec",
     .binding = count<&O::exec_jobs>()},
    {.name = "shell",
     .group = Group::output,
     .scope = {kClients, kReads},
     .summary = "CMD of --exec is a script for sh",
     .needs = "exec",
     .binding = flag<&O::shell>()},

    // --- reports
    {.name = "progress",
     .group = Group::output,
     .scope = {kClients, kClient},
     .summary = "Show a live line of figures on stderr",
     .text = "Messages, rate, bytes, lag, reconnections, and the time left when the size is known. "
             "A pub of a file on a terminal shows it by itself.",
     .conflicts = "no-progress quiet",
     .binding = flag<&O::progress>()},
    {.name = "no-progress",
     .group = Group::output,
     .scope = {kClients, kClient},
     .summary = "Never show the live line of figures",
     .conflicts = "progress",
     .binding = flag<&O::no_progress>()},
    {.name = "stats",
     .group = Group::output,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute},
     .summary = "Show totals on stderr at the end",
     .binding = flag<&O::stats>()},
    {.name = "stats-json",
     .group = Group::output,
     .scope = {kClients, kClient},
     .also = {kRelay, kRoute},
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Write totals to FILE as JSON at the end",
     .binding = string<&O::stats_json, read_word>()},
};

}  // namespace

std::span<const OptionRow> handling_rows() {
  return kRows;
}

}  // namespace rt::cli
