#include "model/network_conditions.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {

TEST_CASE("a network: what it may be, and how it is written again") {
  const struct {
    const char *text, *written, *fault;
  } rows[] = {
      {"lan", "rtt=500us,jitter=100us,down=1gbit,up=1gbit", ""},
      {"wifi", "rtt=6ms,jitter=3ms,down=100mbit,up=50mbit", ""},
      {"4g", "rtt=60ms,jitter=20ms,down=20mbit,up=8mbit", ""},
      {"3g", "rtt=150ms,jitter=50ms,down=1600kbit,up=750kbit", ""},
      {"satellite", "rtt=600ms,jitter=20ms,down=20mbit,up=3mbit", ""},
      {"4g,up=500kbit", "rtt=60ms,jitter=20ms,down=20mbit,up=500kbit", ""},
      {"rtt=80ms,jitter=20ms,down=2mbit,up=1mbit", "rtt=80ms,jitter=20ms,down=2mbit,up=1mbit", ""},
      {"up=1.5mbit", "up=1500kbit", ""},
      {"rtt=1.5s", "rtt=1500ms", ""},
      {"rtt=0.25ms", "rtt=250us", ""},
      {"rtt=0s", "none", ""},
      {"down=1000bit", "down=1kbit", ""},
      {"", "", "'' is no network: lan, wifi, 4g, 3g, satellite or such as rtt=80ms,down=2mbit"},
      {"5g", "", "'5g' is no network: lan, wifi, 4g, 3g, satellite or such as rtt=80ms,down=2mbit"},
      {"4g,", "", "'' is no network: lan, wifi, 4g, 3g, satellite or such as rtt=80ms,down=2mbit"},
      {"rtt=80ms,4g", "",
       "'4g' is no network: lan, wifi, 4g, 3g, satellite or such as rtt=80ms,down=2mbit"},
      {"rtt=80", "", "'rtt=80' is no network: a time is written like 80ms"},
      {"rtt=ms", "", "'rtt=ms' is no network: a time is written like 80ms"},
      {"rtt=-1ms", "", "'rtt=-1ms' is no network: a time is written like 80ms"},
      {"rtt=1.ms", "", "'rtt=1.ms' is no network: a time is written like 80ms"},
      {"rtt=1.0000001s", "", "'rtt=1.0000001s' is no network: a time is written like 80ms"},
      {"rtt=99999999999999999999s", "",
       "'rtt=99999999999999999999s' is no network: a time is written like 80ms"},
      {"rtt=61s", "", "'rtt=61s' is no network: a minute at most"},
      {"down=2mb", "", "'down=2mb' is no network: a rate is written like 2mbit"},
      {"down=0bit", "", "'down=0bit' is no network: from 1kbit to 1000gbit"},
      {"down=1001gbit", "", "'down=1001gbit' is no network: from 1kbit to 1000gbit"},
      {"down=18446744073709551615gbit", "",
       "'down=18446744073709551615gbit' is no network: a rate is written like 2mbit"},
      {"loss=1%", "", "'loss=1%' is no network: rtt, jitter, down and up can be set"},
      {"rtt=1\nms", "", "'rtt=1\\x0Ams' is no network: a time is written like 80ms"},
      {"rtt=10ms,jitter=11ms", "",
       "the jitter of a network is at most its rtt, here rtt=10ms,jitter=11ms"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const Result<NetworkConditions> parsed = parse_network_conditions(row.text);
    CHECK((parsed ? "" : parsed.error().text()) == std::string(row.fault));
    if (!parsed) {
      CHECK(parsed.error().fault() == Fault::usage);
      continue;
    }
    CHECK(network_conditions_text(*parsed) == row.written);
    if (parsed->rtt.count() == 0 && parsed->down == 0 && parsed->up == 0) continue;
    const Result<NetworkConditions> again = parse_network_conditions(row.written);
    REQUIRE(again);
    CHECK(*again == *parsed);
  }
}

}  // namespace rt
