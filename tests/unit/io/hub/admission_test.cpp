#include "io/hub/admission.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;
using State = FakeExchange::State;
using Strings = std::vector<std::string>;

const char* name_of(Action action) {
  switch (action) {
    case Action::subscribe:
      return "subscribe";
    case Action::publish:
      return "publish";
    case Action::presence:
      return "presence";
    case Action::admin:
      break;
  }
  return "admin";
}

// Remembers what it is asked; nobody may use /secret, and mallory nothing at all.
struct RecordingGrants final : Grants {
  bool allow(const Identity& who, Action what, std::string_view channel) const override {
    asked.push_back((who.anonymous() ? "-" : who.name()) + " " + name_of(what) + " " +
                    std::string(channel));
    return channel != "/secret" && who.name() != "mallory";
  }
  mutable Strings asked;
};

struct Fixture {
  explicit Fixture(const std::shared_ptr<RecordingGrants>& its_grants)
      : grants(its_grants), hub({}, options(its_grants)) {}
  static HubServiceOptions options(const std::shared_ptr<RecordingGrants>& grants) {
    HubServiceOptions with;
    with.grants = grants;
    return with;
  }
  // What was asked since the last time.
  Strings asked() { return std::exchange(grants->asked, {}); }

  std::shared_ptr<RecordingGrants> grants;
  HubFixture hub;
};

TEST_CASE("admission is asked who wants what of which channel, by its canonical name") {
  Fixture with(std::make_shared<RecordingGrants>());
  const std::string stream = "Accept: text/event-stream\n";
  const struct {
    std::string head;
    Strings asked;
  } rows[] = {
      {"GET /a\n", {"- subscribe /a"}},
      {"HEAD /%61\n", {"- subscribe /a"}},
      {"GET /a?since=\n", {"- subscribe /a"}},
      {"GET /a\n" + stream, {"- subscribe /a"}},
      {"GET /\n", {"- subscribe /"}},
      {"POST /b\n", {"- publish /b"}},
      {"PUT /b\n", {"- publish /b"}},
      {"GET /-/channels\n", {"- admin "}},
      {"GET /-/metrics\n", {"- admin "}},
      {"GET /-/health\n", {}},
      {"OPTIONS /a\n", {}},
      {"GET /a/../b\n", {}},
      {"GET /a\nHost: evil.example\n", {}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.head);
    with.hub.request(row.head);
    CHECK(with.asked() == row.asked);
  }
  FakeExchange& socket = with.hub.websocket("/a");
  CHECK(with.asked() == Strings{"- subscribe /a"});
  socket.receive(PayloadKind::text, "1");
  socket.receive(PayloadKind::text, "2");
  CHECK(with.asked() == Strings{"- publish /a"});
}

TEST_CASE("who may not is refused") {
  Fixture with(std::make_shared<RecordingGrants>());
  HubFixture& hub = with.hub;
  CHECK(hub.get("/secret").response.status == 403);
  CHECK(hub.get("/secret", "Accept: text/event-stream\n").response.status == 403);
  CHECK(hub.upgrade("/secret").response.status == 403);
  CHECK(hub.post("/secret", "x").response.status == 403);
  CHECK(hub.hub.find("/secret") == nullptr);
  CHECK(hub.request("GET /-/metrics\n", {}, Identity("mallory")).response.status == 403);
  CHECK(hub.request("GET /-/health\n", {}, Identity("mallory")).response.status == 200);
}

TEST_CASE("a connection is asked about as who it is, also by what it publishes later") {
  struct NoPublishing final : Grants {
    bool allow(const Identity& who, Action what, std::string_view) const override {
      return what != Action::publish || who.name() == "alice";
    }
  };
  HubServiceOptions options;
  options.grants = std::make_shared<NoPublishing>();
  HubFixture hub({}, options);
  for (const char* const name : {"", "alice", "bob"}) {
    CAPTURE(name);
    const std::string text(name);
    const Identity who = text.empty() ? Identity() : Identity(text);
    FakeExchange& socket = hub.request(
        "GET /a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
        {}, who);
    REQUIRE(socket.state == State::upgraded);
    socket.ws_listener->on_open(socket.socket);
    socket.receive(PayloadKind::text, "x");
    CHECK(socket.socket.closed_with == (text == "alice" ? 0 : 1008));
  }
  CHECK(hub.hub.last_sequence() == 1);
}

TEST_CASE("a reader is known by its connection's identity until it goes") {
  HubFixture hub;
  const Identity alice("alice");
  hub.request("GET /a\nAccept: text/event-stream\n", {}, alice);
  hub.request("GET /a?wait=30\n", {}, alice);
  hub.request(
      "GET /a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n",
      {}, alice);
  hub.stream("/a");
  Strings names;
  for (const Reader* const reader : hub.hub.find("/a")->readers())
    names.push_back(static_cast<const Subscriber*>(reader)->identity().name());
  CHECK(names == Strings{"alice", "alice", "alice", ""});
}

// --- from the head alone -------------------------------------------------------------------------

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST_CASE("two Origin fields are refused where one is looked at") {
  HubFixture hub;
  const std::string own = "Origin: http://localhost:8080\n";
  CHECK(hub.post("/p", "x", own).response.status == 201);
  CHECK(hub.post("/p", "x", own + "Origin: http://evil.example\n").response.status == 400);
  CHECK(hub.upgrade("/p", own + own).response.status == 400);
}

