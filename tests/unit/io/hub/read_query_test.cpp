#include "io/hub/read_query.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;
using test::id_text;
using State = FakeExchange::State;

TEST_CASE("queries that are wrong") {
  HubFixture hub;
  for (const char* const query : {"last=x", "last=-1", "last=", "limit=0", "limit=1.5",
                                  "limit=99999999999999999999", "wait=soon", "wait=-1", "wait="}) {
    CAPTURE(query);
    CHECK(hub.get("/q?" + std::string(query)).response.status == 400);
    CHECK(hub.get("/q?" + std::string(query), "Accept: text/event-stream\n").response.status ==
          400);
  }
  // RFC 7240: what is not understood is passed over.
  CHECK(hub.get("/q", "Prefer: wait=soon\n").response.status == 404);
}

TEST_CASE("a cursor may say what is known of other hubs") {
  HubFixture hub;
  for (const char* const origin : {"000000000a-1", "000000000b-1", "000000000a-2", "x"})
    hub.post("/k", origin, "RT-Origin-Id: " + std::string(origin) + "\n");
  struct Case {
    std::string since;
    std::vector<std::string> got;
  };
  const std::string own = id_text(4);
  const Case cases[] = {
      {"000000000a-2", {"000000000b-1", "000000000a-2", "x"}},  // of b nothing is said, nor of x
      {"000000000c-1", {"gap", "000000000a-1", "000000000b-1", "000000000a-2", "x"}},
      {"000000000c-1,000000000a-9", {"000000000b-1", "000000000a-2", "x"}},
      {own, {}},
      {own + ",000000000a-1", {}},
      {id_text(5), {"gap", "000000000a-1", "000000000b-1", "000000000a-2", "x"}},
      {"000000000a-2," + id_text(5), {"gap", "000000000a-1", "000000000b-1", "000000000a-2", "x"}},
      {"000000000a-2,", {"gap", "000000000a-1", "000000000b-1", "000000000a-2", "x"}},
      {"x,000000000a-2", {"gap", "000000000a-1", "000000000b-1", "000000000a-2", "x"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.since);
    const auto data = [](const std::vector<sse::Event>& events) {
      std::vector<std::string> all;
      for (const sse::Event& event : events)
        if (!event.data.empty()) all.push_back(event.event == "rt.gap" ? "gap" : event.data);
      return all;
    };
    CHECK(data(hub.stream("/k?since=" + c.since).events()) == c.got);
    CHECK(data(hub.stream("/k", "Last-Event-ID: " + c.since + "\n").events()) == c.got);
  }
}

TEST_CASE("preferences") {
  HubFixture hub;
  hub.publish("/p", "old");
  const std::string condition = "If-None-Match: \"" + id_text(1) + "\"\n";
  struct Case {
    const char* fields;
    bool waits;
  };
  const Case cases[] = {
      {"Prefer: wait=30\n", true},
      {"Prefer: wait=\"30\"\n", true},
      {"Prefer: WAIT = 30; x=y\n", true},
      {"Prefer: foo=\"a, wait=1\", wait=30\n", true},
      {"Prefer: respond-async\nPrefer: wait=30\n", true},
      {"Prefer: wait\n", false},
      {"Prefer: wait=x, wait=30\n", false},
      {"Prefer: foo=\"a, wait=30\"\n", false},
      {"Prefer: await=30\n", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.fields);
    CHECK((hub.get("/p", condition + c.fields).state == State::held) == c.waits);
  }
}

TEST_CASE("If-None-Match") {
  HubFixture hub;
  hub.publish("/p", "old");
  const std::string tag = "\"" + id_text(1) + "\"";
  struct Case {
    std::string fields;
    int status;
  };
  const Case cases[] = {
      {"If-None-Match: *\n", 304},
      {"If-None-Match: \"x\", W/" + tag + "\n", 304},
      {"If-None-Match: \"x\"\nIf-None-Match: " + tag + "\n", 304},
      {"If-None-Match: \"x\"\nIf-None-Match: \"y\", " + tag + "\n", 304},
      {"If-None-Match: \"x\"\nIf-None-Match: \"y\"\n", 200},
  };
  for (const Case& c : cases) {
    CAPTURE(c.fields);
    CHECK(hub.get("/p", c.fields).response.status == c.status);
  }
  CHECK(hub.get("/none", "If-None-Match: *\n").response.status == 404);
}

TEST_CASE("of the types in Accept the weightiest counts") {
  HubFixture hub;
  hub.publish("/p", "old");
  struct Case {
    const char* fields;
    const char* type;
  };
  constexpr const char* kStream = "text/event-stream";
  constexpr const char* kLines = "application/x-ndjson";
  constexpr const char* kArray = "application/json";
  const Case cases[] = {
      {"Accept: text/event-stream\n", kStream},
      {"Accept: text/event-stream;q=0\n", kLines},
      {"Accept: text/event-stream;q=0, application/json\n", kArray},
      {"Accept: text/event-stream;q=0.1\n", kStream},
      {"Accept: text/event-stream, application/json\n", kStream},
      {"Accept: text/event-stream;q=0.5, application/json\n", kArray},
      {"Accept: text/event-stream;q=0.5, application/x-ndjson;q=0.6\n", kLines},
      {"Accept: text/event-stream;q=0.5, application/json;q=0.6, application/x-ndjson;q=0.7\n",
       kLines},
      {"Accept: application/json\nAccept: text/event-stream;q=0.9\n", kArray},
      {"Accept: */*\nAccept: text/event-stream\n", kStream},
      {"Accept: text/event-stream;q=0.2, */*\n", kStream},
  };
  for (const Case& c : cases) {
    CAPTURE(c.fields);
    CHECK(hub.get("/p?since=", c.fields).field("Content-Type") == c.type);
  }
  CHECK(hub.get("/p", "Accept: text/event-stream;q=0\n").response.body == "old");
}

TEST_CASE("opening handshakes that are not valid") {
  HubFixture hub;
  CHECK(hub.get("/a",
                "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 8\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n")
            .response.status == 426);
  CHECK(hub.get("/a", "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n")
            .response.status == 400);
  CHECK(hub.get("/a", "Connection: Upgrade\nUpgrade: h2c\n").response.status == 404);
  CHECK(hub.websocket("/a", "Sec-WebSocket-Protocol: chat, rt.v1\n").subprotocol == "rt.v1");
  CHECK(hub.websocket("/a", "Sec-WebSocket-Protocol: chat\n").subprotocol.empty());
  // It never came to stand.
  hub.upgrade("/a").leave();
}

}  // namespace
}  // namespace rt
