#include "io/http/client.hpp"

#include <doctest/doctest.h>

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "io/http/curl_setup.hpp"
#include "unit/io/http/test_server.hpp"

namespace rt {
namespace {

using test::answer;
using test::AnsweringServer;
using test::contains;
using test::drive;
using test::Peer;
using test::ScriptedServer;

HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

HttpRequest post(std::string url, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.body = std::move(body);
  return request;
}

Result<HttpResponse> fetch(Reactor& reactor, HttpClient& client, HttpRequest request) {
  Result<HttpResponse> out = Error(Fault::other, "not done");
  const bool finished =
      drive(reactor, [&]() -> asio::awaitable<void> { out = co_await client.request(request); });
  CHECK(finished);
  return out;
}

TEST_CASE("a response comes out the same however it is cut") {
  Reactor reactor;
  const std::string whole =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX-One:  a  \r\nContent-Type: text/plain\r\n"
      "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nHTTP/1.1 9: 9\r\n"
      "X-Trailer: t\r\n\r\n";
  std::size_t cut = 0;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    while (!(co_await peer.request()).empty()) {
      if (cut > whole.size()) {
        co_await peer.send_bytewise(whole);
        continue;
      }
      co_await peer.send(whole.substr(0, cut));
      // The client has the loop before the rest follows.
      co_await asio::post(asio::use_awaitable);
      co_await peer.send(whole.substr(cut));
    }
  });
  HttpClient client(reactor, {});
  for (cut = 1; cut <= whole.size() + 1; ++cut) {
    CAPTURE(cut);
    const auto response = fetch(reactor, client, get(server.url("/a/../b")));
    REQUIRE(response.ok());
    CHECK(response->status == 200);
    CHECK(response->body == "hello world");
    CHECK(response->header("x-one") == "a");
    CHECK(response->header("content-type") == "text/plain");
    CHECK(response->header("x-trailer").empty());
    CHECK(response->url == server.url("/a/../b"));
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("what a request looks like") {
  Reactor reactor;
  AnsweringServer server(reactor, {answer("200 OK", "", "")});
  HttpOptions options;
  options.headers = {{"Accept", "a/b"}, {"X-Mine", "1"}, {"User-Agent", ""}};
  options.user = "me";
  options.password = "pw";
  HttpClient client(reactor, options);

  HttpRequest request = post(server.url("/x?q"), "body");
  request.headers = {{"accept", "c/d"}, {"X-Theirs", "2"}, {"X-Empty", ""}};
  REQUIRE(fetch(reactor, client, request).ok());
  const std::string& seen = server.requests().at(0);
  CHECK(seen.rfind("POST /x?q HTTP/1.1\r\n", 0) == 0);
  CHECK(contains(seen, "Accept: a/b\r\n"));
  CHECK(!contains(seen, "c/d"));
  CHECK(contains(seen, "X-Mine: 1\r\n"));
  CHECK(contains(seen, "X-Theirs: 2\r\n"));
  CHECK(!contains(seen, "X-Empty"));
  CHECK(!contains(seen, "User-Agent"));
  CHECK(!contains(seen, "Content-Type"));
  CHECK(contains(seen, "Accept-Encoding: "));
  CHECK(contains(seen, "Authorization: Basic bWU6cHc=\r\n"));
  CHECK(seen.substr(seen.size() - 8) == "\r\n\r\nbody");

  request.method = "PUT";
  request.body.clear();
  REQUIRE(fetch(reactor, client, request).ok());
  CHECK(server.requests().at(1).rfind("PUT /x?q HTTP/1.1\r\n", 0) == 0);
  CHECK(contains(server.requests().at(1), "Content-Length: 0\r\n"));

  request.method = "HEAD";
  REQUIRE(fetch(reactor, client, request).ok());
  CHECK(server.requests().at(2).rfind("HEAD /x?q HTTP/1.1\r\n", 0) == 0);
  CHECK(server.connections() == 1);

  HttpOptions with_token;
  with_token.bearer = "tok";
  HttpClient bearer(reactor, with_token);
  REQUIRE(fetch(reactor, bearer, get(server.url())).ok());
  CHECK(contains(server.requests().at(3), "Authorization: Bearer tok\r\n"));
  CHECK(contains(server.requests().at(3), "User-Agent: rtwire/" RT_VERSION "\r\n"));
}

TEST_CASE("a header cannot smuggle another") {
  Reactor reactor;
  AnsweringServer server(reactor, {answer("200 OK", "", "")});
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"X", "1\r\nY: 2"}, {"X\r\nY", "2"}, {"X", "1\n2"},
      {"X: Y", "1"},      {"", "1"},       {"X", std::string("1\0", 2)}};
  for (const auto& header : bad) {
    HttpClient client(reactor, {});
    HttpRequest request = get(server.url());
    request.headers = {header};
    const auto response = fetch(reactor, client, request);
    REQUIRE(!response.ok());
    CHECK(response.error().fault() == Fault::usage);
  }
  CHECK(server.requests().empty());
}

