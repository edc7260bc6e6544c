#include <doctest/doctest.h>

#include <string>

#include "base/text.hpp"
#include "dialect_fixture.hpp"

using namespace rt;
using namespace std::string_literals;

namespace {

constexpr const char* kOpening =
    R"(0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";

Conversation joined(DialectOptions options = speaking("socket.io")) {
  Conversation talk(std::move(options));
  talk.begin();
  talk.hear(kOpening);
  const bool root = talk.said().front() == "> 40";
  talk.hear(root ? "40{\"sid\":\"y\"}" : "40/chat,{\"sid\":\"y\"}");
  REQUIRE(talk.joined());
  return talk;
}

TEST_CASE("Socket.IO: what is sent is acknowledged") {
  DialectOptions options = speaking("socket.io:/chat");
  options.acks = true;
  Conversation talk(options);
  CHECK(talk.dialect->acknowledges());
  talk.begin();
  talk.hear(R"(0{"sid":"x","pingInterval":25000,"pingTimeout":20000})");
  talk.hear(R"(40/chat,{"sid":"y"})");
  (void)talk.said();
  Message first;
  first.payload = "hello";
  CHECK(talk.send(first, false));
  CHECK(talk.send(first));
  Message bytes;
  bytes.payload = "\xff";
  bytes.kind = PayloadKind::binary;
  CHECK(talk.send(bytes));
  CHECK(talk.send(first));
  CHECK(talk.said() == Said{R"(> 42/chat,["message","hello"])", R"(> 42/chat,1["message","hello"])",
                            R"(> 451-/chat,2["message",{"_placeholder":true,"num":0}])", ">b \xff",
                            R"(> 42/chat,3["message","hello"])"});
  talk.hear("43/chat,2[]");
  CHECK(talk.dialect->acknowledged() == 0);
  talk.hear(R"(43/chat,1[{"ok":true}])");
  CHECK(talk.dialect->acknowledged() == 2);
  talk.hear(R"(43/chat,1["again"])");
  talk.hear(R"(43/chat,9["of nobody"])");
  talk.hear(R"(43["of another namespace"])");
  talk.hear(R"(461-/chat,3[{"_placeholder":true,"num":0}])");
  talk.hear_bytes("\x01");
  CHECK(talk.dialect->acknowledged() == 3);
  CHECK(talk.said() == Said{R"(ack: {"ok":true})", "ack: again", "ack:b \x01"});
  CHECK(talk.fault().empty());
  talk.hear("43/chat,x");
  CHECK(talk.fault().starts_with("the server's message is no acknowledgement"));
}

}  // namespace

TEST_CASE("Socket.IO: joining a namespace") {
  DialectOptions options = speaking("socket.io:/chat");
  options.joining = R"({"token":"t"})";
  Conversation talk(options);
  talk.begin();
  CHECK(talk.said() == Said{});
  talk.hear(kOpening);
  CHECK(talk.said() == Said{R"(> 40/chat,{"token":"t"})"});
  CHECK(talk.dialect->patience() == 45s);
  talk.hear("40{\"sid\":\"other\"}");
  CHECK_FALSE(talk.joined());
  talk.hear("40/chat,{\"sid\":\"y\"}");
  CHECK(talk.joined());
  talk.hear("42[\"other\",1]");
  talk.hear("42/chat,[\"ours\",1]");
  CHECK(talk.said() == Said{"ours: 1"});
  talk.leave();
  CHECK(talk.said() == Said{"> 41/chat,"});
}

TEST_CASE("Socket.IO: what comes") {
  struct Row {
    std::string_view packet;
    Said said;
  };
  const Row rows[] = {
      {"42[\"a\",\"text\\n\"]", {"a: text\n"}},
      {"42[\"a\",{\"b\": 1}]", {"a: {\"b\": 1}"}},
      {"42[\"a\", 1 , [2]]", {"a: [1 , [2]]"}},
      {"42[\"a\"]", {"a: "}},
      {"42[\"ä\\u0031\",null]", {"ä1: null"}},
      {"4217[\"a\",1]", {"> 4317[]", "a: 1"}},
      {"42/,[\"a\",1]", {"a: 1"}},
      {"450-[\"a\",1]", {"a: 1"}},
      {"431[\"an acknowledgement\"]", {}},
      {"2", {"> 3"}},
      {"2probe", {"> 3probe"}},
      {"6", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.packet);
    Conversation talk = joined();
    talk.hear(row.packet);
    CHECK(talk.fault() == "");
    CHECK(talk.said() == row.said);
  }
}

TEST_CASE("Socket.IO: attachments") {
  Conversation talk = joined();
  talk.hear(R"(451-["a",{"_placeholder":true,"num":0}])");
  CHECK(talk.said() == Said{});
  talk.hear_bytes("\0\xff"s);
  CHECK(talk.said() == Said{"a:b \0\xff"s});
  talk.hear(R"(452-7["a",{"x":{"_placeholder":true,"num":1},"y":{"_placeholder":true,"num":0}}])");
  talk.hear_bytes("0");
  talk.hear_bytes("1");
  CHECK(talk.said() == Said{"> 437[]", R"(a: {"x":"MQ==","y":"MA=="})"});
  // Each is put in once, and one that there is not is null.
  talk.hear(
      R"(451-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0},{"_placeholder":true,"num":9}])");
  talk.hear_bytes("z");
  CHECK(talk.said() == Said{R"(a: ["eg==",null,null])"});
  // An acknowledgement with bytes, and an event of another namespace.
  talk.hear(R"(461-1[{"_placeholder":true,"num":0}])");
  talk.hear_bytes("z");
  talk.hear(R"(451-/other,["a",{"_placeholder":true,"num":0}])");
  talk.hear_bytes("z");
  CHECK(talk.said() == Said{});
  CHECK(talk.fault() == "");
}

