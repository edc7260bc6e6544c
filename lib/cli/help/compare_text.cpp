#include "cli/help/compare_text.hpp"

namespace rt::cli {
namespace {

constexpr std::string_view kAgainst =
    "With --against what has changed since an earlier report is shown, way by way and figure by "
    "figure: what differs by more than the rounds of both together do. Reports of another version, "
    "or of another plan (message, rate, readers, publishers, time, network, cut, --late, "
    "--poll-every, --two-way, --binary), are refused, and you are told what differs.";
constexpr std::string_view kHtml =
    "--html writes the report as a page in one file. It fetches nothing and runs nothing, is light "
    "or dark as the browser wants it, and can be printed.";

constexpr std::string_view kParagraphs[] = {
    "Compare starts a server for each way, lets --readers readers connect to it through a proxy in "
    "the program, sends messages at --rate for as long as --for says, and counts what comes. All "
    "ways are measured in turn, in --rounds rounds, so that what else the machine does meets each "
    "of them. On a terminal one line shows what is being measured, how long all of it still takes, "
    "and what is known so far.",
    "Latency lasts from the time at which a message should have left by the schedule, which waits "
    "for nobody, until a reader has all of it. A figure is the median of the rounds. In the table "
    "~3% "
    "after it says how far a round lies from it, * marks the best of a line, and ? marks a way for "
    "which the machine was too busy to send in time: its figures are not good. The table fits the "
    "terminal, and 100 columns where there is none; ways that do not fit go on below. --wide shows "
    "all figures, each with its least and its most.",
    "Below the table stands what to take, and why. Each rule leaves out the ways that are worse in "
    "one point, the gravest first: whose figures are not good; which fail a need of --needs; who "
    "lose more; of whom more comes late; which meet a need at a price only; who take longer; who "
    "take more bytes; who take more CPU; what is less simple. rtwire(7) has the bounds, and says "
    "which way meets which need.",
    "With --sweep all of it is measured with each value of --rate or --readers. For each figure "
    "you "
    "see a table with a line a value, and then at which value another way becomes the best. That "
    "is "
    "told only where the one is better on one side and the other one on the other side, in all "
    "rounds; the value between two that were measured is taken from straight lines between them, "
    "both axes being logarithmic.",
    kAgainst,
    kHtml,
};

constexpr std::pair<std::string_view, std::string_view> kKeys[] = {
    {"version",
     "1. It grows when a key goes or means something else; keys may be added at any time"},
    {"program", "The program and its version"},
    {"time", "When it began, in RFC 3339"},
    {"command", "The command line, as sh reads it, without what a URL says of its user"},
    {"machine", "An object: processor, processors (how many) and system"},
    {"conditions",
     "An object: message_bytes, binary, two_way, rate (messages a second; null when it is swept), "
     "readers (null when they are swept), publishers, seconds (each way in a round), rounds, "
     "network, "
     "late_seconds, cut_after_seconds and cut_for_seconds (null without --cut), "
     "poll_every_seconds"},
    {"ways",
     "An array, an object a way: way (its name), behind (true: the machine was too busy, so its "
     "figures are not good), sent, expected and delivered (messages of all rounds, at all readers "
     "together), cut_expected and cut_resumed (of them, what was sent while readers were cut off, "
     "and what they had of it afterwards), idle_seconds (how long idle readers were watched), the "
     "figures, latency and timeline"},
    {"ways: the figures",
     "p50_seconds, p90_seconds, p99_seconds, p999_seconds, max_seconds, lost_percent, doubled, "
     "out_of_order, late_percent, back_seconds, cut_lost_percent, first_seconds, down_bytes, "
     "up_bytes, "
     "base64_bytes, tcp_ip_bytes, tls_bytes, down_writes, requests, connections, "
     "idle_bytes_an_hour, idle_down_bytes_an_hour, idle_up_bytes_an_hour, server_cpu_seconds, "
     "client_cpu_seconds, server_bytes. Each is null or an object with median, least and most of "
     "the "
     "rounds, and with rounds, the value of each of them (absent where it is measured once); with "
     "computed, true, where "
     "it was not measured but computed"},
    {"ways: latency",
     "An array of pairs: a part of all messages, and the seconds that it took at most"},
    {"ways: timeline",
     "An array of objects for parts of the time, by when messages should have left: from_seconds, "
     "expected, delivered, longest_seconds (null: none came)"},
    {"needs",
     "An array of objects: need, and met_by, the names of measured ways that do not fail it"},
    {"take", "The name of the way to take, or null"},
    {"verdict", "The same in words, with the reasons, or null"},
    {"sweep",
     "Null or an object: of (rate or readers), points (an array of objects: value, and ways, take "
     "and "
     "verdict as above), crossings (an array of objects: figure, at, below and above, the ways "
     "that "
     "are the best there). Then ways is empty"},
    {"against",
     "Null or an object: program and time of the earlier report, and changes, an array of objects: "
     "way, figure, before and now (median, least, most), better"},
};

}  // namespace

std::span<const std::string_view> compare_paragraphs() {
  return kParagraphs;
}

std::span<const std::pair<std::string_view, std::string_view>> compare_keys() {
  return kKeys;
}

}  // namespace rt::cli
