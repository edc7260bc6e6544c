#include "io/http/event_stream.hpp"

#include <doctest/doctest.h>

#include "unit/io/http/test_server.hpp"

namespace rt {
namespace {

using test::answer;
using test::AnsweringServer;
using test::contains;
using test::drive;
using test::Peer;
using test::ScriptedServer;

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
constexpr std::string_view kHubHead =
    "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\nRT-Epoch: e\r\n\r\n";

// The messages of one connection, until its end or error.
struct Seen {
  Batch messages;
  std::optional<Error> error;
};

asio::awaitable<Seen> read_all(SseSource& source) {
  Seen seen;
  while (true) {
    auto batch = co_await source.read();
    if (!batch) {
      seen.error = batch.error();
      break;
    }
    if (batch->empty()) break;
    seen.messages.insert(seen.messages.end(), batch->begin(), batch->end());
  }
  co_return seen;
}

Seen read_all(Reactor& reactor, SseSource& source) {
  Seen seen;
  const bool finished =
      drive(reactor, [&]() -> asio::awaitable<void> { seen = co_await read_all(source); });
  CHECK(finished);
  return seen;
}

TEST_CASE("events of an ordinary server, cut at every byte") {
  Reactor reactor;
  const std::string events =
      "retry: 1500\n: hello\n\nid: 7\ndata: one\ndata: two\n\nevent: rt.gap\ndata: {}\n\n"
      "id: \xC3\xA9 9\nevent: e\rdata: x\r\rdata: cut";
  const std::string whole = std::string(kHead) + events;
  std::size_t cut = 0;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send(whole.substr(0, cut));
    co_await asio::post(asio::use_awaitable);
    co_await peer.send(whole.substr(cut));
  });
  HttpClient client(reactor, {});
  for (cut = 1; cut <= whole.size(); ++cut) {
    CAPTURE(cut);
    SseOptions options;
    options.url = server.url("/a%62/c?x=1");
    SseSource source(client, options);
    const Seen seen = read_all(reactor, source);
    CHECK(!seen.error);
    REQUIRE(seen.messages.size() == 3);
    CHECK(seen.messages[0]->payload == "one\ntwo");
    CHECK(seen.messages[0]->id == "7");
    CHECK(seen.messages[0]->event.empty());
    CHECK(seen.messages[0]->channel == "/ab/c");
    CHECK(seen.messages[0]->kind == PayloadKind::text);
    CHECK(seen.messages[0]->time != WallTime{});
    // Only a hub's words are taken for a hub's.
    CHECK(seen.messages[1]->event == "rt.gap");
    CHECK(!seen.messages[1]->gap);
    CHECK(seen.messages[2]->payload == "x");
    CHECK(seen.messages[2]->id == "\xC3\xA9 9");
    CHECK(source.last_event_id() == "\xC3\xA9 9");
    CHECK(source.reconnection_time() == Milliseconds(1500));
    CHECK(!source.at_hub());
    CHECK(!source.connected());
  }
}

TEST_CASE("events of a hub") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send(std::string(kHubHead) +
                       "id: e-1\ndata: a\n\nevent: rt.gap\ndata: {\"gap\":{\"from\":\"e-1\","
                       "\"missed\":3}}\n\nid: e-5\nevent: rt.envelope\ndata: {\"v\":1,\"channel\":"
                       "\"/other\",\"id\":\"x\",\"event\":\"ev\",\"data_base64\":\"/wA=\"}\n\n");
  });
  HttpClient client(reactor, {});
  SseOptions options;
  options.url = server.url("/c");
  SseSource source(client, options);
  const Seen seen = read_all(reactor, source);
  CHECK(!seen.error);
  CHECK(source.at_hub());
  REQUIRE(seen.messages.size() == 3);
  CHECK(seen.messages[0]->payload == "a");
  REQUIRE(seen.messages[1]->gap);
  CHECK(seen.messages[1]->gap->from == "e-1");
  CHECK(seen.messages[1]->gap->missed == 3u);
  CHECK(seen.messages[1]->channel == "/c");
  CHECK(seen.messages[2]->payload == std::string("\xff\0", 2));
  CHECK(seen.messages[2]->kind == PayloadKind::binary);
  CHECK(seen.messages[2]->id == "e-5");
  CHECK(seen.messages[2]->event == "ev");
  CHECK(seen.messages[2]->channel == "/c");
}

TEST_CASE("a hub's nonsense is its fault") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send(std::string(kHubHead) + "event: rt.envelope\ndata: {\n\n");
    co_await peer.until_closed();
  });
  HttpClient client(reactor, {});
  SseOptions options;
  options.url = server.url();
  SseSource source(client, options);
  const Seen seen = read_all(reactor, source);
  REQUIRE(seen.error);
  CHECK(seen.error->fault() == Fault::protocol);
  CHECK(!source.connected());
}

