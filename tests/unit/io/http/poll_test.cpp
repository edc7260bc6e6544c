#include "io/http/poll.hpp"

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

PollOptions fast(std::string url) {
  PollOptions options;
  options.url = std::move(url);
  options.pace.interval = 1ms;
  return options;
}

Result<Batch> read(Reactor& reactor, PollSource& source) {
  Result<Batch> out = Error(Fault::other, "not done");
  const bool finished =
      drive(reactor, [&]() -> asio::awaitable<void> { out = co_await source.read(); });
  CHECK(finished);
  return out;
}

std::string message(std::string_view id, std::string_view data) {
  return "{\"v\":1,\"id\":\"" + std::string(id) + "\",\"data\":\"" + std::string(data) + "\"}\n";
}

constexpr const char* kWindowType = "Content-Type: application/x-ndjson\r\n";

TEST_CASE("the longest message is exactly so long") {
  const std::string next = std::string(kWindowType) + "RT-Next: e-2\r\n";
  struct Case {
    std::string answer;
    bool fits;
  };
  const Case cases[] = {
      {answer("200 OK", "", "12345678"), true},
      {answer("200 OK", "", "123456789"), false},
      {answer("200 OK", next, message("e-1", "12345678") + message("e-2", "2")), true},
      {answer("200 OK", next, message("e-1", "1") + message("e-2", "123456789")), false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.answer);
    Reactor reactor;
    AnsweringServer server(reactor, {c.answer});
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url("/x"));
    options.max_message = 8;
    PollSource source(reactor, client, options);
    const auto batch = read(reactor, source);
    CHECK(batch.ok() == c.fits);
    if (batch) continue;
    CHECK(batch.error().fault() == Fault::protocol);
    CHECK(contains(batch.error().text(), "9 bytes"));
    CHECK(contains(batch.error().text(), "limit of 8"));
  }
}

TEST_CASE("an ordinary server: only what changed") {
  Reactor reactor;
  AnsweringServer server(
      reactor, {answer("200 OK", "ETag: \"1\"\r\nContent-Type: text/x\r\n", "one"),
                "HTTP/1.1 304 Not Modified\r\n\r\n",
                answer("200 OK", "ETag: \"1\"\r\n", "one"),  // does not do conditional requests
                answer("200 OK", "ETag: W/\"2\"\r\nLast-Modified: then\r\n", "two"),
                answer("204 No Content", "", ""), answer("200 OK", "", "\xff"),
                answer("200 OK", "", "\xff"), answer("200 OK", "", "end")});
  HttpClient client(reactor, {});
  PollSource source(reactor, client, fast(server.url("/x%61?q")));

  auto batch = read(reactor, source);
  REQUIRE(batch.ok());
  REQUIRE(batch->size() == 1);
  CHECK((*batch)[0]->payload == "one");
  CHECK((*batch)[0]->id == "1");
  CHECK((*batch)[0]->content_type == "text/x");
  CHECK((*batch)[0]->channel == "/xa");
  CHECK((*batch)[0]->kind == PayloadKind::text);
  CHECK((*batch)[0]->time != WallTime{});

  batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK((*batch)[0]->id == "2");
  batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK((*batch)[0]->payload == "\xff");
  CHECK((*batch)[0]->kind == PayloadKind::binary);
  batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK((*batch)[0]->payload == "end");

  const auto& seen = server.requests();
  REQUIRE(seen.size() == 8);
  CHECK(contains(seen[0], "GET /x%61?q HTTP"));
  CHECK(contains(seen[0], "Accept: */*\r\n"));
  CHECK(!contains(seen[0], "If-None-Match"));
  CHECK(!contains(seen[0], "Prefer"));
  CHECK(contains(seen[1], "If-None-Match: \"1\"\r\n"));
  CHECK(!contains(seen[1], "If-Modified-Since"));
  CHECK(contains(seen[4], "If-None-Match: W/\"2\"\r\n"));
  CHECK(contains(seen[4], "If-Modified-Since: then\r\n"));
  CHECK(!contains(seen[6], "If-None-Match"));
  CHECK(server.connections() == 1);
}

