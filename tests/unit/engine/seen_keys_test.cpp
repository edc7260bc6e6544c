#include "engine/seen_keys.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace rt;

TEST_CASE("each new key once, and what the last lists had is not new") {
  struct Row {
    std::vector<std::vector<std::string>> lists;
    std::vector<std::string> news;
  };
  const std::string long_key(1000, 'x');
  const Row rows[] = {
      {{{"a", "b"}, {"b", "c"}, {"a"}}, {"a", "b", "c"}},
      {{{"a", "a"}, {""}, {""}}, {"a", ""}},
      {{{"a"}, {"b"}, {"b"}, {"b"}, {"a"}}, {"a", "b", "a"}},  // three lists are remembered
      {{{long_key + "1"}, {long_key + "2"}, {long_key + "1"}}, {long_key + "1", long_key + "2"}},
  };
  for (const Row& row : rows) {
    SeenKeys seen(3);
    std::vector<std::string> news;
    for (const auto& list : row.lists) {
      seen.begin_list();
      for (const std::string& key : list)
        if (seen.add(key)) news.push_back(key);
    }
    CHECK(news == row.news);
  }
}

TEST_CASE("of too many keys those of the last list are remembered") {
  SeenKeys seen(16, 10);
  int number = 0;
  for (int list = 0; list < 8; ++list) {
    seen.begin_list();
    for (int i = 0; i < 6; ++i) CHECK(seen.add(std::to_string(number++)));
    CHECK(seen.size() <= 18);
  }
  seen.begin_list();
  CHECK(!seen.add(std::to_string(number - 1)));
}

TEST_CASE("what was seen goes on in another process") {
  SeenKeys seen(16);
  seen.begin_list();
  for (const char* const key : {"a", "", "long enough to be no short string"}) seen.add(key);
  seen.begin_list();
  seen.add("b");
  const std::string saved = seen.saved();
  CHECK(saved == seen.saved());

  SeenKeys next(16);
  CHECK(next.restore(saved));
  next.begin_list();
  for (const char* const key : {"a", "", "long enough to be no short string", "b"})
    CHECK_FALSE(next.add(key));
  CHECK(next.add("c"));

  // The last list first.
  SeenKeys fewer(16);
  CHECK(fewer.restore(seen.saved(1)));
  CHECK(fewer.size() == 1);
  CHECK_FALSE(fewer.add("b"));

  for (std::size_t cut = 0; cut < saved.size(); ++cut) {
    SeenKeys other(16);
    if (!other.restore(saved.substr(0, cut))) CHECK(other.size() == 0);
  }
  CHECK(SeenKeys().restore(""));
  CHECK_FALSE(
      SeenKeys().restore("\x05"
                         "abc"));
}
