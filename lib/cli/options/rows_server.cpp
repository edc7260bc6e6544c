#include <algorithm>

#include "cli/options/rows.hpp"

namespace rt::cli {
namespace {

Problem read_base_path(std::string_view text, std::string& value) {
  while (text.ends_with('/')) text.remove_suffix(1);
  const auto wrong = [](char c) { return c <= 0x20 || c == 0x7f || c == '?' || c == '#'; };
  if (!text.starts_with('/') || std::any_of(text.begin(), text.end(), wrong))
    return "not a path such as /live";
  value = text;
  return {};
}

constexpr OptionRow kRows[] = {
    // --- Server
    {.name = "history",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .also = {kRelay, kRoute},
     .common = {kPoll | kSse | kRelay, kServe},
     .arity = Arity::value,
     .value = "N",
     .summary = "Messages that each channel keeps",
     .binding = count<&O::history>()},
    {.name = "history-bytes",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .also = {kRelay, kRoute},
     .arity = Arity::value,
     .value = "SIZE",
     .summary = "Bytes that each channel keeps",
     .binding = size<&O::history_bytes>()},
    {.name = "history-age",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .also = {kRelay, kRoute},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Forget messages older than this",
     .binding = duration<&O::history_age>()},
    {.name = "memory",
     .group = Group::server,
     .scope = {kAll, kServe},
     .also = {kRelay, kRoute},
     .common = {kRelay, kServe},
     .arity = Arity::value,
     .value = "SIZE",
     .summary = "Memory of all channels, or of a broker",
     .text = "The oldest messages go first.",
     .binding = size<&O::memory>()},
    {.name = "max-channels",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .also = {kRelay, kRoute},
     .arity = Arity::value,
     .value = "N",
     .summary = "Most channels at a time",
     .binding = count<&O::max_channels>()},
    {.name = "max-connections",
     .group = Group::server,
     .scope = {kAll, kServe},
     .also = {kRelay, kRoute},
     .arity = Arity::value,
     .value = "N",
     .summary = "Most connections at a time",
     .text = "The system's limit on open files bounds it too.",
     .binding = count<&O::max_connections>()},
    {.name = "allow-origin",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .also = {kRelay, kRoute},
     .common = {kWeb | kRelay, kServe},
     .arity = Arity::list,
     .value = "ORIGIN",
     .summary = "Let pages of ORIGIN in (repeatable)",
     .text = "Browsers say which site a request comes from. Other sites may neither open "
             "WebSockets nor publish, unless they are named here.",
     .from_environment = false,
     .binding = list<&O::allow_origins, read_origin>()},
    {.name = "allow-host",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .also = {kRelay, kRoute | kRun},
     .common = {kRelay, kServe},
     .arity = Arity::list,
     .value = "HOST",
     .summary = "Answer to this Host name too (repeatable)",
     .text = "A server answers only to IP addresses, localhost and the names given here (and to "
             "this machine's own, where other machines reach it), so that no web site can reach it "
             "under a name of its own.",
     .from_environment = false,
     .binding = list<&O::allow_hosts, read_host>()},
    {.name = "base-path",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .arity = Arity::value,
     .value = "PATH",
     .summary = "Path that all URLs of the hub begin with",
     .text = "For a proxy that passes its own path on: with /live the channel /a is at /live/a, "
             "and the page at /live/. A proxy that takes it away needs nothing.",
     .conflicts = "exec replay",
     .binding = string<&O::base_path, read_base_path>()},
    {.name = "no-relay",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .summary = "What clients publish goes to stdout only",
     .binding = flag<&O::no_relay>()},
    {.name = "echo",
     .group = Group::server,
     .scope = {kWs, kServe | kPipe},
     .common = {kWs, kServe},
     .summary = "Send each message back to its sender",
     .text = "In pipe it takes the place of stdin, which is not read.",
     .conflicts = "hub replay",
     .binding = flag<&O::echo>()},
    {.name = "exit-on-eof",
     .group = Group::server,
     .scope = {kAll, kServe},
     .summary = "End when stdin ends",
     .text = "With --replay: when all of the recording has been played.",
     .binding = flag<&O::exit_on_eof>()},
    {.name = "heartbeat",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .also = {kRelay, kRoute},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Time between signs of life; 0 sends none",
     .text = "Comments on event streams, pings on WebSockets.",
     .binding = duration<&O::heartbeat, Zero::allowed>()},
    {.name = "sse-retry",
     .group = Group::server,
     .scope = {kWeb | kRelay, kServe},
     .also = {kRelay, kRoute},
     .arity = Arity::value,
     .value = "DURATION",
     .summary = "Reconnection time told to event streams",
     .text = "0 tells none.",
     .binding = duration<&O::sse_retry, Zero::allowed>()},
};

}  // namespace

std::span<const OptionRow> server_rows() {
  return kRows;
}

}  // namespace rt::cli
