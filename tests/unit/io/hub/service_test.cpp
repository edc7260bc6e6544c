#include "io/hub/service.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;
using test::id_text;
using test::run_until;
using State = FakeExchange::State;

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

TEST_CASE("every answer of a channel guards against what publishers send") {
  HubFixture hub;
  hub.post("/a", "<script>", "Content-Type: text/html\n");
  FakeExchange* const answers[] = {
      &hub.get("/a"),
      &hub.get("/a", "If-None-Match: \"" + id_text(1) + "\"\n"),
      &hub.get("/a?since="),
      &hub.get("/a?since=", "Accept: application/json\n"),
      &hub.get("/none"),
      &hub.get("/a/../b"),
      &hub.stream("/a"),
      &hub.post("/a", "x"),
      &hub.post("/a", "{}", "Content-Type: application/x-ndjson\n"),
      &hub.get("/a?wait=0", "If-None-Match: \"" + id_text(2) + "\"\n"),
      &hub.get("/empty?wait=0"),
  };
  REQUIRE(run_until(hub.reactor, [&] {
    for (const FakeExchange* const answer : answers)
      if (answer->state == State::held) return false;
    return true;
  }));
  for (const FakeExchange* const answer : answers) {
    CAPTURE(answer->response.status);
    CAPTURE(answer->head());
    CHECK(answer->field("X-Content-Type-Options") == "nosniff");
    CHECK(answer->field("Content-Security-Policy") == "sandbox; default-src 'none'");
    check_fields(answer->head());
  }
}

TEST_CASE("names of channels") {
  HubFixture hub;
  const struct {
    const char* path;
    int status;
  } rows[] = {
      {"/a", 201},      {"/a/", 201},   {"//", 201},     {"/%61", 201},      {"/caf%C3%A9", 201},
      {"/a%20b", 201},  {"/./a", 400},  {"/a/..", 400},  {"/%2E%2e/x", 400}, {"/a+b", 400},
      {"/a%23b", 400},  {"/a%00", 400}, {"/%FF", 400},   {"/%2", 400},       {"/$SYS/x", 403},
      {"/%24SYS", 403}, {"/-/x", 405},  {"/%2D/x", 403}, {"/-x", 201},       {"/x/-/y", 201},
  };
  for (const auto& row : rows) {
    CAPTURE(row.path);
    CHECK(hub.post(row.path, "x").response.status == row.status);
  }
  // One channel, however it is spelled; none other, however similar.
  hub.post("/%7Euser/%61", "here");
  CHECK(hub.get("/~user/a").response.body == "here");
  CHECK(hub.get("/~user/a/").response.status == 404);
  CHECK(hub.get("/~USER/a").response.status == 404);
}

TEST_CASE("the end of the server") {
  HubFixture hub;
  hub.publish("/a", "1");
  FakeExchange& stream = hub.stream("/a");
  FakeExchange& socket = hub.websocket("/a");
  FakeExchange& unopened = hub.upgrade("/a");
  FakeExchange& waiting = hub.get("/a?wait=30", "If-None-Match: *\n");
  FakeExchange& window = hub.get("/a?wait=30&since=" + id_text(1));
  hub.service.pause().set(true);
  FakeExchange& posted = hub.post("/a", "2");
  hub.service.pause().set(false);
  hub.service.drain();
  CHECK(stream.state == State::ended);
  CHECK(socket.socket.closed_with == 1001);
  CHECK(waiting.state == State::answered);
  CHECK(window.state == State::answered);
  CHECK(posted.response.status == 201);
  CHECK(hub.get("/a").response.status == 503);
  CHECK(hub.post("/a", "x").response.status == 503);
  socket.leave();
  unopened.leave();
  hub.turn();
}

}  // namespace
}  // namespace rt
