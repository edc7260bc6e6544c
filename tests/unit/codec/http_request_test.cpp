#include "codec/http_request.hpp"

#include <doctest/doctest.h>

using namespace rt::http;

TEST_CASE("http: looking up fields") {
  Request request;
  request.fields = {{"Accept", "text/html"},
                    {"Connection", "keep-alive , Upgrade"},
                    {"ACCEPT", "*/*"},
                    {"X", "\"a,upgrade\", b"},
                    {"Empty", ""}};
  REQUIRE(request.find("accept") != nullptr);
  CHECK(request.find("accept")->value == "text/html");
  CHECK(request.find("accep") == nullptr);
  CHECK(request.find("empty") != nullptr);
  CHECK(request.value("x-none").empty());
  CHECK(request.joined("Accept") == "text/html, */*");
  CHECK(request.joined("x-none").empty());
  CHECK(request.has_token("connection", "upgrade"));
  CHECK(request.has_token("Connection", "Keep-Alive"));
  CHECK_FALSE(request.has_token("connection", "keep"));
  CHECK(request.has_token("accept", "*/*"));
  CHECK_FALSE(request.has_token("x", "upgrade\""));
  CHECK(request.has_token("x", "b"));
}
