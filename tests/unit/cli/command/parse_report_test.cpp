#include "unit/cli/command_lines.hpp"

using namespace rt;

TEST_CASE("reports: every client and every route has them") {
  for (const char* const program : {"rtpoll", "rtsse", "rtws", "rtmqtt"})
    for (const char* const verb : {"sub", "pub", "pipe"}) {
      const Options o =
          parsed({program, verb, "--progress", "--stats", "--stats-json", "f", "h/x"});
      CHECK(o.progress);
      CHECK(o.stats);
      CHECK(o.stats_json == "f");
      CHECK(parsed({program, verb, "--no-progress", "h/x"}).no_progress);
      const Options none = parsed({program, verb, "h/x"});
      CHECK_FALSE(none.progress);
      CHECK_FALSE(none.stats);
      CHECK(none.stats_json.empty());
    }
  const Options relay = parsed({"rtrelay", "--progress", "--stats", "--stats-json=f", "-", "-"});
  CHECK(relay.progress);
  CHECK(relay.stats);
  CHECK(relay.stats_json == "f");
  CHECK(parsed({"rtrelay", "--no-progress", "-", "-"}).no_progress);
  CHECK(parsed({"rtws", "pub", "h/x"}, {{"RT_STATS", "1"}, {"RT_STATS_JSON", "f"}}).stats);
}