TEST_CASE("Socket.IO: what is sent") {
  struct Row {
    std::string_view payload;
    std::string_view event;
    Said said;
  };
  const Row rows[] = {
      {"hello", "", {"> 42/chat,[\"message\",\"hello\"]"}},
      {"{\"a\":1}", "e", {"> 42/chat,[\"e\",{\"a\":1}]"}},
      {"[\"e\", 1]", "", {"> 42/chat,[\"e\", 1]"}},
      {"[\"e\", 1]", "f", {"> 42/chat,[\"f\",[\"e\", 1]]"}},
      {"[1]", "", {"> 42/chat,[\"message\",[1]]"}},
      {"", "ä\"", {"> 42/chat,[\"ä\\\"\",\"\"]"}},
      {"\xff", "e", {R"(> 451-/chat,["e",{"_placeholder":true,"num":0}])", ">b \xff"}},
  };
  for (const Row& row : rows) {
    Conversation talk = joined(speaking("socket.io:/chat"));
    CHECK(talk.send(row.payload, row.event));
    CHECK(talk.said() == row.said);
  }
  DialectOptions options = speaking("socket.io");
  options.event = "usual";
  Conversation talk = joined(options);
  CHECK(talk.send("x"));
  CHECK(talk.send("y", "own"));
  CHECK(talk.said() == Said{"> 42[\"usual\",\"x\"]", "> 42[\"own\",\"y\"]"});
  for (const char* reserved : {"connect", "disconnect", "connect_error", "disconnecting"}) {
    const auto sent = talk.send("x", reserved);
    REQUIRE_FALSE(sent);
    CHECK(sent.error().fault() == Fault::usage);
  }
  CHECK_FALSE(joined().send("[\"disconnect\"]"));
  CHECK(talk.said() == Said{});
}

TEST_CASE("Socket.IO: the end, and refusals") {
  Conversation by_server = joined();
  by_server.hear("41");
  CHECK(by_server.ended());
  Conversation by_engine = joined();
  by_engine.hear("1");
  REQUIRE(by_engine.dialect->fault());
  CHECK_FALSE(by_engine.dialect->fault()->fatal());
  for (const auto& [packet, text] :
       {std::pair{R"(44{"message":"not you","data":{"a":1}})", "not you {\"a\":1}"},
        std::pair{R"(44"old style")", "old style"}}) {
    Conversation talk(speaking("socket.io"));
    talk.hear(kOpening);
    talk.hear(packet);
    REQUIRE(talk.dialect->fault());
    CHECK(talk.dialect->fault()->fault() == Fault::refused);
    CHECK(talk.fault().find("the server refused: "s + text) == 0);
  }
  const auto lost = joined().dialect->explain_close(1000, "");
  REQUIRE(lost);
  CHECK_FALSE(lost->fatal());
  CHECK_FALSE(joined().dialect->explain_close(1006, ""));
}

TEST_CASE("Socket.IO: what breaks its rules") {
  for (const char* first : {"", "x", "40", "0", "0[]", "0{"}) {
    CAPTURE(first);
    Conversation talk(speaking("socket.io"));
    talk.hear(first);
    REQUIRE(talk.dialect->fault());
    CHECK(talk.dialect->fault()->fault() == Fault::protocol);
  }
  for (const char* packet :
       {"", "9", "4", "49[]", "42", "42[]", "42{}", "42[\"a\"", "42x", "45[]", "45-[]", "4x-[]",
        "45999-[]", "4599999999999999999999999-[]", "40", "40x", "0{}"}) {
    CAPTURE(packet);
    Conversation talk(speaking("socket.io"));
    talk.hear(kOpening);
    talk.hear(packet);
    REQUIRE(talk.dialect->fault());
    CHECK(talk.dialect->fault()->fatal());
    // And nothing more happens.
    talk.said();
    talk.hear("42[\"a\",1]");
    CHECK(talk.said() == Said{});
  }
  Conversation talk = joined();
  talk.hear_bytes("not announced");
  CHECK(talk.dialect->fault());
  Conversation interrupted = joined();
  interrupted.hear("451-[\"a\"]");
  interrupted.hear("42[\"b\"]");
  CHECK(interrupted.dialect->fault());
}

TEST_CASE("Socket.IO: an event with its attachments has a bound") {
  DialectOptions options = speaking("socket.io");
  options.most = 100;
  Conversation talk = joined(options);
  talk.hear("452-[\"a\"]");
  talk.hear_bytes(std::string(90, 'x'));
  CHECK(talk.fault() == "");
  talk.hear_bytes("yyyyyy");
  CHECK(talk.fault().find("longer than 100 bytes") != std::string::npos);
}
