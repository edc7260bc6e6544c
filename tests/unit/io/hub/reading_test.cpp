#include "io/hub/reading.hpp"

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

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++n;
  return n;
}

TEST_CASE("the latest message itself") {
  HubFixture hub;
  FakeExchange& nothing = hub.get("/sensors/temp");
  CHECK(nothing.response.status == 404);
  CHECK(nothing.field("RT-Next") == id_text(0));
  CHECK(nothing.field("Content-Type") == "application/problem+json");

  hub.post("/sensors/temp", "20", "Content-Type: text/plain\n");
  FakeExchange& created = hub.post("/sensors/temp", "21", "Content-Type: text/csv\n");
  CHECK(created.response.status == 201);
  CHECK(created.field("RT-Id") == id_text(2));
  CHECK(created.response.body == "{\"id\":\"" + id_text(2) + "\"}\n");

  FakeExchange& latest = hub.get("/sensors/temp");
  CHECK(latest.response.status == 200);
  CHECK(latest.response.body == "21");
  CHECK(latest.field("Content-Type") == "text/csv");
  CHECK(latest.field("ETag") == "\"" + id_text(2) + "\"");
  CHECK(latest.field("RT-Next") == id_text(2));

  const struct {
    std::string condition;
    int status;
  } conditions[] = {
      {"\"" + id_text(2) + "\"", 304},
      {"W/\"" + id_text(2) + "\"", 304},
      {"\"x\", \"" + id_text(2) + "\"", 304},
      {"*", 304},
      {"\"" + id_text(1) + "\"", 200},
      {id_text(2), 200},
      {"garbage", 200},
  };
  for (const auto& row : conditions) {
    CAPTURE(row.condition);
    FakeExchange& answer = hub.get("/sensors/temp", "If-None-Match: " + row.condition + "\n");
    CHECK(answer.response.status == row.status);
    CHECK(answer.field("ETag") == "\"" + id_text(2) + "\"");
    if (row.status == 304) CHECK(answer.response.body.empty());
  }
  CHECK(hub.request("HEAD /sensors/temp\n").response.status == 200);
  // Another one is the latest now, whoever was answered last.
  hub.publish("/sensors/temp", "22");
  CHECK(hub.get("/sensors/temp").response.body == "22");
}

TEST_CASE("a window: since, last, limit, as NDJSON or an array") {
  HubFixture hub;
  for (const std::string& payload : test::numbers(1, 5)) hub.publish("/w", payload);
  hub.publish("/other", "6");
  const auto data = [](const FakeExchange& answer) {
    std::string all;
    std::string_view rest = answer.response.body;
    for (std::size_t at = rest.find("\"data\":\""); at != std::string_view::npos;
         at = rest.find("\"data\":\"")) {
      rest.remove_prefix(at + 8);
      all += rest.substr(0, rest.find('"'));
    }
    return all;
  };
  const struct {
    std::string query;
    std::string payloads;
    std::uint64_t next;
  } rows[] = {
      {"since=", "12345", 5},
      {"since=" + id_text(0), "12345", 5},
      {"since=" + id_text(3), "45", 5},
      {"since=" + id_text(5), "", 5},
      {"since=" + id_text(6), "", 5},  // another channel's message came later
      {"since=&limit=2", "12", 2},
      {"since=" + id_text(2) + "&limit=2", "34", 4},
      {"limit=2", "12", 2},
      {"last=2", "45", 5},
      {"last=0", "", 5},
      {"last=100", "12345", 5},
      {"last=3&limit=1", "3", 3},
      {"since=" + id_text(4) + "&last=3", "5", 5},
  };
  for (const auto& row : rows) {
    CAPTURE(row.query);
    FakeExchange& lines = hub.get("/w?" + row.query);
    CHECK(lines.response.status == 200);
    CHECK(data(lines) == row.payloads);
    CHECK(lines.field("RT-Next") == id_text(row.next));
    CHECK(lines.field("Content-Type") == "application/x-ndjson");
    CHECK(count(lines.response.body, "\n") == row.payloads.size());
    CHECK_FALSE(lines.field("RT-Gap"));
    FakeExchange& array = hub.get("/w?" + row.query, "Accept: application/json\n");
    CHECK(data(array) == row.payloads);
    CHECK(array.field("Content-Type") == "application/json");
    if (row.payloads.empty()) CHECK(array.response.body == "[]\n");
    CHECK(array.field("RT-Next") == id_text(row.next));
  }
  // From the cursor of one answer to the next, nothing is missed and nothing comes twice.
  std::string all;
  std::string cursor;
  for (int i = 0; i < 5; ++i) {
    FakeExchange& part = hub.get("/w?limit=2&since=" + cursor);
    all += data(part);
    cursor = *part.field("RT-Next");
  }
  CHECK(all == "12345");
  CHECK(hub.get("/none?since=").response.body.empty());
  CHECK(hub.get("/none?last=3", "Accept: application/json\n").response.body == "[]\n");
  // An Accept that likes both equally gets NDJSON.
  CHECK(hub.get("/w?since=", "Accept: application/json, application/x-ndjson\n")
            .field("Content-Type") == "application/x-ndjson");
  CHECK(hub.get("/w?since=", "Accept: application/json, application/x-ndjson;q=0.5\n")
            .field("Content-Type") == "application/json");
}