TEST_CASE("what is the same host") {
  struct Case {
    const char* base;
    const char* location;
    bool same;
  };
  const Case cases[] = {
      {"http://h/a", "/b", true},           {"http://h/a", "b?c", true},
      {"http://h/a", "http://H:80/", true}, {"http://h/a", "//h/x", true},
      {"http://h/a", "https://h/", false},  {"http://h/a", "http://h:81/", false},
      {"http://h/a", "//i/x", false},       {"http://i/a", "/b", false},
      {"http://h/a", "http://u@h/", true},  {"http://h/a", "http://h@i/", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.base);
    CAPTURE(c.location);
    CHECK(stays_at_host("http://h/start", c.base, c.location) == c.same);
  }
}

TEST_CASE("the head of a stream has to come in time, its body has not") {
  Reactor reactor;
  bool answers = false;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    if (answers) co_await peer.send("HTTP/1.1 200 OK\r\n\r\n");
    co_await peer.until_closed();
  });
  HttpOptions options;
  options.connect_timeout = 100ms;
  HttpClient client(reactor, options);
  Result<std::unique_ptr<HttpStream>> opened = Error(Fault::other, "not done");
  const auto open = [&]() -> asio::awaitable<void> {
    opened = co_await client.open(get(server.url()));
  };
  REQUIRE(drive(reactor, open));
  REQUIRE(!opened.ok());
  CHECK(opened.error().fault() == Fault::network);
  CHECK(opened.error().text() == "no answer within 100 ms (--connect-timeout)");

  answers = true;
  REQUIRE(drive(reactor, open));
  REQUIRE(opened.ok());
  Result<std::string> silence = std::string();
  REQUIRE(drive(reactor, [&]() -> asio::awaitable<void> {
    silence = co_await (*opened)->read(Milliseconds(300));
  }));
  REQUIRE(!silence.ok());
  CHECK(contains(silence.error().text(), "nothing came"));
}

TEST_CASE("redirects have a limit") {
  Reactor reactor;
  AnsweringServer server(reactor, {answer("303 See Other", "Location: /again?token=t\r\n", "")});
  HttpClient client(reactor, {});
  const auto endless = fetch(reactor, client, get(server.url()));
  REQUIRE(!endless.ok());
  CHECK(endless.error().fault() == Fault::protocol);
  CHECK(server.requests().size() == 11);
}

TEST_CASE("other schemes are neither asked nor followed") {
  Reactor reactor;
  AnsweringServer server(reactor, {answer("302 Found", "Location: file:///etc/passwd\r\n", "")});
  HttpClient client(reactor, {});
  CHECK(!fetch(reactor, client, get(server.url())).ok());
  const auto direct = fetch(reactor, client, get("file:///etc/passwd"));
  REQUIRE(!direct.ok());
  CHECK(direct.error().fault() == Fault::usage);
}