TEST_CASE("an error keeps the place") {
  Reactor reactor;
  AnsweringServer server(
      reactor,
      {answer("200 OK", "ETag: \"1\"\r\n", "one"), answer("503 Busy", "Retry-After: 3\r\n", ""),
       answer("429 Busy", "", ""), answer("200 OK", "ETag: \"2\"\r\nContent-Length: 9\r\n", "two"),
       answer("200 OK", "ETag: \"2\"\r\n", "two"), answer("404 No", "", ""),
       answer("401 No", "", "")});
  HttpClient client(reactor, {});
  PollSource source(reactor, client, fast(server.url()));
  CHECK(!source.connected());
  CHECK(read(reactor, source).ok());
  CHECK(source.connected());

  auto busy = read(reactor, source);
  REQUIRE(!busy.ok());
  CHECK(!busy.error().fatal());
  CHECK(source.retry_after() == Milliseconds(3000));
  CHECK(!read(reactor, source).ok());
  CHECK(source.retry_after().value_or(0ms) <= 1ms);  // of the interval
  while (true) {
    auto two = read(reactor, source);
    if (!two) continue;  // the contradiction in the lengths, in whatever way curl minds it
    CHECK((*two)[0]->payload == "two");
    break;
  }
  CHECK(contains(server.requests()[2], "If-None-Match: \"1\"\r\n"));
  CHECK(contains(server.requests()[3], "If-None-Match: \"1\"\r\n"));
  auto gone = read(reactor, source);
  REQUIRE(!gone.ok());
  CHECK(gone.error().fatal());
  auto refused = read(reactor, source);
  REQUIRE(!refused.ok());
  CHECK(refused.error().fault() == Fault::refused);
}

TEST_CASE("by body or by validator") {
  const std::vector<std::string> answers = {
      answer("200 OK", "ETag: \"1\"\r\n", "one"), answer("200 OK", "ETag: \"2\"\r\n", "one"),
      answer("200 OK", "Last-Modified: now\r\n", "one"), answer("200 OK", "", "one"),
      answer("200 OK", "", "end")};
  struct Case {
    ChangedBy changed;
    bool waits;
    std::vector<std::string> payloads;
  };
  const std::vector<std::string> all = {"one", "one", "one", "one", "end"};
  const Case cases[] = {{ChangedBy::automatic, false, {"one", "end"}},
                        {ChangedBy::automatic, true, all},
                        {ChangedBy::body, true, {"one", "end"}},
                        {ChangedBy::validator, false, all}};
  for (const Case& c : cases) {
    CAPTURE(static_cast<int>(c.changed));
    CAPTURE(c.waits);
    Reactor reactor;
    AnsweringServer server(reactor, answers);
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url());
    options.changed = c.changed;
    if (c.waits) options.wait = 1s;
    PollSource source(reactor, client, options);
    std::vector<std::string> payloads;
    while (payloads.empty() || payloads.back() != "end") {
      const auto batch = read(reactor, source);
      REQUIRE(batch.ok());
      payloads.push_back((*batch)[0]->payload);
    }
    CHECK(payloads == c.payloads);
    // What is sent back is the newest, whether or not it was news.
    REQUIRE(server.requests().size() == 5);
    CHECK(contains(server.requests()[1], "If-None-Match: \"1\"\r\n"));
    CHECK(contains(server.requests()[2], "If-None-Match: \"2\"\r\n"));
    CHECK(contains(server.requests()[3], "If-Modified-Since: now\r\n"));
    CHECK(!contains(server.requests()[3], "If-None-Match"));
  }
}

TEST_CASE("first values of validators give way to newer ones") {
  Reactor reactor;
  AnsweringServer server(
      reactor, {"HTTP/1.1 304 Not Modified\r\n\r\n", answer("200 OK", "ETag: \"2\"\r\n", "two"),
                answer("200 OK", "", "end")});
  HttpClient client(reactor, {});
  PollOptions options = fast(server.url());
  options.etag = "\"x\"";
  options.last_modified = "then";
  PollSource source(reactor, client, options);
  CHECK((*read(reactor, source))[0]->payload == "two");
  CHECK((*read(reactor, source))[0]->payload == "end");
  for (const std::size_t i : {0u, 1u}) {
    CHECK(contains(server.requests()[i], "If-None-Match: \"x\"\r\n"));
    CHECK(contains(server.requests()[i], "If-Modified-Since: then\r\n"));
  }
  CHECK(contains(server.requests()[2], "If-None-Match: \"2\"\r\n"));
  CHECK(!contains(server.requests()[2], "If-Modified-Since"));
}

