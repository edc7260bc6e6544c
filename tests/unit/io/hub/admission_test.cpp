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
  socket.ws_listener->on_message(PayloadKind::text, "1");
  socket.ws_listener->on_message(PayloadKind::text, "2");
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
    socket.ws_listener->on_message(PayloadKind::text, "x");
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

}  // namespace
}  // namespace rt