TEST_CASE("whose fault a broken exchange is") {
  Reactor reactor;
  struct Case {
    const char* sent;
    bool reset;
    Fault fault;
  };
  const Case cases[] = {
      {"", false, Fault::network},
      {"", true, Fault::network},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", false, Fault::network},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true, Fault::network},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", false, Fault::network},
      {"nonsense\r\n\r\n", false, Fault::protocol},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", false,
       Fault::protocol},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", false, Fault::network},
  };
  for (const Case& c : cases) {
    CAPTURE(c.sent);
    ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
      co_await peer.request();
      co_await peer.send(c.sent);
      if (c.reset) peer.reset();
    });
    HttpClient client(reactor, {});
    const auto response = fetch(reactor, client, get(server.url()));
    REQUIRE(!response.ok());
    CHECK(response.error().fault() == c.fault);
    CHECK(!response.error().text().empty());
    CHECK(!contains(response.error().text(), "\n"));
  }
}

TEST_CASE("no server, no name") {
  Reactor reactor;
  std::string url;
  {
    Reactor short_lived;
    url = AnsweringServer(short_lived, {""}).url();
  }
  HttpClient client(reactor, {});
  const auto refused = fetch(reactor, client, get(url));
  REQUIRE(!refused.ok());
  CHECK(refused.error().fault() == Fault::network);
  CHECK(contains(refused.error().text(), "refused"));
  const auto unknown = fetch(reactor, client, get("http://nowhere.invalid/"));
  REQUIRE(!unknown.ok());
  CHECK(unknown.error().fault() == Fault::network);
  CHECK(contains(unknown.error().text(), "nowhere.invalid"));
}

TEST_CASE("answers are bounded") {
  Reactor reactor;
  HttpOptions options;
  options.max_body = 1000;
  HttpClient client(reactor, options);
  AnsweringServer fits(reactor, {answer("200 OK", "", std::string(1000, 'x'))});
  CHECK(fetch(reactor, client, get(fits.url())).ok());
  AnsweringServer large(reactor, {answer("200 OK", "", std::string(1001, 'x'))});
  const auto response = fetch(reactor, client, get(large.url()));
  REQUIRE(!response.ok());
  CHECK(response.error().fault() == Fault::protocol);
  CHECK(contains(response.error().text(), "1000"));
  std::string many;
  for (int i = 0; i < 40; ++i) many += "X: " + std::string(8000, 'h') + "\r\n";
  AnsweringServer head(reactor, {answer("200 OK", many, "")});
  const auto bloated = fetch(reactor, client, get(head.url()));
  REQUIRE(!bloated.ok());
  CHECK(bloated.error().fault() == Fault::protocol);
}

TEST_CASE("an answer that announces too much is refused at its head") {
  Reactor reactor;
  HttpOptions options;
  options.max_body = 1000;
  HttpClient client(reactor, options);
  std::string head;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send(head);
    co_await peer.until_closed();
  });
  head = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n";
  const auto large = fetch(reactor, client, get(server.url()));
  REQUIRE(!large.ok());
  CHECK(large.error().fault() == Fault::protocol);
  CHECK(large.error().text() == "the answer is larger than 1000 bytes");
  // The length of what a 304 leaves out.
  head = "HTTP/1.1 304 Not Modified\r\nContent-Length: 1001\r\n\r\n";
  const auto unchanged = fetch(reactor, client, get(server.url()));
  REQUIRE(unchanged.ok());
  CHECK(unchanged->status == 304);
}

