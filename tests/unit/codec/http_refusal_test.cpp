#include "codec/http_refusal.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace rt::http {
namespace {

TEST_CASE("http_refusal: the first line of what a body says") {
  struct Row {
    std::string type, body, told;
  };
  for (const Row& row : std::vector<Row>{
           {"application/problem+json", R"({"title":"t","detail":"d \"x\""})", "d \"x\""},
           {"Application/JSON; charset=utf-8", R"({"title" : "t"})", "t"},
           {"application/json", R"({"error":"token expired"})", R"({"error":"token expired"})"},
           {"application/json", "{\"detail\":\"cut", "cut"},
           {"application/json", "{\"detail\":3}", "{\"detail\":3}"},
           {"text/plain", "\r\n  one\r\ntwo", "one"},
           {"text/plain", "a\x1b[2J", "a\\x1B[2J"},
           {"text/plain", "", ""},
           {"text/plain", " \n ", ""},
           {"text/html", "<html>", ""},
           {"", "x", ""},
       }) {
    CAPTURE(row.body);
    CHECK(explanation(row.type, row.body) == row.told);
  }
  CHECK(explanation("text/plain", std::string(1000, 'x')).size() < 300);
}

TEST_CASE("http_refusal: Retry-After") {
  struct Row {
    std::string value;
    std::optional<std::int64_t> seconds;
  };
  constexpr std::int64_t kNow = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
  for (const Row& row : std::vector<Row>{
           {"", std::nullopt},
           {"4", 4},
           {" 4 ", 4},
           {"0", 0},
           {"-1", std::nullopt},
           {"soon", std::nullopt},
           {"9999999", 86400},
           {"Sun, 06 Nov 1994 08:49:47 GMT", 10},
           {"Sun, 06 Nov 1994 08:49:27 GMT", 0},
           {"Sun, 06 Nov 1999 08:49:37 GMT", 86400},
       }) {
    CAPTURE(row.value);
    CHECK(seconds_to_wait(row.value, kNow) == row.seconds);
  }
}

}  // namespace
}  // namespace rt::http
