#include "cli/options/rows.hpp"

// What is recorded, and played again.
namespace rt::cli {
namespace {

constexpr std::chrono::microseconds kFastest = 1'000'000s;  // times as fast

Problem read_speed(std::string_view text, double& value) {
  if (text == "max") {
    value = 0;
    return {};
  }
  if (text.ends_with('x')) text.remove_suffix(1);
  const auto number = microseconds_of(text);
  if (!number || *number <= 0us || *number > kFastest)
    return "must be max, or how many times as fast: 2, 0.5";
  value = std::chrono::duration<double>(*number).count();
  return {};
}

constexpr Binding speed() {
  return {[](Options& options, std::string_view text) -> Problem {
            return read_speed(text, options.speed);
          },
          [](const Options&) { return std::string("1"); }};
}

Problem read_record_file(std::string_view text, std::string& value) {
  if (text == "-") return "stdout is for messages: name a file";
  return read_word(text, value);
}

constexpr OptionRow kRows[] = {
    {.name = "record",
     .group = Group::output,
     .scope = {kClients, kStreams},
     .also = {kWeb | kRelay, kServe | kRoute},
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Record all messages and when they passed",
     .text =
         "Both ways, one JSON object a line: an envelope with \"at\", seconds since the "
         "beginning, and \"from\", who sent it, and what became of connections. A relay records "
         "what comes from each of its ends and what is given to it. Headers and "
         "what --send says are not recorded. --replay plays it; rtwire(7) describes it.",
     .binding = string<&O::record, read_record_file>()},
    {.name = "replay",
     .group = Group::messages,
     .scope = {kClients, kPub},
     .also = {kWeb, kServe},
     .arity = Arity::value,
     .value = "FILE",
     .completes = Completes::file,
     .summary = "Play a recording as it was, in its time",
     .text = "pub publishes its messages, in place of stdin: what clients had sent, or what had "
             "come to a sub. serve plays what the server had sent to each client that connects, "
             "with the ends of its connections; rtpoll's plays it once, from the first request on. "
             "Lines of --json can be played as well.",
     .conflicts = "topic-from data exec echo base-path",
     .binding = string<&O::replay, read_word>()},
    {.name = "speed",
     .group = Group::messages,
     .scope = {kClients, kPub},
     .also = {kWeb, kServe},
     .arity = Arity::value,
     .value = "X",
     .summary = "Play it X times as fast, or max: at once",
     .needs = "replay",
     .binding = speed()},
    {.name = "replay-from",
     .group = Group::messages,
     .scope = {kClients, kPub},
     .also = {kWeb, kServe},
     .arity = Arity::value,
     .value = "SIDE",
     .choices = "client server",
     .summary = "Play what this side had sent",
     .needs = "replay",
     .binding = {[](Options& options, std::string_view text) -> Problem {
                   if (text != "client" && text != "server") return "must be client or server";
                   options.replay_from = text;
                   return {};
                 },
                 nullptr}},
};

}  // namespace

std::span<const OptionRow> recording_rows() {
  return kRows;
}

}  // namespace rt::cli
