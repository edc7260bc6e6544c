#include "model/http_url.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace rt;

TEST_CASE("a URL without a parameter, and without where its reader stands") {
  struct Row {
    std::string_view url;
    std::string_view without_k;
    std::string_view without_position;
  };
  const Row rows[] = {
      {"http://h/p", "http://h/p", "http://h/p"},
      {"http://h/p?k", "http://h/p", "http://h/p?k"},
      {"http://h/p?k=1&a=2&k=3#f", "http://h/p?a=2", "http://h/p?k=1&a=2&k=3"},
      {"http://h/p?kk=1&since=2&last=1&limit=&wait", "http://h/p?kk=1&since=2&last=1&limit=&wait",
       "http://h/p?kk=1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    CHECK(without_parameter(row.url, "k") == row.without_k);
    CHECK(without_position(row.url) == row.without_position);
  }
}