TEST_CASE("gaps in a window") {
  HubLimits limits;
  limits.history = 2;
  HubFixture hub(limits);
  for (const std::string& payload : test::numbers(1, 5)) hub.publish("/g", payload);
  const struct {
    std::string since;
    std::string gap;
  } rows[] = {
      {id_text(0), "{\"v\":1,\"gap\":{\"from\":\"" + id_text(0) + "\",\"missed\":3}}"},
      {id_text(1), "{\"v\":1,\"gap\":{\"from\":\"" + id_text(1) + "\"}}"},
      {"0123456789-1", "{\"v\":1,\"gap\":{\"from\":\"0123456789-1\"}}"},
      {id_text(99), "{\"v\":1,\"gap\":{\"from\":\"" + id_text(99) + "\"}}"},
      {"not%20an%20id%0A%22", "{\"v\":1,\"gap\":{\"from\":\"not an id\\n\\\"\"}}"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.since);
    FakeExchange& lines = hub.get("/g?since=" + row.since);
    CHECK(lines.field("RT-Gap") == "true");
    CHECK(lines.response.body.substr(0, lines.response.body.find('\n')) == row.gap);
    CHECK(count(lines.response.body, "\n") == 3);
    FakeExchange& array = hub.get("/g?since=" + row.since, "Accept: application/json\n");
    CHECK(array.response.body.starts_with("[" + row.gap + ",\n{"));
    CHECK(array.response.body.ends_with("}]\n"));
    // It does not wait: there is news.
    CHECK(hub.get("/g?wait=10&since=" + row.since).state == State::answered);
    // A channel that is not there says it too.
    if (row.since != id_text(0) && row.since != id_text(1))
      CHECK(hub.get("/none?since=" + row.since).field("RT-Gap") == "true");
  }
  CHECK_FALSE(hub.get("/g?since=" + id_text(3)).field("RT-Gap"));
}

TEST_CASE("long polls of the latest message") {
  HubFixture hub;
  hub.publish("/p", "old");
  const std::string condition = "If-None-Match: \"" + id_text(1) + "\"\n";
  FakeExchange& by_query = hub.get("/p?wait=30", condition);
  FakeExchange& by_preference = hub.get("/p", condition + "Prefer: respond-async, wait=30\n");
  FakeExchange& left = hub.get("/p?wait=30", condition);
  FakeExchange& at_empty = hub.get("/q?wait=30");
  CHECK(by_query.state == State::held);
  CHECK(by_preference.state == State::held);
  CHECK(at_empty.state == State::held);
  left.leave();
  // There is something newer, or nobody said what is known: no waiting.
  CHECK(hub.get("/p?wait=30").response.body == "old");
  CHECK(hub.get("/p?wait=30", "If-None-Match: \"x\"\n").response.body == "old");

  hub.publish("/p", "new");
  hub.publish("/q", "first");
  CHECK(by_query.state == State::held);  // at the end of the turn
  hub.turn();
  for (FakeExchange* const answer : {&by_query, &by_preference}) {
    CHECK(answer->response.status == 200);
    CHECK(answer->response.body == "new");
    CHECK(answer->field("ETag") == "\"" + id_text(2) + "\"");
  }
  CHECK(at_empty.response.body == "first");
  CHECK(left.state == State::held);
}