TEST_CASE("a reconnection resumes behind the last event ID") {
  Reactor reactor;
  std::vector<std::string> requests;
  ScriptedServer server(reactor, [&](Peer& peer, int number) -> asio::awaitable<void> {
    requests.push_back(co_await peer.request());
    co_await peer.send(std::string(kHead));
    if (number == 1) co_await peer.send("data: a\n\nid: 5\ndata: b\n\nid: 6\ndata: cut");
    if (number == 2) co_await peer.send("data: c\n\nid\n\n");
    if (number == 2) peer.reset();
    if (number == 3) co_await peer.send("id: bad\x01id\n\n");
  });
  HttpClient client(reactor, {});
  SseOptions options;
  options.url = server.url("/c");
  options.start = "last=2";
  SseSource source(client, options);
  CHECK(read_all(reactor, source).messages.empty());
  const Seen first = read_all(reactor, source);
  REQUIRE(first.messages.size() == 2);
  CHECK(first.messages[1]->id == "5");
  CHECK(source.last_event_id() == "5");
  read_all(reactor, source);
  CHECK(source.last_event_id().empty());  // the server has taken it back
  read_all(reactor, source);
  read_all(reactor, source);

  REQUIRE(requests.size() == 5);
  CHECK(contains(requests[0], "GET /c?last=2 "));
  CHECK(contains(requests[0], "Accept: text/event-stream\r\n"));
  CHECK(!contains(requests[0], "Last-Event-ID"));
  CHECK(contains(requests[1], "GET /c?last=2 "));
  CHECK(contains(requests[2], "GET /c HTTP"));
  CHECK(contains(requests[2], "Last-Event-ID: 5\r\n"));
  CHECK(contains(requests[3], "GET /c?last=2 "));
  CHECK(!contains(requests[4], "Last-Event-ID"));
}

TEST_CASE("a hub is asked for whole envelopes, which keep what a plain event cannot say") {
  Reactor reactor;
  std::string request;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    request = co_await peer.request();
    co_await peer.send(
        std::string(kHubHead) +
        "id: e-5\nevent: rt.envelope\ndata: {\"v\":1,\"channel\":\"/c\",\"id\":\"e-5\","
        "\"content_type\":\"a/b\",\"via\":[\"r\"],\"data\":\"x\"}\n\n");
  });
  HttpClient client(reactor, {});
  SseOptions options;
  options.url = server.url("/c");
  options.hub = true;
  SseSource source(client, options);
  const Seen seen = read_all(reactor, source);
  CHECK(contains(request, "Accept: text/event-stream;profile=\"rt.v1\"\r\n"));
  REQUIRE(seen.messages.size() == 1);
  CHECK(seen.messages[0]->payload == "x");
  CHECK(seen.messages[0]->content_type == "a/b");
  CHECK(seen.messages[0]->via == std::vector<std::string>{"r"});
}

TEST_CASE("what is no event stream") {
  Reactor reactor;
  struct Case {
    std::string answer;
    Fault fault;
    bool fatal;
    const char* text;
  };
  const Case cases[] = {
      {answer("204 No Content", "", ""), Fault::closed, true, "204"},
      {answer("200 OK", "Content-Type: text/html\r\n", "x"), Fault::protocol, true, "text/html"},
      {answer("200 OK", "", "x"), Fault::protocol, true, "no type"},
      {answer("200 OK", "Content-Type: text/event-streams\r\n", "x"), Fault::protocol, true, ""},
      {answer("401 No", "", ""), Fault::refused, true, "401"},
      {answer("404 No", "Content-Type: application/problem+json\r\n", R"({"detail":"gone"})"),
       Fault::other, true, "404 Not Found: gone"},
      {answer("500 No", "", ""), Fault::other, false, "500"},
      {answer("503 No", "Retry-After: 7\r\n", ""), Fault::other, false, "503"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.answer);
    AnsweringServer server(reactor, {c.answer});
    HttpClient client(reactor, {});
    SseOptions options;
    options.url = server.url();
    SseSource source(client, options);
    const Seen seen = read_all(reactor, source);
    REQUIRE(seen.error);
    CHECK(seen.error->fault() == c.fault);
    CHECK(seen.error->fatal() == c.fatal);
    CHECK(contains(seen.error->text(), c.text));
    CHECK((source.retry_after() == Milliseconds(7000)) == contains(c.answer, "Retry-After"));
  }
}

TEST_CASE("a refusal that never ends is heard only so long") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 403 No\r\nContent-Type: text/plain\r\n\r\n");
    bool open = true;
    while (open) open = co_await peer.send(std::string(65536, 'x'));
  });
  HttpClient client(reactor, {});
  SseOptions options;
  options.url = server.url();
  SseSource source(client, options);
  const Seen seen = read_all(reactor, source);
  REQUIRE(seen.error);
  CHECK(seen.error->fault() == Fault::refused);
  CHECK(seen.error->text().size() < 400);
}