TEST_CASE("who fails is asked no sooner than the interval says") {
  const std::string limit = "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: ";
  struct Case {
    std::string answer;
    Milliseconds least;
    Milliseconds most;
    bool fatal = false;
  };
  const Case cases[] = {
      {answer("500 No", "", ""), 9s, 10s},
      {answer("429 No", "", ""), 9s, 10s},
      {answer("503 No", "Retry-After: 2\r\n", ""), 9s, 10s},
      {answer("503 No", "Retry-After: 20\r\n", ""), 20s, 20s},
      {answer("403 No", "Retry-After: 20\r\n" + limit + "5\r\n", ""), 20s, 20s},
      {answer("403 No", limit + "30\r\n", ""), 30s, 30s},
      {answer("429 No", limit + "99999999999\r\n", ""), 24h, 24h},
      {answer("403 No", "X-RateLimit-Remaining: 7\r\nX-RateLimit-Reset: 30\r\n", ""), 9s, 10s,
       true},
      {answer("403 No", "", ""), 9s, 10s, true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.answer);
    Reactor reactor;
    AnsweringServer server(reactor, {c.answer});
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url());
    options.pace.interval = 10s;
    PollSource source(reactor, client, options);
    const auto batch = read(reactor, source);
    REQUIRE(!batch.ok());
    CHECK(batch.error().fatal() == c.fatal);
    REQUIRE(source.retry_after());
    CHECK(*source.retry_after() >= c.least);
    CHECK(*source.retry_after() <= c.most);
  }
}

TEST_CASE("an answer that does not end: its lines are messages") {
  Reactor reactor;
  std::vector<std::string> seen;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    seen.push_back(co_await peer.request());
    co_await peer.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"a\":1}\n{\"a\"");
    if (seen.size() > 1) co_return peer.close();
    co_await peer.send_bytewise(":2}\r\n\r\n\x1e[3]\n");
    co_await peer.until_closed();
  });
  HttpClient client(reactor, {});
  PollOptions options = fast(server.url());
  options.quiet = 20ms;
  PollSource source(reactor, client, options);
  std::vector<std::string> payloads;
  while (payloads.size() < 3) {
    const auto batch = read(reactor, source);
    REQUIRE(batch.ok());
    for (const MessagePtr& message : *batch) payloads.push_back(message->payload);
  }
  CHECK(payloads == std::vector<std::string>{"{\"a\":1}", "{\"a\":2}", "[3]"});
  CHECK(source.connected());
  CHECK(seen.size() == 1);
}

TEST_CASE("an answer that ends is one message, however slowly it comes") {
  const char* const bodies[] = {"{\"a\":1}\n{\"a\":2}\n", "plain\nlines\n", "{\n\"a\":\n1}\n",
                                "[1]"};
  for (const std::string body : bodies) {
    CAPTURE(body);
    Reactor reactor;
    ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
      co_await peer.request();
      co_await peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
      co_await peer.send_bytewise(body);
      peer.close();
    });
    HttpClient client(reactor, {});
    PollSource source(reactor, client, fast(server.url()));
    const auto batch = read(reactor, source);
    REQUIRE(batch.ok());
    REQUIRE(batch->size() == 1);
    CHECK((*batch)[0]->payload == body);
  }
}

JsonPointer pointer(std::string_view text) {
  return *JsonPointer::parse(text);
}

TEST_CASE("of lists each new element once") {
  const std::vector<std::string> answers = {
      answer("200 OK", "", R"({"r":[{"id":2,"t":"b"},{"id":1,"t":"a"}]})"),
      answer("200 OK", "", R"({"r":[{"id":3,"t":"c"}, {"id":2,"t":"B"}, {"t":"none"}, {"id":3}]})"),
      answer("200 OK", "", R"({"r":[]})"),
      answer("200 OK", "", R"({"r":[{"id":1,"t":"a"},"four"]})"),
      answer("200 OK", "", R"({"r":["end"]})")};
  struct Case {
    std::optional<JsonPointer> key;
    std::optional<std::uint64_t> first;
    std::vector<std::string> payloads;
    std::vector<std::string> ids;
  };
  const std::string a = R"({"id":1,"t":"a"})";
  const std::string b = R"({"id":2,"t":"b"})";
  const std::string b2 = R"({"id":2,"t":"B"})";
  const std::string c = R"({"id":3,"t":"c"})";
  const std::string none = R"({"t":"none"})";
  const Case cases[] = {
      {pointer("/id"), {}, {b, a, c, none, "four", "end"}, {"2", "1", "3", "", "", ""}},
      {{}, {}, {b, a, c, b2, none, R"({"id":3})", "four", "end"}, {"", "", "", "", "", "", "", ""}},
      {pointer("/id"), 0, {c, none, "four", "end"}, {"3", "", "", ""}},
      {pointer("/id"), 1, {a, c, none, "four", "end"}, {"1", "3", "", "", ""}},
      {pointer("/id"), 9, {b, a, c, none, "four", "end"}, {"2", "1", "3", "", "", ""}},
  };
  for (const Case& c2 : cases) {
    Reactor reactor;
    AnsweringServer server(reactor, answers);
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url("/x"));
    options.items = PollItemsOptions{pointer("/r"), c2.key, c2.first};
    PollSource source(reactor, client, options);
    std::vector<std::string> payloads;
    std::vector<std::string> ids;
    while (payloads.empty() || payloads.back() != "end") {
      const auto batch = read(reactor, source);
      REQUIRE(batch.ok());
      for (const MessagePtr& message : *batch) {
        payloads.push_back(message->payload);
        ids.push_back(message->id);
        CHECK(message->channel == "/x");
      }
    }
    CHECK(payloads == c2.payloads);
    CHECK(ids == c2.ids);
  }
}

