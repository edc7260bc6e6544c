#include "codec/dialect.hpp"

#include <doctest/doctest.h>

#include <string>

#include "dialect_fixture.hpp"

using namespace rt;

TEST_CASE("where a dialect is spoken at a server") {
  struct Row {
    DialectKind kind;
    std::string_view target;
    std::string_view where;
  };
  constexpr auto kSocketIo = DialectKind::socket_io;
  constexpr auto kPhoenix = DialectKind::phoenix;
  const Row rows[] = {
      {kSocketIo, "/", "/socket.io/?EIO=4&transport=websocket"},
      {kSocketIo, "", "/socket.io/?EIO=4&transport=websocket"},
      {kSocketIo, "/?room=1", "/socket.io/?room=1&EIO=4&transport=websocket"},
      {kSocketIo, "/?", "/socket.io/?EIO=4&transport=websocket"},
      {kSocketIo, "/custom/", "/custom/?EIO=4&transport=websocket"},
      {kSocketIo, "/x?EIO=3&transport=websocket", "/x?EIO=3&transport=websocket"},
      {kSocketIo, "/x?XEIO=3", "/x?XEIO=3&EIO=4&transport=websocket"},
      {kPhoenix, "/", "/socket/websocket?vsn=2.0.0"},
      {kPhoenix, "/socket", "/socket/websocket?vsn=2.0.0"},
      {kPhoenix, "/live/?a=b", "/live/websocket?a=b&vsn=2.0.0"},
      {kPhoenix, "/s/websocket?vsn=1.0.0", "/s/websocket?vsn=1.0.0"},
      {DialectKind::graphql_ws, "/", "/"},
      {DialectKind::stomp, "/ws?a", "/ws?a"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    CHECK(dialect_target(row.kind, row.target) == row.where);
  }
  CHECK(dialect_target(kSocketIo, "/", DialectCarrier::polling) ==
        "/socket.io/?EIO=4&transport=polling");
}

TEST_CASE("its channel and subprotocols") {
  CHECK(dialect_channel({DialectKind::socket_io, "/"}) == "/");
  CHECK(dialect_channel({DialectKind::socket_io, "/chat"}) == "/chat");
  CHECK(dialect_channel({DialectKind::phoenix, "room:1 2"}) == "/room:1%202");
  CHECK(dialect_channel({DialectKind::graphql_ws, ""}).empty());
  CHECK(subprotocols_of(DialectKind::socket_io).empty());
  CHECK(subprotocols_of(DialectKind::graphql_ws).front() == "graphql-transport-ws");
  CHECK(subprotocols_of(DialectKind::stomp).front() == "v12.stomp");
}

TEST_CASE("what is said when joining is a JSON object") {
  DialectOptions options = speaking("socket.io");
  CHECK(check_joining(options));
  for (const char* good : {"{}", " {\"a\": [1]}"}) {
    options.joining = good;
    CHECK(check_joining(options));
  }
  for (const char* bad : {"x", "[]", "{", "\"a\"", "{} {}"}) {
    options.joining = bad;
    CAPTURE(bad);
    CHECK_FALSE(check_joining(options));
  }
  options = speaking("stomp:/a");
  options.joining = R"({"host":"h"})";
  CHECK(check_joining(options));
  options.joining = R"({"host":1})";
  CHECK_FALSE(check_joining(options));
}