TEST_CASE("an event that grows without end") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send(std::string(kHead) + "data: fine\n\n");
    bool open = true;
    while (open) open = co_await peer.send("data: " + std::string(65536, 'x') + "\n");
  });
  HttpClient client(reactor, {});
  SseOptions options;
  options.url = server.url();
  options.max_message = 1u << 20;
  SseSource source(client, options);
  const Seen seen = read_all(reactor, source);
  REQUIRE(seen.messages.size() == 2);
  CHECK(seen.messages[1]->gap);
  REQUIRE(seen.error);
  CHECK(seen.error->fault() == Fault::protocol);
}

TEST_CASE("the longest message is exactly so long") {
  struct Case {
    std::string_view head;
    std::string event;
    bool fits;
  };
  const std::string escaped = "\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001\\u0001";
  const Case cases[] = {
      {kHead, "data: 12345678\n\n", true},
      {kHead, "data: 123456789\n\n", false},
      {kHead, "data: 123\ndata: 4567\n\n", true},
      {kHead, "data: 123\ndata: 45678\n\n", false},
      {kHubHead, "data: 12345678\n\n", true},
      {kHubHead, "data: 123456789\n\n", false},
      {kHubHead, "event: rt.envelope\ndata: {\"data\":\"" + escaped + "8\"}\n\n", true},
      {kHubHead, "event: rt.envelope\ndata: {\"data\":\"" + escaped + "89\"}\n\n", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.event);
    Reactor reactor;
    ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
      co_await peer.request();
      co_await peer.send(std::string(c.head) + "data: first\n\n" + c.event + "data: last\n\n");
    });
    HttpClient client(reactor, {});
    SseOptions options;
    options.url = server.url();
    options.max_message = 8;
    SseSource source(client, options);
    const Seen seen = read_all(reactor, source);
    // What came before is delivered either way.
    CHECK(!seen.error);
    REQUIRE(seen.messages.size() == 3);
    CHECK(seen.messages[0]->payload == "first");
    CHECK(seen.messages[2]->payload == "last");
    CHECK((seen.messages[1]->gap != nullptr) == !c.fits);
    if (c.fits) continue;
    CHECK(seen.messages[1]->gap->missed == 1u);
    CHECK(contains(seen.messages[1]->gap->why, "limit of 8"));
  }
}

// After a loss: the same request, but to where what is for good has led.
TEST_CASE("redirects, and where a reconnection asks") {
  struct Case {
    std::vector<const char*> statuses;
    const char* again;
    bool secrets;
  };
  const Case cases[] = {
      {{"301"}, "/1", false},        {{"308"}, "/1", false},        {{"302"}, "/0", false},
      {{"303"}, "/0", false},        {{"307"}, "/0", false},        {{"301", "308"}, "/2", false},
      {{"308", "302"}, "/1", false}, {{"302", "301"}, "/0", false}, {{"301"}, "/1", true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.statuses.front());
    Reactor reactor;
    std::vector<std::string> answers;
    for (std::size_t i = 0; i < c.statuses.size(); ++i)
      answers.push_back(answer(std::string(c.statuses[i]) + " Moved",
                               "Location: /" + std::to_string(i + 1) + "?last=2\r\n", ""));
    answers.push_back(answer("200 OK", "Content-Type: text/event-stream\r\n", "data: x\n\n"));
    AnsweringServer server(reactor, answers);
    HttpOptions http;
    if (c.secrets) http.user = "u";
    HttpClient client(reactor, http);
    SseOptions options;
    options.url = server.url("/0");
    options.start = "last=2";
    SseSource source(client, options);
    read_all(reactor, source);
    const std::size_t first = server.requests().size();
    CHECK(first == answers.size());
    read_all(reactor, source);
    REQUIRE(server.requests().size() > first);
    CHECK(contains(server.requests()[first], "GET " + std::string(c.again) + "?last=2 HTTP"));
  }
}

TEST_CASE("secrets are not brought to another server, not even after a move for good") {
  for (const bool secrets : {false, true}) {
    CAPTURE(secrets);
    Reactor reactor;
    AnsweringServer target(
        reactor, {answer("200 OK", "Content-Type: text/event-stream\r\n", "data: x\n\n")});
    AnsweringServer first(reactor,
                          {answer("301 Moved", "Location: " + target.url("/t") + "\r\n", "")});
    HttpOptions http;
    if (secrets) http.headers.emplace_back("X-Key", "secret");
    HttpClient client(reactor, http);
    SseOptions options;
    options.url = first.url("/0");
    SseSource source(client, options);
    read_all(reactor, source);
    read_all(reactor, source);
    CHECK(first.requests().size() == (secrets ? 2 : 1));
    REQUIRE(target.requests().size() == 2);
    CHECK(!contains(target.requests()[1], "secret"));
  }
}

TEST_CASE("a silent connection is dead after the idle time") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send(std::string(kHead) + "data: a\n\n");
    co_await peer.until_closed();
  });
  HttpClient client(reactor, {});
  SseOptions options;
  options.url = server.url();
  options.idle_timeout = 20ms;
  SseSource source(client, options);
  const Seen seen = read_all(reactor, source);
  CHECK(seen.messages.size() == 1);
  REQUIRE(seen.error);
  CHECK(seen.error->fault() == Fault::network);
}

}  // namespace
}  // namespace rt