TEST_CASE("what is to be found in JSON is not in a page for people, and nothing is noted of that") {
  for (const bool items : {true, false}) {
    CAPTURE(items);
    Reactor reactor;
    AnsweringServer server(reactor, {answer("200 OK", "ETag: \"1\"\r\n", R"({"at":5,"r":[1]})"),
                                     answer("200 OK", "ETag: \"2\"\r\n", "<p>back soon"),
                                     answer("200 OK", "ETag: \"3\"\r\n", R"({"at":6,"r":[1,2]})")});
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url("/x"));
    if (items) {
      options.items = PollItemsOptions{pointer("/r"), {}, {}};
    } else {
      options.cursor = *CursorPlace::parse("/at");
      options.cursor_parameter = "from";
    }
    PollSource source(reactor, client, options);
    CHECK(read(reactor, source).ok());
    const auto bad = read(reactor, source);
    REQUIRE(!bad.ok());
    CHECK(!bad.error().fatal());
    CHECK(contains(bad.error().text(), "<p>back soon"));
    CHECK((*read(reactor, source))[0]->payload == (items ? "2" : R"({"at":6,"r":[1,2]})"));
    CHECK(contains(server.requests()[2], "If-None-Match: \"1\"\r\n"));
  }
}

TEST_CASE("a cursor in a body or a header") {
  struct Case {
    std::string_view place;
    std::vector<std::pair<std::string, std::string>> answers;  // headers, body
    std::vector<std::string> targets;
    std::size_t messages;
  };
  const Case cases[] = {
      {"/next",
       {{"", R"({"next":"a b"})"},
        {"", R"({"next":"a b"})"},
        {"", R"({})"},
        {"", R"({"next":null})"},
        {"", R"({"next":7})"}},
       {"/x?at=0&k=v", "/x?k=v&at=a%20b", "/x?k=v&at=a%20b", "/x?k=v&at=a%20b", "/x?k=v&at=a%20b",
        "/x?k=v&at=7"},
       2},
      {"/r/*/id+1",
       {{"", R"({"r":[]})"}, {"", R"({"r":[{"id":9},{"id":3},{"id":"x"}]})"}, {"", R"({"r":[]})"}},
       {"/x?at=0&k=v", "/x?at=0&k=v", "/x?k=v&at=10", "/x?k=v&at=10"},
       2},
      {"header:X-Index",
       {{"X-Index: 5\r\n", "1"},
        {"X-Index: 5\r\n", "2"},
        {"X-Index: 6\r\n", "2"},
        {"X-Index: 4\r\n", "3"},
        {"", "4"}},
       {"/x?at=0&k=v", "/x?k=v&at=5", "/x?k=v&at=5", "/x?k=v&at=6", "/x?at=0&k=v"},
       3},
  };
  for (const Case& c : cases) {
    CAPTURE(c.place);
    Reactor reactor;
    std::vector<std::string> answers;
    for (const auto& [headers, body] : c.answers)
      answers.push_back(answer("200 OK", headers, body));
    answers.push_back(answer("404 Not Found", "", ""));
    AnsweringServer server(reactor, answers);
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url("/x?at=0&k=v"));
    options.cursor = *CursorPlace::parse(c.place);
    options.cursor_parameter = "at";
    PollSource source(reactor, client, options);
    std::size_t messages = 0;
    for (Result<Batch> batch = read(reactor, source); batch; batch = read(reactor, source))
      messages += batch->size();
    CHECK(messages == c.messages);
    REQUIRE(server.requests().size() >= c.targets.size());
    for (std::size_t i = 0; i < c.targets.size(); ++i)
      CHECK(contains(server.requests()[i], "GET " + c.targets[i] + " HTTP"));
  }
}