TEST_CASE("a long poll's time passes") {
  HubFixture hub;
  hub.publish("/p", "old");
  FakeExchange& known = hub.get("/p?wait=0.05", "If-None-Match: \"" + id_text(1) + "\"\n");
  FakeExchange& empty = hub.get("/q?wait=0.05");
  FakeExchange& emptied = hub.get("/q?wait=0.05", "If-None-Match: \"" + id_text(1) + "\"\n");
  FakeExchange& lines = hub.get("/p?wait=0.05&since=" + id_text(1));
  FakeExchange& array = hub.get("/p?wait=0.05&since=" + id_text(1), "Accept: application/json\n");
  for (FakeExchange* const answer : {&known, &empty, &emptied, &lines, &array})
    REQUIRE(run_until(hub.reactor, [&] { return answer->state == State::answered; }));
  CHECK(known.response.status == 304);
  CHECK(known.field("ETag") == "\"" + id_text(1) + "\"");
  CHECK(known.field("RT-Next") == id_text(1));
  CHECK(empty.response.status == 204);
  CHECK(emptied.response.status == 204);
  CHECK(lines.response.status == 200);
  CHECK(lines.response.body.empty());
  CHECK(lines.field("RT-Next") == id_text(1));
  CHECK(array.response.body == "[]\n");
}

TEST_CASE("long polls of a window share their answers and differ in their limits") {
  HubFixture hub;
  hub.publish("/p", "1");
  FakeExchange& first = hub.get("/p?wait=30&since=" + id_text(1));
  FakeExchange& second = hub.get("/p?wait=30&since=" + id_text(1));
  FakeExchange& limited = hub.get("/p?wait=30&limit=1&since=" + id_text(1));
  FakeExchange& array = hub.get("/p?wait=30&since=" + id_text(1), "Accept: application/json\n");
  hub.publish("/p", "2");
  hub.publish("/p", "3");
  hub.turn();
  CHECK(count(first.response.body, "\n") == 2);
  CHECK(first.field("RT-Next") == id_text(3));
  CHECK(first.response.body == second.response.body);
  CHECK(count(limited.response.body, "\n") == 1);
  CHECK(limited.field("RT-Next") == id_text(2));
  CHECK(array.response.body.starts_with("[{"));
  CHECK(array.response.body.ends_with("}]\n"));
  // Who had nothing yet does not share with who comes at another time.
  FakeExchange& later = hub.get("/p?wait=30&since=" + id_text(3));
  hub.publish("/p", "4");
  hub.turn();
  CHECK(count(later.response.body, "\n") == 1);
  CHECK(has(later.response.body, "\"data\":\"4\""));
}

TEST_CASE("messages grow too old without anybody publishing") {
  HubLimits limits;
  limits.history_age = 30ms;
  HubFixture hub(limits);
  hub.publish("/a", "1");
  CHECK(hub.get("/a").response.body == "1");
  test::run_for(hub.reactor, 60ms);
  CHECK(hub.get("/a").response.status == 404);
  FakeExchange& window = hub.get("/a?since=" + id_text(0));
  CHECK(window.field("RT-Gap") == "true");
  CHECK(window.field("RT-Next") == id_text(1));
}

TEST_CASE("no room for another channel") {
  HubLimits limits;
  limits.max_channels = 2;
  HubFixture hub(limits);
  FakeExchange& first = hub.stream("/1");
  hub.stream("/2");
  CHECK(hub.post("/3", "x").response.status == 503);
  CHECK(hub.get("/3", "Accept: text/event-stream\n").response.status == 503);
  CHECK(hub.upgrade("/3").response.status == 503);
  CHECK(hub.get("/3?wait=30").response.status == 503);
  CHECK(hub.get("/3").response.status == 404);
  first.leave();
  CHECK(hub.post("/3", "x").response.status == 201);
}

}  // namespace
}  // namespace rt
