#include "codec/saved_position.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;

TEST_CASE("a position is read as it was written, and only whole") {
  const SavedPosition rows[] = {
      {"http://h/x", {}},
      {"http://h/x?y=1", {.id = " 4 2\t\xC3\xA4"}},
      {"ws://h/x", {.id = "e-17", .at_hub = true}},
      {"http://h/x",
       {.etag = "W/\"a b\"", .last_modified = "Mon, 01 Jan 2026 00:00:00 GMT", .digest = "00ff"}},
      {"http://h/x", {.digest = "00ff", .seen = "AAEC/w=="}},
  };
  for (const SavedPosition& saved : rows) {
    const std::string text = write_position(saved);
    CAPTURE(text);
    CHECK(read_position(text) == saved);
    for (std::size_t cut = 0; cut < text.size(); ++cut)
      CHECK_FALSE(read_position(text.substr(0, cut)));
    CHECK_FALSE(read_position(text + "more\n"));
    CHECK_FALSE(read_position(text + text));
  }
}

TEST_CASE("what is no position") {
  for (const char* const text :
       {"", "\n", "x\n", "rtwire state 2\nurl http://h/\nend\n", "rtwire state 1\nend\n",
        "rtwire state 1\nurl http://h/\nurl http://h/\nend\n",
        "rtwire state 1\nurl http://h/\nnew x\nend\n", "rtwire state 1\nurl http://h/\nid\nend\n",
        "{\"id\":1}\n"}) {
    CAPTURE(text);
    CHECK_FALSE(read_position(text));
  }
}

TEST_CASE("a part that would break the lines is left out") {
  const SavedPosition saved{"http://h/x", {.id = "a\nend", .etag = "\"1\""}};
  CHECK(read_position(write_position(saved)) == SavedPosition{"http://h/x", {.etag = "\"1\""}});
}