TEST_CASE("what is asked with a body") {
  struct Case {
    std::string method;
    std::string type;
    std::string body;
    std::string_view line;
    std::string_view header;
  };
  const Case cases[] = {
      {"", "", "{\"q\":1}", "POST / HTTP", "Content-Type: application/json\r\n"},
      {"", "", "a=b", "POST / HTTP", "Content-Type: application/x-www-form-urlencoded\r\n"},
      {"", "a/b", "x", "POST / HTTP", "Content-Type: a/b\r\n"},
      {"PUT", "", "x", "PUT / HTTP", "Content-Length: 1\r\n"},
      {"REPORT", "", "", "REPORT / HTTP", "If-None-Match"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.method);
    Reactor reactor;
    // Longer than what is read of an answer to a publication.
    const std::string large(100'000, 'x');
    AnsweringServer server(
        reactor, {answer("200 OK", "ETag: \"1\"\r\n", large),
                  answer("200 OK", "ETag: \"2\"\r\n", large), answer("200 OK", "", "end")});
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url());
    options.method = c.method;
    options.content_type = c.type;
    PollSource source(reactor, client, options);
    source.set_body(c.body);
    CHECK((*read(reactor, source))[0]->payload == large);
    CHECK((*read(reactor, source))[0]->payload == "end");
    REQUIRE(server.requests().size() == 3);
    for (const std::string& request : server.requests()) {
      CHECK(contains(request, c.line));
      CHECK(contains(request, c.header) == (c.method != "REPORT"));
      CHECK(request.substr(request.find("\r\n\r\n") + 4) == c.body);
    }
  }
}

TEST_CASE("the pages of an answer") {
  const std::string first = "ETag: \"1\"\r\nLink: </2?a>; rel=next\r\n";
  const std::string second = "Link: <3>; rel=\"prev\", <3>; rel=\"next\"\r\n";
  SUBCASE("all or none, and only of one that is new") {
    Reactor reactor;
    AnsweringServer server(
        reactor, {answer("200 OK", first, "one"), answer("503 Busy", "Retry-After: 1\r\n", ""),
                  answer("200 OK", first, "one"), answer("200 OK", second, "two"),
                  answer("200 OK", "", "three"), answer("200 OK", first, "one"),
                  answer("200 OK", "", "end")});
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url("/x/1"));
    options.most_pages = 5;
    PollSource source(reactor, client, options);
    CHECK(!read(reactor, source).ok());
    CHECK(source.retry_after() == Milliseconds(1000));
    const auto batch = read(reactor, source);
    REQUIRE(batch.ok());
    REQUIRE(batch->size() == 3);
    CHECK((*batch)[1]->payload == "two");
    CHECK((*batch)[2]->payload == "three");
    CHECK((*read(reactor, source))[0]->payload == "end");
    const char* const targets[] = {"/x/1", "/2?a", "/x/1", "/2?a", "/3", "/x/1", "/x/1"};
    REQUIRE(server.requests().size() == 7);
    for (std::size_t i = 0; i < 7; ++i)
      CHECK(contains(server.requests()[i], "GET " + std::string(targets[i]) + " HTTP"));
  }
  SUBCASE("so many and no more") {
    Reactor reactor;
    AnsweringServer server(reactor, {answer("200 OK", first, "one")});
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url("/x/1"));
    options.most_pages = 3;
    PollSource source(reactor, client, options);
    CHECK(read(reactor, source)->size() == 4);
    CHECK(server.requests().size() == 4);
  }
  SUBCASE("elsewhere: not, or without what is secret") {
    for (const bool any : {false, true}) {
      CAPTURE(any);
      Reactor reactor;
      AnsweringServer other(reactor, {answer("200 OK", "", "two")});
      AnsweringServer server(
          reactor, {answer("200 OK", "Link: <" + other.url("/2") + ">; rel=next\r\n", "one")});
      HttpOptions with;
      with.user = "user";
      with.password = "secret";
      with.headers = {{"X-Key", "secret"}, {"Accept", "a/b"}};
      HttpClient client(reactor, with);
      PollOptions options = fast(server.url("/x/1"));
      options.most_pages = 3;
      options.any_origin = any;
      PollSource source(reactor, client, options);
      CHECK(read(reactor, source)->size() == (any ? 2 : 1));
      CHECK(contains(server.requests()[0], "X-Key: secret"));
      REQUIRE(other.requests().size() == (any ? 1 : 0));
      if (!any) continue;
      CHECK(!contains(other.requests()[0], "X-Key"));
      CHECK(!contains(other.requests()[0], "Authorization"));
      CHECK(contains(other.requests()[0], "Accept: a/b\r\n"));
    }
  }
}

