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