TEST_CASE("methods and bodies that are refused") {
  HubFixture hub;
  const struct {
    const char* head;
    int status;
  } rows[] = {
      {"DELETE /a\n", 405},
      {"PATCH /a\nContent-Length: 1\n", 405},
      {"POST /a\nContent-Length: 3\nContent-Encoding: gzip\n", 415},
      {"POST /a\nContent-Length: 3\nContent-Encoding: identity\n", 201},
      {"OPTIONS /a\n", 204},
      {"OPTIONS *\n", 204},
  };
  for (const auto& row : rows) {
    CAPTURE(row.head);
    FakeExchange& answer = hub.request(row.head, has(row.head, "Length") ? "xyz" : "");
    CHECK(answer.response.status == row.status);
    if (row.status == 405) CHECK(answer.field("Allow") == "GET, HEAD, POST, PUT, OPTIONS");
  }
  // Without a length the decoder gives an empty body; that is no publication.
  FakeExchange bare("POST /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  hub.service.handle(bare);
  CHECK(bare.response.status == 411);

  HubLimits limits;
  limits.max_message = 4;
  HubFixture small(limits);
  CHECK(small.post("/a", "12345").response.status == 413);
  CHECK(small.post("/a", "1234").response.status == 201);
  CHECK(small.post("/a", "{\"data\":\"1234\"}", "Content-Type: application/x-ndjson\n")
            .response.status == 201);
  FakeExchange& line = small.post("/a", "{\"data\":\"1\"}\n{\"data\":\"12345\"}",
                                  "Content-Type: application/x-ndjson\n");
  CHECK(line.response.status == 413);
  CHECK(has(line.response.body, "line 2"));
}

TEST_CASE("who may come in") {
  HubServiceOptions options;
  options.access.allow_origins = {"https://app.example"};
  options.access.allow_hosts = {"hub.example"};
  HubFixture hub({}, options);
  const struct {
    const char* head;
    int status;  // 0: taken as a stream or socket
  } rows[] = {
      {"GET /a\nHost: evil.example\n", 421},
      {"POST /a\nHost: evil.example:8080\n", 421},
      {"GET /-/channels\nHost: evil.example\n", 421},
      {"GET /\nHost: evil.example\n", 421},
      {"OPTIONS /a\nHost: evil.example\n", 421},
      {"GET /a\nHost: hub.example\n", 404},
      {"GET /a\nHost: [::1]:8080\n", 404},
      {"POST /a\nOrigin: https://evil.example\n", 403},
      {"PUT /a\nOrigin: null\n", 403},
      {"DELETE /a\nOrigin: https://evil.example\n", 403},
      {"GET /a\nOrigin: https://evil.example\nUpgrade: websocket\n", 403},
      {"GET /a\nOrigin: https://evil.example\n", 404},
      {"POST /a\nOrigin: http://localhost:8080\n", 201},
      {"POST /a\nOrigin: https://app.example\n", 201},
      {"GET /a\nHost: evil.example\nAccept: text/event-stream\n", 421},
  };
  for (const auto& row : rows) {
    CAPTURE(row.head);
    CHECK(hub.request(row.head).response.status == row.status);
  }
  // The Host that was good for the last request is not good for the next.
  CHECK(hub.get("/a").response.status == 200);
  CHECK(hub.request("GET /a\nHost: localhost.evil.example\n").response.status == 421);

  FakeExchange& allowed = hub.get("/a", "Origin: https://app.example\n");
  CHECK(allowed.field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(has(*allowed.field("Access-Control-Expose-Headers"), "RT-Next"));
  CHECK(allowed.field("Access-Control-Allow-Credentials") == "true");
  const auto varies = [](const FakeExchange& exchange) {
    std::string names;
    for (const http::Field field : exchange.response.fields)
      if (field.name == "Vary") names += std::string(field.value) + " ";
    return names;
  };
  CHECK(varies(allowed) == "Accept Origin ");
  FakeExchange& other = hub.get("/a", "Origin: https://evil.example\n");
  CHECK_FALSE(other.field("Access-Control-Allow-Origin"));
  CHECK_FALSE(other.field("Access-Control-Allow-Credentials"));
  CHECK(varies(other) == "Accept Origin ");
  CHECK_FALSE(hub.get("/a").field("Access-Control-Allow-Origin"));
  FakeExchange& preflight = hub.request("OPTIONS /a\nOrigin: https://app.example\n");
  CHECK(has(*preflight.field("Access-Control-Allow-Methods"), "POST"));
  CHECK(has(*preflight.field("Access-Control-Allow-Headers"), "Last-Event-ID"));
  CHECK(has(*preflight.field("Access-Control-Allow-Headers"), "Authorization"));
  CHECK(preflight.field("Access-Control-Allow-Credentials") == "true");
  CHECK(hub.stream("/a", "Origin: https://app.example\n").field("Access-Control-Allow-Origin") ==
        "https://app.example");
  FakeExchange& waiting =
      hub.get("/a?wait=30&since=" + test::id_text(2), "Origin: https://app.example\n");
  FakeExchange& plain = hub.get("/a?wait=30&since=" + test::id_text(2));
  hub.publish("/a", "x");
  hub.turn();
  CHECK(waiting.field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK_FALSE(plain.field("Access-Control-Allow-Origin"));
}

}  // namespace
}  // namespace rt
