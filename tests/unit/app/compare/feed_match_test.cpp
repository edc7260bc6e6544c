#include "app/compare/feed_match.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "app/compare/feed_report.hpp"

namespace rt {
namespace {

struct Came {
  std::size_t feed;
  const char* key;
  Milliseconds at;
};

FeedMatch match_of(const std::vector<Came>& all) {
  FeedMatch match(3);
  for (const Came& one : all) match.came(one.feed, one.key, SteadyTime(one.at));
  return match;
}

Milliseconds rounded(Histogram::Length length) {
  return std::chrono::duration_cast<Milliseconds>(length);
}

}  // namespace

TEST_CASE("which feed brings the same message first") {
  const FeedMatch match = match_of({{0, "a", 10ms},
                                    {1, "a", 15ms},
                                    {1, "b", 20ms},
                                    {0, "b", 30ms},
                                    {2, "b", 60ms},
                                    // Within a millisecond nobody is first.
                                    {0, "c", 100ms},
                                    {2, "c", 100ms},
                                    // Only one has it.
                                    {0, "d", 110ms},
                                    // It cannot be told apart.
                                    {0, "e", 120ms},
                                    {1, "e", 121ms},
                                    {0, "e", 122ms}});
  CHECK(match.shared() == 3);
  CHECK(match.repeated() == 1);
  CHECK_FALSE(match.full());
  const auto leads = match.leads();
  REQUIRE(leads.size() == 3);
  const struct {
    std::uint64_t shared, first, tied, behind;
  } expected[] = {{3, 1, 1, 1}, {2, 1, 0, 1}, {2, 0, 1, 1}};
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(leads[i].shared == expected[i].shared);
    CHECK(leads[i].first == expected[i].first);
    CHECK(leads[i].tied == expected[i].tied);
    CHECK(leads[i].behind.count() == expected[i].behind);
    CHECK(leads[i].earlier.count() == expected[i].first);
  }
  CHECK(rounded(leads[0].earlier.max()) == 5ms);
  CHECK(rounded(leads[1].earlier.max()) == 10ms);
  CHECK(rounded(leads[2].behind.max()) == 40ms);
}

TEST_CASE("what several feeds have brought, in a table and for programs") {
  const FeedMatch match = match_of({{0, "a", 10ms},
                                    {1, "a", 15ms},
                                    {1, "b", 20ms},
                                    {0, "b", 30ms},
                                    {0, "c", 40ms},
                                    {1, "c", 44ms}});
  FeedsFigures figures{.seconds = 2,
                       .feeds = {{.name = "sse+http://h/a",
                                  .messages = 3,
                                  .bytes = 30,
                                  .longest_silence = 0.02,
                                  .ended = {},
                                  .lead = match.leads()[0]},
                                 {.name = "ws://h/b",
                                  .messages = 3,
                                  .bytes = 30,
                                  .gaps = 1,
                                  .missed = 7,
                                  .longest_silence = {},
                                  .ended = "closed",
                                  .lead = match.leads()[1]}},
                       .shared = match.shared()};
  const std::string table = feeds_table(figures);
  for (const char* part :
       {"1  sse+http://h/a\n2  ws://h/b\n", "messages                       3         3\n",
        "messages in gaps               0         7\n",
        "came first, %               66.7      33.3\n", "Feed 2 ended before its time: closed\n",
        "Feed 1 is the first with 66.7 % of 3 messages, half of these at least 4.00 ms "
        "earlier.\n"}) {
    CAPTURE(table);
    CHECK(table.find(part) != std::string::npos);
  }
  const std::string json = feeds_json(figures);
  CHECK(json.starts_with("{\"version\":1,"));
  CHECK(json.find(R"("name":"ws://h/b","ended":"closed","messages":3,"rate":1.5,)") !=
        std::string::npos);
  CHECK(json.ends_with("]}\n"));

  figures.shared = 0;
  figures.keyless = 1;
  figures.feeds[0].lead = figures.feeds[1].lead = {};
  CHECK(feeds_table(figures).find("No message came by more than one feed") != std::string::npos);
  CHECK(feeds_table(figures).find("1 message had nothing where --same-by points to.") !=
        std::string::npos);
}

}  // namespace rt
