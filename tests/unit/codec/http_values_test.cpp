#include "codec/http_values.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace rt::http;

TEST_CASE("http: reason phrases") {
  for (const int status : {100, 101, 200, 201, 204, 304, 400, 404, 413, 421, 431, 503, 505}) {
    CAPTURE(status);
    CHECK_FALSE(reason_phrase(status).empty());
  }
  CHECK(reason_phrase(404) == "Not Found");
  for (const int status : {0, 299, 425, 999}) {
    CAPTURE(status);
    CHECK(reason_phrase(status).empty());
  }
}

TEST_CASE("http: content negotiation") {
  struct Row {
    const char* accept;
    const char* type;
    int quality;
    bool named;
  };
  const Row rows[] = {
      {"", "text/html", 1000, false},
      {"  ", "text/html", 1000, false},
      {"*/*", "text/html", 1000, false},
      {"text/*", "text/html", 1000, false},
      {"text/*", "image/png", 0, false},
      {"text/*", "textual/x", 0, false},
      {"text/html", "text/html", 1000, true},
      {"TEXT/Html", "text/html", 1000, true},
      {"text/html", "text/htm", 0, false},
      {"text/html;q=0.5", "text/html", 500, true},
      {"text/html;Q=0.5", "text/html", 500, true},
      {"text/html ; level=1 ; q=0.25", "text/html", 250, true},
      {"text/html;q=0", "text/html", 0, false},
      {"text/html;q=0.000", "text/html", 0, false},
      {"text/html;q=0.001", "text/html", 1, true},
      {"text/html;q=1.000", "text/html", 1000, true},
      {"text/html;q=1.9", "text/html", 1000, true},
      {"*/*;q=0.8, text/event-stream", "text/event-stream", 1000, true},
      {"text/event-stream;q=0.1, */*", "text/event-stream", 100, true},
      {"text/html;q=0, */*", "text/html", 0, false},
      {"text/*;q=0.3, */*;q=0.9", "text/html", 300, false},
      {"a/b;q=0.2, a/b;q=0.7", "a/b", 700, true},
      {"text/html, image/gif, *; q=.2, */*; q=.2", "a/b", 200, false},
      {"text/html;q=abc", "text/html", 0, false},
      {"text/html;q=", "text/html", 0, false},
      {"text/html;q=-1", "text/html", 0, false},
      {",, text/html ,", "text/html", 1000, true},
      {"a/b;x=\"text/html,text/html\"", "text/html", 0, false},
      {"a/b;x=\"unterminated, text/html", "text/html", 0, false},
      {"a/b;x=\"\\", "a/b", 1000, true},
      {"/*", "text/html", 0, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.accept);
    CAPTURE(row.type);
    CHECK(accept_quality(row.accept, row.type) == row.quality);
    CHECK(accepts_explicitly(row.accept, row.type) == row.named);
  }
}

TEST_CASE("http: entity tags") {
  struct Row {
    const char* field;
    const char* etag;
    bool matches;
  };
  const Row rows[] = {
      {"\"a\"", "\"a\"", true},
      {"\"a\"", "\"b\"", false},
      {"W/\"a\"", "\"a\"", true},
      {"\"a\"", "W/\"a\"", true},
      {"W/\"a\"", "W/\"a\"", true},
      {"w/\"a\"", "\"a\"", false},
      {"*", "\"a\"", true},
      {" * ", "\"a\"", true},
      {"\"*\"", "\"a\"", false},
      {"\"x\", \"a\"", "\"a\"", true},
      {"\"x\",W/\"y\" , W/\"a\"", "\"a\"", true},
      {"\"x,\\\", \"a\"", "\"a\"", true},
      {"\"x, \"a\"", "\"a\"", false},
      {", ,\"a\"", "\"a\"", true},
      {"", "\"a\"", false},
      {"a", "\"a\"", false},
      {"\"a", "\"a\"", false},
      {"\"", "\"a\"", false},
      {"\"\"", "\"\"", true},
      {"*, \"b\"", "\"a\"", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    CAPTURE(row.etag);
    CHECK(etag_matches(row.field, row.etag) == row.matches);
  }
}

TEST_CASE("http: query parameters") {
  struct Row {
    const char* query;
    const char* name;
    bool found;
    const char* value;
  };
  const Row rows[] = {
      {"", "a", false, ""},
      {"a=1", "a", true, "1"},
      {"a", "a", true, ""},
      {"a=", "a", true, ""},
      {"b=1&a=2&a=3", "a", true, "2"},
      {"aa=1&a=2", "a", true, "2"},
      {"a=1=2", "a", true, "1=2"},
      {"a=%20+%C3%BC", "a", true, " +\xC3\xBC"},
      {"a=%2", "a", true, "%2"},
      {"a=%zz&b=1", "a", true, "%zz"},
      {"&&a=1", "a", true, "1"},
      {"A=1", "a", false, ""},
      {"x=a=1", "a", false, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.query);
    std::string_view rest = row.query;
    std::string_view name;
    std::string_view value;
    std::string first;
    bool found = false;
    while (next_parameter(rest, name, value)) {
      if (found || name != row.name) continue;
      found = true;
      first = decode_parameter(value);
    }
    CHECK(found == row.found);
    CHECK(first == row.value);
  }
}
