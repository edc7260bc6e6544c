#include "io/hub/publishing.hpp"

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

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++n;
  return n;
}

// Every line of a head is one that was meant: a name, a colon, and no other control character.
void check_fields(std::string_view fields) {
  while (!fields.empty()) {
    const std::size_t end = fields.find("\r\n");
    REQUIRE(end != std::string_view::npos);
    const std::string_view line = fields.substr(0, end);
    fields.remove_prefix(end + 2);
    CHECK(line.find(": ") != std::string_view::npos);
    CHECK(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

TEST_CASE("types: what is declared, untyped, and what curl -d sends") {
  const struct {
    std::string declared;
    std::string body;
    std::string served;
  } rows[] = {
      {"", "text \xC3\xA4", "text/plain; charset=utf-8"},
      {"", "\xFF", "application/octet-stream"},
      {"Content-Type: application/x-www-form-urlencoded\n", "a=1", "text/plain; charset=utf-8"},
      {"Content-Type: Application/X-WWW-Form-Urlencoded; charset=x\n", "\xC0",
       "application/octet-stream"},
      {"Content-Type: application/json\n", "{}", "application/json"},
      {"Content-Type: text/html; charset=latin1\n", "\xE4", "text/html; charset=latin1"},
      {"Content-Type: image/png\n", "png", "image/png"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.declared);
    HubFixture hub;
    hub.post("/t", row.body, row.declared);
    CHECK(hub.get("/t").field("Content-Type") == row.served);
    CHECK(hub.get("/t").response.body == row.body);
  }
}

TEST_CASE("PUT retains, POST does not") {
  HubFixture hub;
  std::vector<bool> retained;
  test::OutputReader output(hub.service, [&](const Message& message, const MessageId&) {
    retained.push_back(message.retain);
  });
  hub.request("PUT /r\n", "a");
  hub.post("/r", "b");
  hub.request("PUT /r\nContent-Type: application/x-ndjson\n", "{\"data\":\"c\"}");
  hub.turn();
  CHECK(retained == std::vector<bool>{true, false, true});
}

TEST_CASE("what is printed comes with the id that it has here") {
  HubFixture hub;
  std::vector<std::string> ids;
  test::OutputReader output(
      hub.service, [&](const Message&, const MessageId& id) { ids.push_back(to_string(id)); });
  hub.post("/r", "a");
  hub.websocket("/new").receive(PayloadKind::text, "b");
  hub.turn();
  CHECK(ids == std::vector<std::string>{id_text(1), id_text(2)});
}

TEST_CASE("NDJSON is published all or none") {
  HubFixture hub;
  const auto batch = [&](std::string_view body) -> FakeExchange& {
    return hub.post("/n", body, "Content-Type: Application/X-NDJSON; charset=utf-8\n");
  };
  FakeExchange& good = batch("{\"data\":\"1\"}\r\n\n{\"data\":\"2\",\"channel\":\"/else\"}");
  CHECK(good.response.status == 201);
  CHECK(good.response.body == "{\"ids\":[\"" + id_text(1) + "\",\"" + id_text(2) + "\"]}\n");
  CHECK(good.field("RT-Id") == id_text(2));
  CHECK(hub.get("/else").response.status == 404);  // the URL names the channel

  FakeExchange& bad = batch("{\"data\":\"3\"}\n\n{\"data\":4}\n{\"data\":\"5\"}\n");
  CHECK(bad.response.status == 400);
  CHECK(has(bad.response.body, "line 3"));
  CHECK(hub.get("/n?since=" + id_text(2)).response.body.empty());

  CHECK(batch("").response.body == "{\"ids\":[]}\n");
  CHECK(batch("\n\n").response.body == "{\"ids\":[]}\n");
  CHECK(batch("{\"gap\":{}}").response.body == "{\"ids\":[]}\n");

  std::string many;
  for (int i = 0; i < 100'001; ++i) many += "{\"data\":\"\"}\n";
  FakeExchange& refused = batch(many);
  hub.turn();
  CHECK(refused.response.status == 413);
}

TEST_CASE("no field of an answer, and no event, is made by a publisher") {
  HubFixture hub;
  hub.post("/i",
           R"({"data":"x","event":"e\r\nSet-Cookie: a=b","content_type":"t/x\r\nX-Bad: 1",)"
           R"("id":"1\nid: 2","via":["r\r\nX-Via: 1"]})",
           "Content-Type: application/x-ndjson\n");
  FakeExchange& latest = hub.get("/i");
  check_fields(latest.head());
  CHECK_FALSE(latest.field("Set-Cookie"));
  CHECK_FALSE(latest.field("X-Bad"));
  CHECK_FALSE(latest.field("X-Via"));

  // Names that the hub gives a meaning to, also where they arise by leaving characters out.
  for (const char* const event :
       {"rt.gap", "rt.envelope", "r\\nt.gap", "\\rrt.gap", "rt\\u0000.gap", "\\nrt.x"}) {
    CAPTURE(event);
    hub.post("/e", R"({"data":"{\"gap\":{}}","event":")" + std::string(event) + "\"}",
             "Content-Type: application/x-ndjson\n");
    FakeExchange& stream = hub.stream("/e?last=1");
    REQUIRE(stream.events().size() == 1);
    CHECK(stream.events()[0].event == "rt.envelope");
  }

  // An id that it brings along is where it comes from.
  hub.post("/o", R"({"data":"x","id":"far-1","via":["r1","r2"]})",
           "Content-Type: application/x-ndjson\n");
  FakeExchange& origin = hub.get("/o");
  CHECK(origin.field("RT-Origin-Id") == "far-1");
  CHECK(count(origin.head(), "RT-Via: ") == 2);
  hub.post("/o", "x", "RT-Origin-Id: o-1\nRT-Via: a, b\nRT-Event: e\n");
  FakeExchange& again = hub.get("/o");
  CHECK(again.field("RT-Origin-Id") == "o-1");
  CHECK(again.field("RT-Event") == "e");
  CHECK(count(again.head(), "RT-Via: ") == 2);
}

TEST_CASE("what becomes header fields is bounded") {
  HubFixture hub;
  const std::string long_text(9000, 'x');
  FakeExchange& batch =
      hub.post("/m", "{\"data\":\"1\"}\n{\"data\":\"2\",\"event\":\"" + long_text + "\"}",
               "Content-Type: application/x-ndjson\n");
  CHECK(batch.response.status == 400);
  CHECK(has(batch.response.body, "line 2"));
  CHECK(hub.get("/m").response.status == 404);
  CHECK(hub.post("/m", "1", "RT-Event: " + long_text + "\n").response.status == 400);
  FakeExchange& socket = hub.websocket("/m", "Sec-WebSocket-Protocol: rt.v1\n");
  socket.receive(PayloadKind::text, "{\"data\":\"1\",\"origin_id\":\"" + long_text + "\"}");
  CHECK(socket.socket.closed_with == 1008);
}

TEST_CASE("--no-relay: stdout only") {
  HubServiceOptions options;
  options.relay = false;
  HubFixture hub({}, options);
  std::vector<std::string> printed;
  hub.service.publisher().on_unkept(
      [&](const MessagePtr& message) { printed.push_back(message->payload); });
  FakeExchange& stream = hub.stream("/a");
  FakeExchange& socket = hub.websocket("/a");
  CHECK(hub.post("/a", "1").response.status == 201);
  socket.receive(PayloadKind::text, "2");
  hub.turn();
  CHECK(printed == test::numbers(1, 2));
  CHECK(stream.event_data().empty());
  CHECK(hub.get("/a").response.status == 404);
  // This side goes out.
  hub.publish("/a", "3");
  hub.turn();
  CHECK(stream.event_data() == std::vector<std::string>{"3"});
  CHECK(printed.size() == 2);
}

TEST_CASE("while publishers are paused") {
  HubFixture hub;
  FakeExchange& socket = hub.websocket("/a");
  hub.service.pause().set(true);
  FakeExchange& posted = hub.post("/a", "1");
  FakeExchange& left = hub.post("/a", "2");
  FakeExchange& batch = hub.post("/a", "{\"data\":\"3\"}", "Content-Type: application/x-ndjson\n");
  socket.receive(PayloadKind::text, "4");
  CHECK(socket.socket.paused);
  CHECK(posted.state == State::held);
  CHECK(batch.state == State::held);
  left.leave();
  CHECK(hub.get("/a").response.body == "4");  // readers do not wait

  // Not any number of them is taken.
  hub.service.pause().waits(hub.service.pause().most());
  FakeExchange& refused = hub.post("/b", "x");
  CHECK(refused.response.status == 503);
  CHECK(refused.field("Retry-After") == "1");
  FakeExchange& another = hub.websocket("/a");
  another.receive(PayloadKind::text, "x");
  CHECK(another.socket.closed_with == 1013);
  CHECK(hub.get("/a").response.body == "4");
  hub.service.pause().waits(hub.service.pause().most() - 1);
  CHECK(hub.post("/b", "x").state == State::held);

  hub.service.pause().set(false);
  CHECK(posted.response.status == 201);
  CHECK(posted.field("RT-Id") == id_text(1));
  CHECK(batch.response.status == 201);
  CHECK_FALSE(socket.socket.paused);
  CHECK(left.state == State::held);
  CHECK(hub.post("/a", "5").response.status == 201);
}

}  // namespace
}  // namespace rt
