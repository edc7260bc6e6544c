#include "codec/dialect_signs.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {
namespace {

using namespace std::string_literals;

TEST_CASE("signs of a dialect in the first message") {
  const struct {
    std::string text;
    std::string_view protocol;
  } rows[] = {
      {R"(0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000})", "socket.io"},
      {R"({"sid":"x","pingInterval":25000})", ""},
      {R"(0{"sid":"x"})", ""},
      {"0", ""},
      {"", ""},
      {"CONNECTED\nversion:1.2\n\n\0"s, "stomp:DESTINATION"},
      {"ERROR\nmessage:no\n\nno\0\n"s, "stomp:DESTINATION"},
      {"ERROR\nmessage:no\n\nno", ""},
      {"ERROR\n\0"s, ""},
      {"MESSAGE\nfrom me\n\nto you\0"s, ""},
      {R"({"type":"connection_ack"})", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(dialect_of_greeting(row.text) == row.protocol);
  }
}

TEST_CASE("signs of a dialect in refusals and closes") {
  CHECK(dialect_of_refusal(R"({"code":0,"message":"Transport unknown"})") == "socket.io");
  CHECK(dialect_of_refusal(R"({"code":5,"message":"Unsupported protocol version"})") ==
        "socket.io");
  CHECK(dialect_of_refusal(R"({"code":3,"message":"Bad request"})").empty());
  CHECK(dialect_of_refusal("Transport unknown") == "socket.io");
  CHECK(dialect_of_refusal("{\"error\":\"Transport unknown\"}").empty());
  CHECK(dialect_of_refusal("").empty());
  CHECK(dialect_of_close(4406, "Subprotocol not acceptable") == "graphql-ws");
  CHECK(dialect_of_close(4408, "Connection initialisation timeout") == "graphql-ws");
  CHECK(dialect_of_close(4406, "").empty());
  CHECK(dialect_of_close(4400, "Subprotocol not acceptable").empty());
}

TEST_CASE("what people are told of it") {
  CHECK(hint_at_dialect("socket.io", "rtws --protocol") ==
        "this looks like Socket.IO: rtws --protocol socket.io");
  CHECK(hint_at_dialect("graphql-ws", "--protocol") ==
        "this looks like GraphQL: --protocol graphql-ws");
  CHECK(hint_at_dialect("stomp:DESTINATION", "--protocol") ==
        "this looks like STOMP: --protocol stomp:DESTINATION");
  CHECK(hint_at_dialect("", "--protocol").empty());
}

}  // namespace
}  // namespace rt
