#include "codec/engine_io.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace rt;
using namespace std::string_literals;

TEST_CASE("packets in a body, and the same back") {
  const std::vector<DialectFrame> packets = {
      {PayloadKind::text, "42[\"a\"]"}, {PayloadKind::binary, "\0\xff"s}, {PayloadKind::text, "3"}};
  std::string body;
  for (const DialectFrame& packet : packets) append_engine_io_packet(body, packet);
  CHECK(body ==
        "42[\"a\"]\x1e"
        "bAP8=\x1e"
        "3");
  std::vector<DialectFrame> read;
  std::string_view rest = body;
  while (!rest.empty()) read.push_back(*take_engine_io_packet(rest));
  CHECK((read == packets));
}

TEST_CASE("odd bodies") {
  std::string_view rest =
      "\x1e\x1e"
      "2";
  for (const char* expected : {"", "", "2"})
    CHECK(take_engine_io_packet(rest)->payload == expected);
  CHECK(rest.empty());
  for (std::string_view bad : {"b=", "bA", "b\xff", "bAP8"})
    CHECK_FALSE(take_engine_io_packet(bad));
  std::string_view empty = "b";
  CHECK(take_engine_io_packet(empty)->payload.empty());
}

TEST_CASE("the opening") {
  const auto opening =
      read_engine_io_opening(R"(0{"sid":"a\u0062","upgrades":["websocket"],"maxPayload":1000000})");
  REQUIRE(opening);
  CHECK(opening->session == "ab");
  CHECK(opening->most == 1'000'000);
  CHECK(read_engine_io_opening(R"(0{"sid":"a"})")->most == 0);
  const std::string long_name = R"(0{"sid":")" + std::string(2000, 'a') + "\"}";
  for (const std::string_view packet :
       {std::string_view(""), std::string_view("0"), std::string_view("0{}"),
        std::string_view("0{\"sid\":\"\"}"), std::string_view("40{\"sid\":\"a\"}"),
        std::string_view("0{\"sid\":\"a\""), std::string_view(long_name)})
    CHECK_FALSE(read_engine_io_opening(packet));
}