TEST_CASE("max-age can be ignored") {
  Reactor reactor;
  AnsweringServer server(reactor, {answer("200 OK", "Cache-Control: max-age=3600\r\n", "1"),
                                   answer("200 OK", "", "2")});
  HttpClient client(reactor, {});
  PollOptions options = fast(server.url());
  options.ignore_max_age = true;
  PollSource source(reactor, client, options);
  CHECK(read(reactor, source).ok());
  CHECK(read(reactor, source).ok());
}

TEST_CASE("the interval is kept, and the server can only make it longer") {
  Reactor reactor;
  AnsweringServer server(reactor, {answer("200 OK", "Cache-Control: max-age=1\r\n", "1"),
                                   answer("200 OK", "", "2"), answer("200 OK", "", "3")});
  HttpClient client(reactor, {});
  PollOptions options = fast(server.url());
  options.pace.interval = 50ms;
  PollSource source(reactor, client, options);
  const auto timed = [&] {
    const SteadyTime start = std::chrono::steady_clock::now();
    CHECK(read(reactor, source).ok());
    return std::chrono::steady_clock::now() - start;
  };
  CHECK(timed() < 500ms);
  CHECK(timed() >= 990ms);
  const auto last = timed();
  CHECK(last >= 40ms);
  CHECK(last < 900ms);
}

TEST_CASE("a hub: the latest message, then every window after the cursor") {
  Reactor reactor;
  AnsweringServer server(
      reactor,
      {answer("200 OK",
              "ETag: \"e-4\"\r\nRT-Id: e-4\r\nRT-Next: e-4\r\nContent-Type: a/b\r\n"
              "RT-Event: ev\r\nRT-Origin-Id: o\r\nRT-Via: r1, r2\r\nRT-Via: r3\r\n",
              "four"),
       answer("200 OK", std::string(kWindowType) + "RT-Next: e-4\r\n", ""),
       answer("200 OK", std::string(kWindowType) + "RT-Next: e-6\r\n",
              message("e-5", "five") + "\r\n" + message("e-6", "six")),
       answer("503 Busy", "", ""),
       answer("200 OK", std::string(kWindowType) + "RT-Next: e 9\r\nRT-Gap: true\r\n",
              "{\"v\":1,\"gap\":{\"from\":\"e-6\",\"missed\":2}}\n" + message("e-9", "nine")),
       answer("404 Not Found", "RT-Next: f-0\r\n", ""),
       answer("200 OK", std::string(kWindowType) + "RT-Next: f-1\r\n", message("f-1", "x")),
       answer("200 OK", std::string(kWindowType) + "RT-Next: f-2\r\n", "{bad\n"),
       answer("200 OK", "Content-Type: text/html\r\nRT-Next: f-1\r\n", "<p>"),
       answer("200 OK", kWindowType, message("f-3", "x"))});
  HttpClient client(reactor, {});
  PollSource source(reactor, client, fast(server.url("/c?k=v&wait=9")));

  auto batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK((*batch)[0]->payload == "four");
  CHECK((*batch)[0]->id == "e-4");
  CHECK((*batch)[0]->content_type == "a/b");
  CHECK((*batch)[0]->event == "ev");
  CHECK((*batch)[0]->origin_id == "o");
  CHECK((*batch)[0]->via == std::vector<std::string>{"r1", "r2", "r3"});
  CHECK(source.at_hub());
  CHECK(source.cursor() == "e-4");

  batch = read(reactor, source);
  REQUIRE(batch.ok());
  REQUIRE(batch->size() == 2);
  CHECK((*batch)[0]->payload == "five");
  CHECK((*batch)[0]->channel == "/c");
  CHECK((*batch)[1]->id == "e-6");

  CHECK(!read(reactor, source).ok());
  CHECK(source.cursor() == "e-6");
  batch = read(reactor, source);
  REQUIRE(batch.ok());
  REQUIRE(batch->size() == 2);
  REQUIRE((*batch)[0]->gap);
  CHECK((*batch)[0]->gap->missed == 2u);
  CHECK((*batch)[1]->payload == "nine");
  CHECK(read(reactor, source).ok());

  for (const char* word : {"line 1", "no window", "no window"}) {
    auto bad = read(reactor, source);
    REQUIRE(!bad.ok());
    CHECK(bad.error().fault() == Fault::protocol);
    CHECK(contains(bad.error().text(), word));
    CHECK(source.cursor() == "f-1");
  }

  const auto& seen = server.requests();
  CHECK(contains(seen[0], "GET /c?k=v&wait=9 HTTP"));
  CHECK(contains(seen[1], "GET /c?k=v&since=e-4&limit=1000 HTTP"));
  CHECK(contains(seen[1], "Accept: application/x-ndjson\r\n"));
  CHECK(contains(seen[3], "since=e-6&"));
  CHECK(contains(seen[4], "since=e-6&"));
  CHECK(contains(seen[5], "since=e%209&"));
  CHECK(contains(seen[6], "since=f-0&"));
}