TEST_CASE("chunks that cannot be read are the server's fault, not the network's") {
  Reactor reactor;
  HttpClient client(reactor, {});
  AnsweringServer server(reactor,
                         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhello"});
  const auto response = fetch(reactor, client, get(server.url()));
  REQUIRE(!response.ok());
  CHECK(response.error().fault() == Fault::protocol);
  CHECK(contains(response.error().text(), "the answer's chunks are broken: "));
}

TEST_CASE("limits of time") {
  Reactor reactor;
  ScriptedServer server(reactor, [](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.until_closed();
  });
  HttpClient client(reactor, {});
  HttpRequest request = get(server.url());
  request.timeout = 50ms;
  const auto response = fetch(reactor, client, request);
  REQUIRE(!response.ok());
  CHECK(response.error().fault() == Fault::timeout);
  request.timeout.reset();
  request.stall = 1s;
  const auto stalled = fetch(reactor, client, request);
  REQUIRE(!stalled.ok());
  CHECK(stalled.error().fault() == Fault::timeout);
  CHECK(stalled.error().text() == "no answer for 1 s");

  HttpOptions hasty;
  hasty.connect_timeout = 50ms;
  HttpClient impatient(reactor, hasty);
  request.stall.reset();
  request.held = 50ms;
  const auto late = fetch(reactor, impatient, request);
  REQUIRE(!late.ok());
  CHECK(late.error().fault() == Fault::timeout);
  CHECK(late.error().text() == "no answer within 100 ms (--connect-timeout)");
}

TEST_CASE("a large upload may take longer than an answer") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    asio::steady_timer pause(reactor.context());
    for (int i = 0; i < 5; ++i) {
      pause.expires_after(100ms);
      co_await pause.async_wait(asio::use_awaitable);
      (void)co_await peer.bytes(4u << 20);
    }
    co_await peer.send(answer("200 OK", "", "taken"));
    co_await peer.until_closed();
  });
  HttpOptions options;
  options.connect_timeout = 300ms;
  options.headers.emplace_back("Expect", "");
  HttpClient client(reactor, options);
  HttpRequest request = get(server.url());
  request.method = "POST";
  request.body.assign(20u << 20, 'u');
  const auto response = fetch(reactor, client, request);
  REQUIRE(response.ok());
  CHECK(response->body == "taken");
}

TEST_CASE("a large upload with Expect: the server agrees, does not know it, or refuses") {
  Reactor reactor;
  const std::string body(3u << 20, 'u');
  std::string arrived;
  int kind = 0;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    while (true) {
      std::string request = co_await peer.request();
      if (request.empty()) co_return;
      const bool expects = contains(request, "Expect: 100-continue");
      if (expects && kind == 0) co_await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      if (expects && kind == 1) {
        co_await peer.send(answer("417 Expectation Failed", "X: 417\r\n", ""));
        continue;
      }
      if (expects && kind == 2) {
        co_await peer.send(answer("413 Content Too Large", "Connection: close\r\n", ""));
        co_return;
      }
      if (expects) {
        arrived = co_await peer.bytes(body.size());
      } else {
        arrived = request.substr(request.find("\r\n\r\n") + 4);
      }
      co_await peer.send(answer("201 Created", "", ""));
    }
  });
  HttpClient client(reactor, {});
  // The refused Expect comes last: curl does not try it again on that handle.
  for (const int now : {0, 2, 3, 1}) {
    kind = now;
    CAPTURE(kind);
    arrived.clear();
    const auto response = fetch(reactor, client, post(server.url(), body));
    REQUIRE(response.ok());
    CHECK(response->status == (kind == 2 ? 413 : 201));
    CHECK((arrived == body) == (kind != 2));
    CHECK(response->header("x").empty());
  }
}

TEST_CASE("a destroyed or cancelled request leaves its connection") {
  Reactor reactor;
  bool closed = false;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.until_closed();
    closed = true;
  });
  HttpClient client(reactor, {});
  const bool finished = drive(reactor, [&]() -> asio::awaitable<void> {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer soon(reactor.context(), 30ms);
    co_await (client.request(get(server.url())) || soon.async_wait(asio::use_awaitable));
    while (!closed) co_await asio::post(asio::use_awaitable);
  });
  CHECK(finished);
}

TEST_CASE("a loop that ends in the middle of everything") {
  auto reactor = std::make_unique<Reactor>();
  ScriptedServer server(*reactor, [](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\n\r\nabc");
    co_await peer.until_closed();
  });
  auto client = std::make_unique<HttpClient>(*reactor, HttpOptions{});
  std::unique_ptr<HttpStream> kept;
  const bool finished = drive(*reactor, [&]() -> asio::awaitable<void> {
    auto stream = co_await client->open(get(server.url()));
    if (stream) kept = std::move(*stream);
  });
  CHECK(finished);
  REQUIRE(kept != nullptr);
  const auto never_done = [&]() -> asio::awaitable<void> {
    (void)co_await client->request(get(server.url()));
  };
  asio::co_spawn(reactor->context(), never_done, asio::detached);
  reactor->context().restart();
  reactor->context().poll();
  kept.reset();
  client.reset();
}

