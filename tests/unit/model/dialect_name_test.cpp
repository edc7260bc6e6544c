#include "model/dialect_name.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;

TEST_CASE("what is spoken, and where") {
  struct Row {
    std::string_view text;
    DialectKind kind;  // none: it is refused
    std::string_view place;
  };
  const std::string long_topic = "phoenix:" + std::string(256, 'a');
  const Row rows[] = {
      {"socket.io", DialectKind::socket_io, "/"},
      {"socket.io:/", DialectKind::socket_io, "/"},
      {"socket.io:/chat", DialectKind::socket_io, "/chat"},
      {"socket.io:chat", DialectKind::none, ""},
      {"socket.io:", DialectKind::none, ""},
      {"socket.io:/a,b", DialectKind::none, ""},
      {"graphql-ws", DialectKind::graphql_ws, ""},
      {"graphql-ws:x", DialectKind::none, ""},
      {"phoenix:room:lobby", DialectKind::phoenix, "room:lobby"},
      {"phoenix:größe", DialectKind::phoenix, "größe"},
      {"phoenix:", DialectKind::none, ""},
      {"phoenix", DialectKind::none, ""},
      {long_topic, DialectKind::none, ""},
      {"stomp:/topic/a b", DialectKind::stomp, "/topic/a b"},
      {"stomp:a", DialectKind::stomp, "a"},
      {"stomp", DialectKind::none, ""},
      {"stomp:a\nb", DialectKind::none, ""},
      {"stomp:\xff", DialectKind::none, ""},
      {"", DialectKind::none, ""},
      {"chat", DialectKind::none, ""},
      {"Socket.IO", DialectKind::none, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto name = DialectName::parse(row.text);
    REQUIRE(name.ok() == (row.kind != DialectKind::none));
    if (!name) {
      CHECK(name.error().fault() == Fault::usage);
      continue;
    }
    CHECK(name->kind == row.kind);
    CHECK(name->place == row.place);
  }
}