TEST_CASE("a hub with a start, and windows that are full") {
  Reactor reactor;
  std::string full;
  for (int i = 0; i < 1000; ++i) full += message("e-" + std::to_string(i), "m");
  AnsweringServer server(reactor,
                         {answer("200 OK", std::string(kWindowType) + "RT-Next: e-999\r\n", full),
                          answer("200 OK", std::string(kWindowType) + "RT-Next: e-1000\r\n",
                                 message("e-1000", "last"))});
  HttpClient client(reactor, {});
  PollOptions options = fast(server.url("/c"));
  options.pace.interval = 1h;  // a full window is followed by the next one at once
  options.start = "since=";
  PollSource source(reactor, client, options);
  auto batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK(batch->size() == 1000);
  batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK((*batch)[0]->payload == "last");
  CHECK(contains(server.requests()[0], "GET /c?since=&limit=1000 HTTP"));
  CHECK(contains(server.requests()[1], "GET /c?since=e-999&limit=1000 HTTP"));
}

TEST_CASE("a hub with an empty channel, long polling") {
  Reactor reactor;
  AnsweringServer server(
      reactor,
      {answer("404 Not Found", "RT-Next: e-0\r\n", ""),
       answer("200 OK", std::string(kWindowType) + "RT-Next: e-1\r\n", message("e-1", "a")),
       answer("200 OK", std::string(kWindowType) + "RT-Next: e-2\r\n", message("e-2", "b"))});
  HttpClient client(reactor, {});
  PollOptions options = fast(server.url("/c"));
  options.pace.interval = 1h;
  options.wait = 29500ms;
  PollSource source(reactor, client, options);
  auto batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK((*batch)[0]->payload == "a");
  batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK((*batch)[0]->payload == "b");
  CHECK(!contains(server.requests()[0], "wait"));
  CHECK(contains(server.requests()[1], "GET /c?since=e-0&limit=1000&wait=30 HTTP"));
}

TEST_CASE("long polling like nchan: 408, both validators, a backlog in quick succession") {
  Reactor reactor;
  AnsweringServer server(reactor,
                         {answer("200 OK", "Etag: 0\r\nLast-Modified: Sun\r\n", "a"),
                          answer("200 OK", "Etag: 1\r\nLast-Modified: Sun\r\n", "a"),
                          answer("408 Request Timeout", "", ""),
                          answer("304 Not Modified", "Etag: 5\r\nLast-Modified: Mon\r\n", ""),
                          answer("200 OK", "Etag: 0\r\nLast-Modified: Tue\r\n", "b")});
  HttpClient client(reactor, {});
  PollOptions options = fast(server.url("/c"));
  options.wait = 10s;
  PollSource source(reactor, client, options);
  CHECK((*read(reactor, source))[0]->payload == "a");
  CHECK((*read(reactor, source))[0]->id == "1");
  CHECK((*read(reactor, source))[0]->payload == "b");
  const auto& seen = server.requests();
  REQUIRE(seen.size() == 5);
  CHECK(!contains(seen[0], "Prefer"));
  CHECK(contains(seen[1], "If-None-Match: 0\r\n"));
  CHECK(contains(seen[1], "If-Modified-Since: Sun\r\n"));
  CHECK(contains(seen[1], "Prefer: wait=10\r\n"));
  CHECK(contains(seen[3], "If-None-Match: 1\r\n"));
  CHECK(contains(seen[4], "If-None-Match: 5\r\n"));
  CHECK(contains(seen[4], "If-Modified-Since: Mon\r\n"));
}

