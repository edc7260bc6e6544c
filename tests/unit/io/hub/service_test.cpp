#include "io/hub/service.hpp"

#include <doctest/doctest.h>

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
  hub.websocket("/new").ws_listener->on_message(PayloadKind::text, "b");
  hub.turn();
  CHECK(ids == std::vector<std::string>{id_text(1), id_text(2)});
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

TEST_CASE("/ is the page, and the default channel in every other way") {
  HubFixture hub;
  FakeExchange& page = hub.get("/");
  CHECK(page.response.status == 200);
  CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(has(*page.field("Content-Security-Policy"), "default-src 'none'"));
  CHECK(hub.post("/", "m").response.status == 201);
  CHECK(hub.get("/").field("Content-Type") == "text/html; charset=utf-8");
  CHECK(hub.get("/?last=1").field("Content-Type") == "application/x-ndjson");
  CHECK(hub.get("/?since=", "Accept: application/json\n").response.body.starts_with("[{"));
  CHECK(hub.get("/", "If-None-Match: \"x\"\n").response.body == "m");
  FakeExchange& stream = hub.stream("/");
  FakeExchange& socket = hub.websocket("/");
  hub.post("/", "n");
  hub.turn();
  CHECK(stream.event_data() == std::vector<std::string>{"n"});
  CHECK(socket.socket.payloads() == std::vector<std::string>{"n"});
}

TEST_CASE("the server's own paths") {
  HubFixture hub;
  hub.publish("/b \"quoted\"", "x");
  hub.publish("/a", "y");
  hub.stream("/a");
  FakeExchange& health = hub.get("/-/health");
  CHECK(has(health.response.body, "\"status\":\"ok\""));
  CHECK(has(health.response.body, "\"epoch\":\"abcdef0123\""));
  FakeExchange& channels = hub.get("/-/channels");
  CHECK(channels.response.body.find("/a") < channels.response.body.find("/b"));
  CHECK(has(channels.response.body, "\\\"quoted\\\""));
  CHECK(has(channels.response.body, "\"subscribers\":1"));
  FakeExchange& metrics = hub.get("/-/metrics");
  CHECK(has(metrics.response.body, "rtwire_subscribers{transport=\"sse\"} 1\n"));
  CHECK(hub.get("/-/nothing").response.status == 404);
  CHECK(hub.get("/-").response.status == 404);
  FakeExchange& posted = hub.post("/-/health", "x");
  CHECK(posted.response.status == 405);
  CHECK(posted.field("Allow") == "GET, HEAD");
}

TEST_CASE("the list of channels comes in pages") {
  HubFixture hub;
  for (const char* const name : {"/c", "/a", "/e", "/b%20c", "/d"}) hub.publish(name, "x");
  const auto names = [&](const FakeExchange& answer) {
    std::string all;
    const std::string_view key = "{\"channel\":\"";
    const std::string& body = answer.response.body;
    for (std::size_t at = body.find(key); at != std::string::npos; at = body.find(key, at + 1))
      all += body.substr(at + key.size(), body.find('"', at + key.size()) - at - key.size()) + " ";
    return all;
  };
  FakeExchange& whole = hub.get("/-/channels");
  CHECK(names(whole) == "/a /b%20c /c /d /e ");
  CHECK(!whole.field("Link"));
  // From page to page by what each says.
  std::string target = "/-/channels?limit=2";
  std::string walked;
  int pages = 0;
  while (!target.empty() && ++pages < 9) {
    FakeExchange& page = hub.get(target);
    walked += names(page) + "| ";
    const std::string link = page.field("Link").value_or("");
    if (!link.empty()) CHECK(link.ends_with(">; rel=\"next\""));
    target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  CHECK(walked == "/a /b%20c | /c /d | /e | ");
  CHECK(names(hub.get("/-/channels?after=/c")) == "/d /e ");
  CHECK(names(hub.get("/-/channels?after=/z")).empty());
  for (const char* const limit : {"0", "x", "-1", ""})
    CHECK(hub.get(std::string("/-/channels?limit=") + limit).response.status == 400);
}

TEST_CASE("a list of channels is bounded") {
  HubFixture hub;
  for (int i = 0; i < 1001; ++i) hub.publish("/c" + std::to_string(10'000 + i), "x");
  FakeExchange& first = hub.get("/-/channels");
  CHECK(count(first.response.body, "\"channel\"") == 1000);
  CHECK(first.field("Link") == "</-/channels?after=%2Fc10999&limit=1000>; rel=\"next\"");
  CHECK(count(hub.get("/-/channels?limit=2000").response.body, "\"channel\"") == 1001);
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
  CHECK(batch(many).response.status == 413);
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
  socket.ws_listener->on_message(PayloadKind::text,
                                 "{\"data\":\"1\",\"origin_id\":\"" + long_text + "\"}");
  CHECK(socket.socket.closed_with == 1008);
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
  CHECK(allowed.field("Vary") == "Origin");
  FakeExchange& other = hub.get("/a", "Origin: https://evil.example\n");
  CHECK_FALSE(other.field("Access-Control-Allow-Origin"));
  CHECK(other.field("Vary") == "Origin");
  CHECK_FALSE(hub.get("/a").field("Access-Control-Allow-Origin"));
  FakeExchange& preflight = hub.request("OPTIONS /a\nOrigin: https://app.example\n");
  CHECK(has(*preflight.field("Access-Control-Allow-Methods"), "POST"));
  CHECK(has(*preflight.field("Access-Control-Allow-Headers"), "Last-Event-ID"));
  CHECK(hub.stream("/a", "Origin: https://app.example\n").field("Access-Control-Allow-Origin") ==
        "https://app.example");
  FakeExchange& waiting =
      hub.get("/a?wait=30&since=" + id_text(2), "Origin: https://app.example\n");
  FakeExchange& plain = hub.get("/a?wait=30&since=" + id_text(2));
  hub.publish("/a", "x");
  hub.turn();
  CHECK(waiting.field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK_FALSE(plain.field("Access-Control-Allow-Origin"));
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
  socket.ws_listener->on_message(PayloadKind::text, "2");
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
  socket.ws_listener->on_message(PayloadKind::text, "4");
  CHECK(socket.socket.paused);
  CHECK(posted.state == State::held);
  CHECK(batch.state == State::held);
  left.leave();
  CHECK(hub.get("/a").response.body == "4");  // readers do not wait

  // Not any number of them is taken.
  const std::string large(8u << 20, 'x');
  int refused = 0;
  for (int i = 0; i < 20; ++i) {
    FakeExchange& answer = hub.post("/b", large);
    if (answer.state == State::answered) {
      CHECK(answer.response.status == 503);
      ++refused;
    }
  }
  CHECK(refused >= 10);

  hub.service.pause().set(false);
  CHECK(posted.response.status == 201);
  CHECK(posted.field("RT-Id") == id_text(1));
  CHECK(batch.response.status == 201);
  CHECK_FALSE(socket.socket.paused);
  CHECK(left.state == State::held);
  CHECK(hub.post("/a", "5").response.status == 201);
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

}  // namespace
}  // namespace rt
