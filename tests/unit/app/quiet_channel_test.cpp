#include "app/quiet_channel.hpp"

#include <doctest/doctest.h>

using namespace rt;

TEST_CASE("what is told of a channel on which nothing came") {
  const struct {
    std::string_view what;
    std::string_view channel;
    std::vector<ListedChannel> listed;
    std::string_view text;
    bool names_another;
  } rows[] = {
      {"a slip",
       "/rnadom",
       {{"/random", "3"}, {"/other", "1"}},
       "nothing on /rnadom yet; there is /random",
       true},
      {"the closest",
       "/sensors/tmep",
       {{"/sensors/tempo", "1"}, {"/sensors/temp", "3"}},
       "nothing on /sensors/tmep yet; there is /sensors/temp",
       true},
      {"three slips in a long name",
       "/sensors/alpha-10",
       {{"/sensors/omega-10", "3"}},
       "nothing on /sensors/alpha-10 yet",
       false},
      {"nothing like it", "/rnadom", {{"/sensors", "3"}}, "nothing on /rnadom yet", false},
      {"only others who wait",
       "/rnadom",
       {{"/random", "0"}, {"/rnadom", "0"}},
       "nothing on /rnadom yet",
       false},
      {"nothing new",
       "/random",
       {{"/rnadom", "1"}, {"/random", "12"}},
       "nothing new on /random yet; --last 12 shows what is there",
       false},
      {"a name that steers terminals",
       "/ran\x1b[2Jdom",
       {{"/ran\x1b[3Jdom", "1"}},
       "nothing on /ran\\x1B[2Jdom yet; there is /ran\\x1B[3Jdom",
       true},
      {"the root", "/", {{"/x", "1"}}, "nothing on / yet", false},
      {"a short name", "/ab", {{"/ac", "1"}}, "nothing on /ab yet", false},
      {"no list", "/x", {}, "nothing on /x yet", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const QuietWord word = quiet_word(row.channel, row.listed);
    CHECK(word.text == row.text);
    CHECK(word.names_another == row.names_another);
  }
}
