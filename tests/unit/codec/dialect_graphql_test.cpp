#include <doctest/doctest.h>

#include <string>

#include "dialect_fixture.hpp"

using namespace rt;
using namespace std::string_literals;

namespace {

Conversation joined() {
  Conversation talk(speaking("graphql-ws"));
  talk.begin();
  talk.said();
  talk.hear(R"({"type":"connection_ack"})");
  REQUIRE(talk.joined());
  return talk;
}

}  // namespace

TEST_CASE("GraphQL: joining") {
  DialectOptions options = speaking("graphql-ws");
  options.joining = R"({"t":1})";
  Conversation talk(options);
  talk.begin();
  CHECK(talk.said() == Said{R"(> {"type":"connection_init","payload":{"t":1}})"});
  talk.hear(R"({"type":"ping"})");
  CHECK(talk.said() == Said{R"(> {"type":"pong"})"});
  talk.hear(R"({"payload":{},"type":"connection_ack"})");
  CHECK(talk.joined());
  talk.hear(R"({"type":"ping","payload":{"a":1}})");
  talk.hear(R"({"type":"pong"})");
  CHECK(talk.said() == Said{R"(> {"type":"pong","payload":{"a":1}})"});
}

TEST_CASE("GraphQL: operations from the first word to the last") {
  Conversation talk = joined();
  CHECK_FALSE(talk.dialect->complete());
  CHECK(talk.send("subscription { a(b: \"c\") }"));
  CHECK(talk.send(R"( {"query":"{d}","variables":{"e":1}})"));
  Message uncounted;
  uncounted.payload = "{ f }";
  CHECK(talk.send(uncounted, false));
  CHECK(
      talk.said() ==
      Said{R"(> {"id":"1","type":"subscribe","payload":{"query":"subscription { a(b: \"c\") }"}})",
           R"(> {"id":"2","type":"subscribe","payload": {"query":"{d}","variables":{"e":1}}})",
           R"(> {"id":"u1","type":"subscribe","payload":{"query":"{ f }"}})"});
  talk.hear(R"({"type":"next","id":"2","payload":{"data":{"d":1}}})");
  talk.hear(R"({"id":"u1","payload":{"data":null},"type":"next"})");
  CHECK(talk.said() == Said{R"(: {"data":{"d":1}})", R"(: {"data":null})"});
  talk.hear(R"({"type":"complete","id":"2"})");
  CHECK(talk.dialect->acknowledged() == 0);
  // It was on its way.
  talk.hear(R"({"type":"next","id":"2","payload":{}})");
  CHECK(talk.said() == Said{});
  talk.hear(R"({"type":"complete","id":"1"})");
  CHECK(talk.dialect->acknowledged() == 2);
  CHECK_FALSE(talk.dialect->complete());
  talk.hear(R"({"type":"complete","id":"u1"})");
  CHECK(talk.dialect->complete());
  CHECK(talk.fault() == "");
}

TEST_CASE("GraphQL: what is refused") {
  Conversation talk = joined();
  REQUIRE(talk.send("{ a }"));
  talk.hear(R"({"type":"error","id":"1","payload":[{"message":"no a"},{"message":"nor b"}]})");
  CHECK(talk.fault() == "the server refused the operation: no a; nor b");
  CHECK(talk.dialect->fault()->fatal());
  for (const char* bad : {"", "  ", "{\"variables\":{}}", "\xff"}) {
    const auto sent = joined().send(bad);
    REQUIRE_FALSE(sent);
    CHECK(sent.error().fault() == Fault::usage);
  }
  Conversation any = joined();
  CHECK(any.dialect->explain_close(4403, "Forbidden")->fault() == Fault::refused);
  CHECK(any.dialect->explain_close(4401, "")->fault() == Fault::refused);
  CHECK(any.dialect->explain_close(4400, "")->fatal());
  CHECK_FALSE(any.dialect->explain_close(1000, ""));
  CHECK_FALSE(any.dialect->explain_close(4408, ""));
}

TEST_CASE("GraphQL: what breaks its rules") {
  for (const char* text : {"", "x", "[]", "{}", "{\"type\":1}", "{\"type\":\"next\"}",
                           "{\"type\":\"next\",\"id\":\"1\",\"payload\":{}}", "{\"type\":\"ping\"",
                           "{\"type\":\"complete\",\"id\":\"1\"}"}) {
    CAPTURE(text);
    Conversation talk(speaking("graphql-ws"));
    talk.begin();
    talk.hear(text);
    REQUIRE(talk.dialect->fault());
    CHECK(talk.dialect->fault()->fault() == Fault::protocol);
  }
  for (const char* text : {"{\"type\":\"connection_ack\"}", "{\"type\":\"next\",\"id\":\"1\"}",
                           "{\"type\":\"other\",\"id\":\"1\"}"}) {
    CAPTURE(text);
    Conversation talk = joined();
    REQUIRE(talk.send("{ a }"));
    talk.hear(text);
    CHECK(talk.dialect->fault());
  }
  Conversation talk = joined();
  talk.hear_bytes(R"({"type":"ping"})");
  CHECK(talk.dialect->fault());
}
