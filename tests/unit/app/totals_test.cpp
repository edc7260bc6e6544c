#include "app/totals.hpp"

#include <doctest/doctest.h>

#include <csignal>

namespace rt {
namespace {

Totals example() {
  Totals totals;
  totals.program = "rtws";
  totals.verb = "pub";
  totals.endpoint = "ws://h/x";
  totals.sent = Traffic{2'000'000, 13'000'000, 12ms};
  totals.start = *parse_time("2026-01-02T03:04:05.678901Z");
  totals.end = totals.start + 2s;
  totals.duration = 2s;
  return totals;
}

TEST_CASE("totals for people") {
  CHECK(totals_text(example()) ==
        "rtws pub ws://h/x: 2.000 s, exit 0\n"
        "  sent  2000000 messages  12.4 MiB  1.0M/s  6.2 MiB/s  first after 0.012 s\n"
        "  reconnects 0, unfinished 0, refused 0");
}

TEST_CASE("totals for people: columns stand below one another") {
  Totals totals = example();
  totals.verb = "pipe";
  totals.received = Traffic{7, 0, {}};
  totals.signal = SIGINT;
  totals.reconnects = 2;
  totals.gaps = 1;
  totals.lost = 40;
  totals.failed = 3;
  totals.uncertain = true;
  CHECK(totals_text(totals) ==
        "rtws pipe ws://h/x: 2.000 s, SIGINT\n"
        "  sent      2000000 messages  12.4 MiB  1.0M/s  6.2 MiB/s  first after 0.012 s\n"
        "  received        7 messages       0 B   3.5/s      0 B/s\n"
        "  reconnects 2, gaps 1, lost 40, unfinished 0, refused 0, failed 3, uncertain: a "
        "connection was lost that acknowledges nothing");
}

TEST_CASE("totals for people: a relay has a line for each direction") {
  Totals totals;
  totals.program = "rtrelay";
  totals.verb = "relay";
  totals.duration = 500ms;
  totals.exit_code = 9;
  totals.lost = 2;
  totals.routes.push_back({{"a", "b"}, {"c"}, {10, 20, 5ms}, 0, 0});
  totals.routes.push_back({{"c"}, {"a", "b"}, {1, 2, {}}, 3, 4});
  CHECK(totals_text(totals) ==
        "rtrelay: 0.500 s, exit 9\n"
        "  a b > c  10 messages  20 B  20/s  40 B/s  first after 0.005 s\n"
        "  c > a b   1 messages   2 B   2/s   4 B/s\n"
        "  c > a b: dropped 3, unfinished 4\n"
        "  reconnects 0, lost 2, unfinished 0, refused 0");
}

TEST_CASE("totals: how long messages and answers took") {
  Totals totals = example();
  Histogram lengths;
  lengths.add(1'500ms);
  totals.round_trips = delay_totals(lengths);
  totals.latency = {.number = 100, .p50 = 20us, .p90 = 1ms, .p99 = 12'345us, .max = 2s};
  CHECK(
      totals_text(totals) ==
      "rtws pub ws://h/x: 2.000 s, exit 0\n"
      "  sent  2000000 messages  12.4 MiB  1.0M/s  6.2 MiB/s  first after 0.012 s\n"
      "  latency         p50 0.020 ms     p90 1.000 ms    p99 12.345 ms  max 2000.000 ms  of 100\n"
      "  round trips  p50 1500.000 ms  p90 1500.000 ms  p99 1500.000 ms  max 1500.000 ms    of 1\n"
      "  reconnects 0, unfinished 0, refused 0");
  CHECK(totals_json(totals).find(
            R"("latency_seconds":{"count":100,"p50":0.000020,"p90":0.001000,"p99":0.012345,)"
            R"("max":2.000000},"clocks_differ_seconds":null,)"
            R"("round_trip_seconds":{"count":1,"p50":1.500000,)") != std::string::npos);
  totals.latency.before = 3;
  totals.latency.most_before = 1'500us;
  totals.round_trips = {};
  CHECK(
      totals_text(totals).find(
          "\n  latency: the clocks differ: 3 of 103 messages came up to 1.500 ms before they were "
          "sent\n") != std::string::npos);
  CHECK(totals_text(totals).find("p50") == std::string::npos);
  CHECK(
      totals_json(totals).find(
          R"("latency_seconds":null,"clocks_differ_seconds":0.001500,"round_trip_seconds":null)") !=
      std::string::npos);
}

TEST_CASE("totals for machines") {
  CHECK(totals_json(example()) ==
        R"({"program":"rtws","version":")" RT_VERSION R"(","verb":"pub","endpoint":"ws://h/x",)"
        R"("start_time":"2026-01-02T03:04:05.678901Z","end_time":"2026-01-02T03:04:07.678901Z",)"
        R"("duration_seconds":2.000000,"exit_code":0,"signal":null,"error":null,)"
        R"("sent":{"messages":2000000,"bytes":13000000,"messages_per_second":1000000.000,)"
        R"("bytes_per_second":6500000.000,"first_seconds":0.012},"received":null,)"
        R"("latency_seconds":null,"clocks_differ_seconds":null,"round_trip_seconds":null,)"
        R"("unfinished":0,"reconnects":0,"gaps":0,"lost":0,"refused":0,"failed":0,)"
        R"("uncertain":false})"
        "\n");
}

TEST_CASE("totals for machines: nothing has happened, in no time") {
  Totals totals;
  totals.program = "rtsse";
  totals.verb = "sub";
  totals.endpoint = "http://h/\"\n\xFF";
  totals.received = Traffic{};
  totals.exit_code = 130;
  totals.signal = SIGINT;
  totals.error = "no \"such\" thing";
  const std::string json = totals_json(totals);
  CHECK(json.find(R"("endpoint":"http://h/\"\n)"
                  "\xEF\xBF\xBD\"") != std::string::npos);
  CHECK(json.find(R"("messages_per_second":0.000,"bytes_per_second":0.000,"first_seconds":null)") !=
        std::string::npos);
  CHECK(json.find(R"("exit_code":130,"signal":"SIGINT","error":"no \"such\" thing")") !=
        std::string::npos);
  CHECK(json.find(R"("sent":null)") != std::string::npos);
  CHECK(json.find("routes") == std::string::npos);
  CHECK(json.find('\n') == json.size() - 1);
}

TEST_CASE("totals for machines: huge numbers stay exact") {
  Totals totals = example();
  totals.sent = Traffic{UINT64_MAX, UINT64_MAX, Milliseconds(std::int64_t{1} << 50)};
  totals.duration = std::chrono::microseconds(1);
  const std::string json = totals_json(totals);
  CHECK(json.find(R"("messages":18446744073709551615,"bytes":18446744073709551615,)") !=
        std::string::npos);
}

TEST_CASE("totals for machines: a relay has routes, also when it never began") {
  Totals totals;
  totals.program = "rtrelay";
  totals.verb = "relay";
  totals.routes.push_back({{"a", "b"}, {"c"}, {10, 20, 5ms}, 1, 2});
  CHECK(totals_json(totals).find(R"("endpoint":null,)") != std::string::npos);
  CHECK(totals_json(totals).find(
            R"("routes":[{"from":["a","b"],"to":["c"],"messages":10,"bytes":20,)"
            R"("messages_per_second":0.000,"bytes_per_second":0.000,"first_seconds":0.005,)"
            R"("dropped":1,"unfinished":2}])") != std::string::npos);
  totals.routes.clear();
  CHECK(totals_json(totals).find(R"("routes":[])") != std::string::npos);
}

}  // namespace
}  // namespace rt
