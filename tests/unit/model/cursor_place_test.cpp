#include "model/cursor_place.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace rt;

TEST_CASE("where a cursor is") {
  struct Row {
    std::string_view text;
    std::string_view header;
    std::string_view pointer;
    bool next;
  };
  const Row rows[] = {
      {"/next_batch", "", "/next_batch", false},
      {"/result/*/update_id+1", "", "/result/*/update_id", true},
      {"/a+b", "", "/a+b", false},
      {"header:X-Consul-Index", "x-consul-index", "", false},
      {"header:X+1", "x", "", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto place = CursorPlace::parse(row.text);
    REQUIRE(place.ok());
    CHECK(place->header == row.header);
    CHECK(place->pointer.text() == row.pointer);
    CHECK(place->next == row.next);
  }
  for (const std::string_view text :
       {"", "+1", "next", "header:", "header:a b", "header:a:b", "/~2"}) {
    CAPTURE(text);
    const auto place = CursorPlace::parse(text);
    REQUIRE(!place.ok());
    CHECK(place.error().fault() == Fault::usage);
  }
}