TEST_CASE("of what answers no GET, or refuses, little is read, and nobody waits for the rest") {
  struct Case {
    const char* name;
    std::string head;
    HttpRequest request;
    std::size_t body;
  };
  const std::string endless = "Content-Type: text/plain\r\n\r\n";
  const std::string long_one = "Content-Length: 1000000000\r\n\r\n";
  const Case cases[] = {
      {"a publication's, without an end", "HTTP/1.1 200 OK\r\n" + endless, post("", "m"), 65536},
      {"a publication's, announced", "HTTP/1.1 201 Created\r\n" + long_one, post("", "m"), 65536},
      {"a refusal", "HTTP/1.1 403 Forbidden\r\n" + endless, get(""), 65536},
      {"a redirect that is not followed", "HTTP/1.1 303 See Other\r\n" + endless, get(""), 65536},
      {"one that is short", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", post("", "m"), 3},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Reactor reactor;
    ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
      co_await peer.request();
      co_await peer.send(c.head + std::string(c.body == 3 ? 3 : 1000, 'b'));
      if (c.body == 3) co_return;
      while (co_await peer.send(std::string(16384, 'b'))) continue;
    });
    HttpOptions options;
    options.max_body = 1u << 30;
    HttpClient client(reactor, options);
    HttpRequest request = c.request;
    request.url = server.url();
    const auto response = fetch(reactor, client, request);
    REQUIRE(response.ok());
    CHECK(response->status == std::stoi(c.head.substr(9)));
    CHECK(response->body.size() == c.body);
    CHECK(response->cut == (c.body > 3));
  }
}

TEST_CASE("a publication's answer that does not end is taken for what it is in time") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\nabc");
    co_await peer.until_closed();
  });
  HttpOptions options;
  options.connect_timeout = 100ms;
  HttpClient client(reactor, options);
  const auto response = fetch(reactor, client, post(server.url(), "m"));
  REQUIRE(response.ok());
  CHECK(response->status == 201);
  CHECK(response->body == "abc");
}

TEST_CASE("what comes after a body is bounded as a head is") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n");
    std::string fields;
    for (int i = 0; i < 1000; ++i) fields += "X-Field: value\r\n";
    while (co_await peer.send(fields)) continue;
  });
  HttpClient client(reactor, {});
  const auto read = fetch(reactor, client, get(server.url()));
  REQUIRE(!read.ok());
  CHECK(read.error().fault() == Fault::protocol);
  // Its status says all that there is to know.
  const auto published = fetch(reactor, client, post(server.url(), "m"));
  REQUIRE(published.ok());
  CHECK(published->status == 200);
}

TEST_CASE("an answer of lines that is too long ends after one of them") {
  struct Case {
    const char* type;
    std::string body;
    bool announced;
    std::string front;  // empty: an error
  };
  const std::string two = std::string(400, 'a') + "\n" + std::string(400, 'b') + "\n";
  const Case cases[] = {
      {"application/x-ndjson", two, true, two},
      {"application/x-ndjson", two + std::string(400, 'c') + "\n", true, two},
      {"Application/X-NDJSON; charset=utf-8", two + std::string(4000, 'c'), false, two},
      {"application/x-ndjson", std::string(2000, 'c'), false, ""},
      {"text/plain", two + std::string(400, 'c') + "\n", true, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.type);
    CAPTURE(c.body.size());
    Reactor reactor;
    std::string whole = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(c.type) + "\r\n";
    if (c.announced) whole += "Content-Length: " + std::to_string(c.body.size()) + "\r\n";
    whole += "\r\n" + c.body;
    ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
      co_await peer.request();
      co_await peer.send(whole);
    });
    HttpOptions options;
    options.max_body = 1000;
    HttpClient client(reactor, options);
    HttpRequest request = get(server.url());
    request.lines = true;
    const auto response = fetch(reactor, client, request);
    REQUIRE(response.ok() == !c.front.empty());
    if (!response) {
      CHECK(response.error().text() == "the answer is larger than 1000 bytes");
      continue;
    }
    CHECK(response->body == c.front);
    CHECK(response->cut == (c.front.size() < c.body.size()));
  }
}

}  // namespace
}  // namespace rt
