#include "io/hub/pages.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++n;
  return n;
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
    target = link.empty() ? "" : "/-/channels" + link.substr(1, link.find('>') - 1);
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
  CHECK(first.field("Link") == "<?after=%2Fc10999&limit=1000>; rel=\"next\"");
  CHECK(count(hub.get("/-/channels?limit=2000").response.body, "\"channel\"") == 1001);
}

}  // namespace
}  // namespace rt
