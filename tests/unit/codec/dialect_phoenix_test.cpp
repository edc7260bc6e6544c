#include <doctest/doctest.h>

#include <string>

#include "dialect_fixture.hpp"

using namespace rt;
using namespace std::string_literals;

namespace {

constexpr const char* kJoined = R"(["1","1","room:a","phx_reply",{"status":"ok","response":{}}])";

Conversation joined(DialectOptions options = speaking("phoenix:room:a")) {
  Conversation talk(std::move(options));
  talk.begin();
  talk.said();
  talk.hear(kJoined);
  REQUIRE(talk.joined());
  return talk;
}

}  // namespace

TEST_CASE("Phoenix: joining, leaving, and being refused") {
  DialectOptions options = speaking("phoenix:room:a");
  options.joining = R"({"t":1})";
  Conversation talk(options);
  talk.begin();
  CHECK(talk.said() == Said{R"(> ["1","1","room:a","phx_join",{"t":1}])"});
  talk.hear(kJoined);
  CHECK(talk.joined());
  talk.leave();
  CHECK(talk.said() == Said{R"(> ["1","2","room:a","phx_leave",{}])"});
  for (const auto& [response, text] :
       {std::pair{R"({"reason":"no"})", "no"}, std::pair{R"({"a":1})", "{\"a\":1}"}}) {
    Conversation refused(speaking("phoenix:room:a"));
    refused.begin();
    refused.hear(R"(["1","1","room:a","phx_reply",{"status":"error","response":)"s + response +
                 "}]");
    REQUIRE(refused.dialect->fault());
    CHECK(refused.dialect->fault()->fault() == Fault::refused);
    CHECK(refused.fault().find("refused to join room:a: "s + text) != std::string::npos);
  }
}

TEST_CASE("Phoenix: what comes") {
  struct Row {
    std::string text;
    Said said;
  };
  const Row rows[] = {
      {R"([null,null,"room:a","news",{"a": 1}])", {R"(news: {"a": 1})"}},
      {R"(["1",null,"room:a","news","text"])", {"news: text"}},
      {R"(["1","5","room:a","phx_reply",{"status":"ok","response":{}}])",
       {R"(phx_reply: {"status":"ok","response":{}})"}},
      // Another topic, and a join before this one.
      {R"([null,null,"room:b","news",{}])", {}},
      {R"(["0",null,"room:a","news",{}])", {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    Conversation talk = joined();
    talk.hear(row.text);
    CHECK(talk.said() == row.said);
    CHECK(talk.fault() == "");
  }
  Conversation talk = joined();
  talk.hear_bytes("\2\6\4room:anews\0\xff"s);
  talk.hear_bytes(
      "\0\1\6\4"
      "1room:apushx"s);
  talk.hear_bytes(
      "\1\1\1\6\2"
      "15room:aoky"s);
  talk.hear_bytes("\2\6\4room:bnewsx"s);
  CHECK(talk.said() == Said{"news:b \0\xff"s, "push:b x", "phx_reply:b y"});
}

TEST_CASE("Phoenix: what is sent") {
  struct Row {
    std::string_view payload;
    std::string_view event;
    std::string said;
  };
  const Row rows[] = {
      {"{\"a\":1}", "e", R"(> ["1","2","room:a","e",{"a":1}])"},
      {"text", "e", R"(> ["1","2","room:a","e","text"])"},
      {"[\"e\", {\"a\":1}]", "", R"(> ["1","2","room:a","e",{"a":1}])"},
      {"\xff", "e",
       ">b \0\1\1\6\1"
       "12room:ae\xff"s},
  };
  for (const Row& row : rows) {
    Conversation talk = joined();
    CHECK(talk.send(row.payload, row.event));
    CHECK(talk.said() == Said{row.said});
  }
  for (const char* eventless : {"text", "[\"e\"]", "[\"e\",1,2]", "[1,2]", "{}"}) {
    const auto sent = joined().send(eventless);
    REQUIRE_FALSE(sent);
    CHECK(sent.error().fault() == Fault::usage);
  }
  CHECK_FALSE(joined().send("x", std::string(256, 'e')));
}

TEST_CASE("Phoenix: heartbeats") {
  Conversation talk = joined();
  CHECK(talk.dialect->heartbeat() == 30s);
  talk.beat(false);
  CHECK(talk.said() == Said{R"(> [null,"2","phoenix","heartbeat",{}])"});
  talk.hear(R"([null,"2","phoenix","phx_reply",{"status":"ok","response":{}}])");
  talk.beat(false);
  CHECK(talk.fault() == "");
  talk.beat(true);
  CHECK(talk.fault() == "");
  talk.beat(false);
  REQUIRE(talk.dialect->fault());
  CHECK_FALSE(talk.dialect->fault()->fatal());
}

TEST_CASE("Phoenix: a crash, a close, and a refusal that nobody reads") {
  Conversation crash = joined();
  crash.hear(R"(["1","1","room:a","phx_error",{}])");
  REQUIRE(crash.dialect->fault());
  CHECK_FALSE(crash.dialect->fault()->fatal());
  Conversation close = joined();
  close.hear(R"(["1","1","room:a","phx_close",{}])");
  CHECK(close.ended());
  DialectOptions options = speaking("phoenix:room:a");
  options.reads = false;
  Conversation writer = joined(options);
  writer.hear(R"(["1","5","room:a","phx_reply",{"status":"error","response":{"x":1}}])");
  writer.hear(R"([null,null,"room:a","news",{}])");
  CHECK(writer.said() == Said{"! the server refused a message: {\"x\":1}"});
}

TEST_CASE("Phoenix: what breaks its rules") {
  for (const std::string_view text :
       {"", "x", "{}", "[]", "[1,2,3,4]", "[1,2,3,4,5,6]", "[1,2,3,4,5"}) {
    Conversation talk = joined();
    talk.hear(text);
    REQUIRE(talk.dialect->fault());
    CHECK(talk.dialect->fault()->fault() == Fault::protocol);
  }
  const std::string whole =
      "\0\1\6\4"
      "1room:apush"s;
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    Conversation talk = joined();
    talk.hear_bytes(whole.substr(0, cut));
    CHECK(talk.dialect->fault());
  }
  Conversation talk = joined();
  talk.hear_bytes("\3\0\0\0\0\0"s);
  CHECK(talk.dialect->fault());
}