TEST_CASE("408 is an error when nobody asked to wait") {
  Reactor reactor;
  AnsweringServer server(reactor, {answer("408 Request Timeout", "", "")});
  HttpClient client(reactor, {});
  PollSource source(reactor, client, fast(server.url("/c")));
  const auto batch = read(reactor, source);
  REQUIRE(!batch.ok());
  CHECK(!batch.error().fatal());
}

TEST_CASE("a server that does not hold long polls is not hammered") {
  Reactor reactor;
  int requests = 0;
  SUBCASE("nothing new") {
    ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
      while (!(co_await peer.request()).empty()) {
        ++requests;
        co_await peer.send(answer("200 OK", "", "same"));
      }
    });
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url("/c"));
    options.pace.interval = 100ms;
    options.wait = 10s;
    PollSource source(reactor, client, options);
    CHECK(read(reactor, source).ok());
    asio::co_spawn(
        reactor.context(), [&]() -> asio::awaitable<void> { (void)co_await source.read(); },
        asio::detached);
    reactor.context().restart();
    reactor.context().run_for(250ms);
    CHECK(requests <= 5);
  }
  SUBCASE("always something new") {
    ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
      while (!(co_await peer.request()).empty()) {
        const std::string number = std::to_string(++requests);
        co_await peer.send(answer("200 OK", "ETag: \"" + number + "\"\r\n", number));
      }
    });
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url("/c"));
    options.wait = 10s;
    PollSource source(reactor, client, options);
    // On a busy machine one that takes long may come sooner, and begins the count anew.
    bool paused = false;
    for (int i = 0; i < 203 && !paused; ++i) {
      const SteadyTime start = std::chrono::steady_clock::now();
      CHECK(read(reactor, source).ok());
      paused = std::chrono::steady_clock::now() - start >= 80ms;
    }
    CHECK(paused);
  }
  SUBCASE("always something new, and no validator to wait by") {
    ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
      while (!(co_await peer.request()).empty())
        co_await peer.send(answer("200 OK", "", std::to_string(++requests)));
    });
    HttpClient client(reactor, {});
    PollOptions options = fast(server.url("/c"));
    options.pace.interval = 100ms;
    options.wait = 10s;
    PollSource source(reactor, client, options);
    const SteadyTime start = std::chrono::steady_clock::now();
    for (int i = 0; i < 3; ++i) CHECK(read(reactor, source).ok());
    CHECK(std::chrono::steady_clock::now() - start >= 180ms);
  }
}

TEST_CASE("a history is asked of a server that has none") {
  Reactor reactor;
  AnsweringServer server(reactor, {answer("200 OK", "", "plain")});
  HttpClient client(reactor, {});
  PollOptions options = fast(server.url("/c"));
  options.start = "last=5";
  PollSource source(reactor, client, options);
  const auto batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK((*batch)[0]->payload == "plain");
  CHECK(contains(server.requests()[0], "GET /c?last=5 HTTP"));
}

TEST_CASE("of a window that is too long the front is taken, and the rest is asked for") {
  Reactor reactor;
  const std::string next = std::string(kWindowType) + "RT-Next: e-9\r\n";
  const std::string filling(300, 'x');
  AnsweringServer server(
      reactor, {answer("200 OK", next,
                       message("e-1", filling) + message("e-2", filling) + message("e-3", filling)),
                answer("200 OK", next, message("e-3", filling)),
                answer("200 OK", next, message("e-9", std::string(2000, 'x')))});
  HttpOptions options;
  options.max_body = 800;
  HttpClient client(reactor, options);
  PollOptions with = fast(server.url("/x"));
  with.start = "since=";
  // Only what there is more of is asked for at once.
  with.pace.interval = 1h;
  PollSource source(reactor, client, with);
  auto batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK(batch->size() == 2);
  CHECK(source.cursor() == "e-2");
  batch = read(reactor, source);
  REQUIRE(batch.ok());
  CHECK(batch->front()->id == "e-3");
  CHECK(source.cursor() == "e-9");
  CHECK(contains(server.requests().at(1), "since=e-2"));
}

}  // namespace
}  // namespace rt
