#include "io/server/http_front.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>

#include "unit/io/server/http_front_fixture.hpp"

namespace rt {
namespace {

using test::FrontFixture;
using test::get_text;
using test::handshake_text;
using test::post_text;
using test::run_for;
using test::run_until;
using test::TestPeer;

// A receive buffer that leaves most of what is sent with the sender.
constexpr int kSmall = 32 << 10;

constexpr PollerKind kPollers[] = {PollerKind::epoll, PollerKind::asio};

TEST_CASE("requests after one another, and all at once") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    TestPeer peer(server.reactor, server.port);
    peer.send(get_text("/1"));
    REQUIRE(peer.wait_for("[/1:]"));
    CHECK(peer.received.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    CHECK(peer.received.find("Content-Length: 5\r\n") != std::string::npos);
    CHECK(peer.received.find("Connection:") == std::string::npos);
    peer.send(post_text("/2", "body"));
    REQUIRE(peer.wait_for("[/2:body]"));
    std::string all;
    for (int i = 3; i < 400; ++i)
      all += i % 2 == 0 ? get_text("/" + std::to_string(i))
                        : post_text("/" + std::to_string(i), std::to_string(i));
    peer.send(all);
    REQUIRE(peer.wait_for("[/399:399]"));
    std::string expected = "GET /1;POST /2;";
    for (int i = 3; i < 400; ++i)
      expected += (i % 2 == 0 ? "GET /" : "POST /") + std::to_string(i) + ";";
    CHECK(server.handler.log == expected);
    CHECK(server.front->connections() == 1);
    peer.close();
    CHECK(server.gone());
  }
}

TEST_CASE("requests that are cut at every byte") {
  const std::string requests = "\r\n" + post_text("/p", "abc") + get_text("/g") +
                               "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                               "chunked\r\n\r\n2\r\nxy\r\n1\r\nz\r\n0\r\n\r\n" +
                               get_text("/last");
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    for (std::size_t cut = 1; cut < requests.size(); ++cut) {
      TestPeer peer(server.reactor, server.port);
      server.handler.log.clear();
      peer.send(std::string_view(requests).substr(0, cut));
      run_until(server.reactor, [&] { return server.front->connections() > 0; });
      test::run_ready(server.reactor);
      peer.send(std::string_view(requests).substr(cut));
      CAPTURE(cut);
      REQUIRE(peer.wait_for("[/last:]"));
      CHECK(server.handler.log == "POST /p;GET /g;POST /c;GET /last;");
      CHECK(peer.count("[/p:abc]") + peer.count("[/g:]") + peer.count("[/c:xyz]") == 3);
    }
    // Each byte by itself.
    TestPeer peer(server.reactor, server.port);
    for (const char c : requests) {
      peer.send(std::string_view(&c, 1));
      test::run_ready(server.reactor);
    }
    REQUIRE(peer.wait_for("[/last:]"));
    CHECK(peer.statuses() == "200 200 200 200 ");
  }
}

TEST_CASE("versions, HEAD, and who wants to close") {
  FrontFixture server;
  const struct {
    std::string request;
    std::string has;
    bool body;
    bool closes;
  } rows[] = {
      {"GET /a HTTP/1.0\r\n\r\n", "Connection: close\r\n", true, true},
      {"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive\r\n", true,
       false},
      {get_text("/a", "Connection: close\r\n"), "Connection: close\r\n", true, true},
      {get_text("/a", "Connection: x, Close\r\n"), "Connection: close\r\n", true, true},
      {get_text("/close", "Connection: close\r\n"), "Connection: close\r\n", true, true},
      {"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 5\r\n", false, false},
      {"HEAD /a HTTP/1.0\r\n\r\n", "Content-Length: 5\r\n", false, true},
      {get_text("/none"), "HTTP/1.1 204 No Content\r\n", false, false},
      {"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz", "[/a:xyz]", true, false},
      {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "[*:]", true, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.request);
    TestPeer peer(server.reactor, server.port);
    peer.send(row.request);
    REQUIRE(peer.wait_for("\r\n\r\n"));
    CHECK(peer.wait_for(row.has));
    CHECK(peer.received.ends_with("]") == row.body);
    if (row.closes) {
      CHECK(peer.wait_for_end());
      CHECK(peer.statuses() == "200 ");
    } else {
      peer.received.clear();
      peer.send(get_text("/more"));
      CHECK(peer.wait_for("[/more:]"));
    }
  }
}

TEST_CASE("what is not HTTP is refused, and the connection ends in good order") {
  FrontFixture server;
  const struct {
    std::string request;
    std::string statuses;
  } rows[] = {
      {"\x16\x03\x01\x02", "400 "},
      {"GET / HTTP/1.1\nHost: x\n\n", "400 "},
      {"GET / HTTP/1.1\r\n\r\n", "400 "},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 "},
      {get_text("/ok") + "bad\r\n\r\n" + get_text("/never"), "200 400 "},
      {get_text("/" + std::string(9000, 'x')), "414 "},
      {get_text("/", "X: " + std::string(40'000, 'x') + "\r\n"), "431 "},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", "413 "},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0",
       "400 "},
      {get_text("/close", "Connection: close\r\n") + get_text("/never"), "200 "},
      {"HEAD / HTTP/1.1\r\nHost: x\r\nExpect: miracle\r\n\r\n", "417 "},
  };
  for (const auto& row : rows) {
    CAPTURE(row.request.substr(0, 60));
    server.handler.log.clear();
    TestPeer peer(server.reactor, server.port);
    // More than the answer's sender reads: it must not become a reset that eats the answer.
    peer.send(row.request + std::string(100'000, '\n'));
    CHECK(peer.wait_for_end());
    CHECK(peer.statuses() == row.statuses);
    CHECK(server.handler.log.find("/never") == std::string::npos);
    CHECK_FALSE(peer.broken);
    peer.close();
    CHECK(server.gone());
  }
}

TEST_CASE("a body is asked for only when it is wanted") {
  FrontFixture server;
  {
    TestPeer peer(server.reactor, server.port);
    peer.send("POST /e HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
    REQUIRE(peer.wait_for("HTTP/1.1 100 Continue\r\n\r\n"));
    CHECK(server.handler.log.empty());
    peer.send("bo");
    test::run_ready(server.reactor);
    peer.send("dy");
    REQUIRE(peer.wait_for("[/e:body]"));
    CHECK(peer.count("100 Continue") == 1);
  }
  for (const char* const expect : {"Expect: 100-continue\r\n", ""}) {
    TestPeer peer(server.reactor, server.port);
    peer.send("POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n" +
              std::string(expect) + "\r\n" + std::string(*expect == '\0' ? 500'000 : 0, 'x'));
    REQUIRE(peer.wait_for("refused"));
    CHECK(peer.wait_for_end());
    CHECK(peer.statuses() == "403 ");
  }
  // HTTP/1.0 does not know the field.
  TestPeer peer(server.reactor, server.port);
  peer.send("POST /old HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab");
  CHECK(peer.wait_for("[/old:ab]"));
  CHECK(peer.statuses() == "200 ");
}

TEST_CASE("those that are slow") {
  HttpFrontOptions options;
  options.request_time = 100ms;
  options.body_time = 100ms;
  options.idle_time = 100ms;
  options.stall_time = 150ms;
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller, options);
    server.handler.big = 16u << 20;
    TestPeer silent(server.reactor, server.port);
    TestPeer half_head(server.reactor, server.port);
    TestPeer half_body(server.reactor, server.port);
    TestPeer idle(server.reactor, server.port);
    TestPeer later(server.reactor, server.port);
    TestPeer stalled(server.reactor, server.port, kSmall);
    TestPeer stalled_stream(server.reactor, server.port, kSmall);
    TestPeer held(server.reactor, server.port);
    half_head.send("GET / HTTP/1.1\r\nHo");
    half_body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab");
    idle.send(get_text("/idle"));
    later.send(get_text("/later") + "GET /");
    stalled.send(get_text("/big"));
    held.send(get_text("/hold"));
    stalled_stream.send(get_text("/stream"));
    REQUIRE(run_until(server.reactor, [&] { return server.handler.listeners.size() == 2; }));
    const bool stream_first = server.handler.log.find("/stream") < server.handler.log.find("/hold");
    auto& stream = *server.handler.listeners[stream_first ? 0 : 1];
    auto& waiting = *server.handler.listeners[stream_first ? 1 : 0];
    const std::string chunk(64u << 10, 's');
    while (stream.exchange->write(chunk) == chunk.size()) {
    }
    const struct {
      TestPeer* peer;
      const char* statuses;
    } ends[] = {{&half_head, "408 "},
                {&half_body, "408 "},
                {&later, "200 408 "},
                {&idle, "200 "},
                {&silent, ""}};
    for (const auto& row : ends) {
      CHECK(row.peer->wait_for_end());
      CHECK(row.peer->statuses() == row.statuses);
      row.peer->close();
    }
    REQUIRE(run_until(server.reactor, [&] { return stream.gone; }));
    // Whoever waits for an answer is not slow: only that one is left.
    REQUIRE(run_until(server.reactor, [&] { return server.front->connections() == 1; }));
    CHECK_FALSE(waiting.gone);
    server.handler.answer(stream_first ? 1 : 0);
    CHECK(held.wait_for("[late]"));
    // And then it is idle.
    CHECK(held.wait_for_end());
    held.close();
    CHECK(server.gone());
  }
}

TEST_CASE("a head that comes byte by byte has the time of one head") {
  HttpFrontOptions options;
  options.request_time = 150ms;
  FrontFixture server(options);
  TestPeer peer(server.reactor, server.port);
  const SteadyTime start = std::chrono::steady_clock::now();
  const std::string head = get_text("/slow", "X: " + std::string(400, 'x') + "\r\n");
  for (const char c : head) {
    peer.send(std::string_view(&c, 1));
    run_for(server.reactor, 5ms);
    peer.take();
    if (!peer.received.empty()) break;
  }
  CHECK(peer.statuses() == "408 ");
  CHECK(std::chrono::steady_clock::now() - start < 1s);
}

TEST_CASE("an idle connection lives as long as it is used") {
  HttpFrontOptions options;
  options.idle_time = 150ms;
  options.request_time = 100ms;
  FrontFixture server(options);
  TestPeer peer(server.reactor, server.port);
  for (int i = 0; i < 4; ++i) {
    peer.received.clear();
    peer.send(get_text("/again"));
    REQUIRE(peer.wait_for("[/again:]"));
    run_for(server.reactor, 60ms);
  }
  CHECK(peer.wait_for_end());
}

TEST_CASE("peers that go, in every phase") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    server.handler.big = 16u << 20;
    const std::string requests[] = {
        "",
        "GET / HT",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab",
        get_text("/a"),
        get_text("/hold"),
        get_text("/hold") + get_text("/a"),
        get_text("/stream"),
        get_text("/big"),
        get_text("/big") + get_text("/a") + "GET",
        "bad\r\n\r\n",
        get_text("/close", "Connection: close\r\n"),
    };
    for (const std::string& request : requests) {
      for (const bool reset : {false, true}) {
        CAPTURE(request);
        CAPTURE(reset);
        server.handler.listeners.clear();
        TestPeer peer(server.reactor, server.port, kSmall);
        peer.send(request);
        REQUIRE(run_until(server.reactor, [&] { return server.front->connections() == 1; }));
        run_for(server.reactor, 2ms);
        if (reset)
          peer.reset();
        else
          peer.close();
        CHECK(server.gone());
        for (const auto& listener : server.handler.listeners) CHECK(listener->gone);
      }
    }
  }
}

TEST_CASE("a peer that has only finished sending gets its answers") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    server.handler.big = 4u << 20;
    {
      TestPeer peer(server.reactor, server.port);
      peer.send(get_text("/1") + get_text("/2"));
      peer.finish_sending();
      CHECK(peer.wait_for_end());
      CHECK(peer.count("[/1:]") + peer.count("[/2:]") == 2);
    }
    {
      // The answers do not fit into what the socket holds.
      TestPeer peer(server.reactor, server.port, kSmall);
      peer.send(get_text("/big") + get_text("/big") + get_text("/last"));
      peer.finish_sending();
      run_for(server.reactor, 10ms);
      CHECK(peer.wait_for("[/last:]"));
      CHECK(peer.wait_for_end());
      CHECK(peer.statuses() == "200 200 200 ");
      CHECK(peer.received.size() > 8u << 20);
    }
    {
      TestPeer peer(server.reactor, server.port);
      peer.send(get_text("/1") + "GET /half");
      peer.finish_sending();
      CHECK(peer.wait_for_end());
      CHECK(peer.statuses() == "200 ");
    }
    CHECK(server.gone());
  }
}

TEST_CASE("held requests: what comes meanwhile is served afterwards, in order") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    TestPeer peer(server.reactor, server.port);
    peer.send(get_text("/hold") + get_text("/1"));
    REQUIRE(run_until(server.reactor, [&] { return server.handler.listeners.size() == 1; }));
    peer.send(get_text("/2") + "GET /3 HTTP/1.1\r\n");
    run_for(server.reactor, 5ms);
    CHECK(server.handler.log == "GET /hold;");
    peer.send("Host: x\r\n\r\n" + get_text("/hold"));
    server.handler.answer(0, "[late 1]");
    REQUIRE(run_until(server.reactor, [&] { return server.handler.listeners.size() == 2; }));
    server.handler.answer(1, "[late 2]");
    REQUIRE(peer.wait_for("[late 2]"));
    CHECK(server.handler.log == "GET /hold;GET /1;GET /2;GET /3;GET /hold;");
    CHECK(peer.statuses() == "200 200 200 200 200 ");
    CHECK(peer.received.find("[late 1]") < peer.received.find("[/1:]"));
    CHECK_FALSE(server.handler.listeners[0]->gone);
  }
}

TEST_CASE("bytes that come in the very turn of the answer do not overtake others") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    TestPeer waiting(server.reactor, server.port);
    TestPeer caller(server.reactor, server.port);
    for (int i = 0; i < 20; ++i) {
      server.handler.listeners.clear();
      server.handler.log.clear();
      waiting.received.clear();
      waiting.send(get_text("/hold") + "GET /first HTTP/1.1\r\n");
      REQUIRE(run_until(server.reactor, [&] { return server.handler.listeners.size() == 1; }));
      // Both are ready in one turn, and the answer is given while the first is served.
      server.handler.call = [&] { server.handler.answer(0); };
      caller.send(get_text("/call"));
      waiting.send("Host: x\r\n\r\n" + get_text("/second"));
      REQUIRE(waiting.wait_for("[/second:]"));
      CHECK(waiting.statuses() == "200 200 200 ");
      CHECK(server.handler.log.find("/first") < server.handler.log.find("/second"));
    }
  }
}

TEST_CASE("an answer that does not fit does not cost the connection that got more to read") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    for (int i = 0; i < 3; ++i) {
      server.handler.listeners.clear();
      TestPeer waiting(server.reactor, server.port, kSmall);
      TestPeer caller(server.reactor, server.port);
      waiting.send(get_text("/hold"));
      REQUIRE(run_until(server.reactor, [&] { return server.handler.listeners.size() == 1; }));
      server.handler.call = [&] { server.handler.answer(0, std::string(6u << 20, 'L')); };
      caller.send(get_text("/call"));
      waiting.send(get_text("/after"));
      run_for(server.reactor, 5ms);
      REQUIRE(waiting.wait_for("[/after:]"));
      CHECK(waiting.received.size() > 6u << 20);
    }
  }
}

TEST_CASE("a pipeline whose reader does not read is held back") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    server.handler.big = 100'000;
    TestPeer peer(server.reactor, server.port, kSmall);
    std::string requests;
    const std::string padding = "X: " + std::string(4000, 'x') + "\r\n";
    for (int i = 0; i < 8000; ++i) requests += get_text("/big", padding);
    // It takes some, and then no more: neither requests nor answers are gathered without end.
    CHECK_FALSE(peer.send(requests, 150ms));
    const std::size_t served = server.handler.log.size() / 9;
    CHECK(served < 200);
    // Others are served meanwhile.
    TestPeer other(server.reactor, server.port);
    other.send(get_text("/other"));
    CHECK(other.wait_for("[/other:]"));
    CHECK(server.handler.log.size() / 9 < 210);
    // It reads on, and gets on.
    CHECK(peer.wait_for_size(8u << 20));
    CHECK(peer.statuses().find_first_not_of("20 ") == std::string::npos);
    peer.reset();
  }
}

TEST_CASE("a long upload, and bytes behind a request that waits, are bounded and complete") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    TestPeer peer(server.reactor, server.port);
    const std::string body(10u << 20, 'u');
    CHECK(peer.send(post_text("/up", body)));
    CHECK(peer.wait_for_size(body.size()));
    peer.received.clear();
    peer.send(get_text("/hold"));
    REQUIRE(run_until(server.reactor, [&] { return server.handler.listeners.size() == 1; }));
    // Much behind a request that waits is for nobody.
    peer.send(post_text("/up", std::string(1u << 20, 'm')));
    CHECK(run_until(server.reactor, [&] { return server.handler.listeners[0]->gone; }));
    CHECK(server.gone());
  }
}

TEST_CASE("the end of a peer is seen behind whatever it has sent to a request that waits") {
  for (const PollerKind poller : kPollers) {
    for (const std::size_t junk : {100u, 15'000u, 17'000u, 140'000u}) {
      CAPTURE(junk);
      FrontFixture server(poller);
      TestPeer peer(server.reactor, server.port);
      peer.send(get_text("/hold") + std::string(junk, 'j'));
      peer.close();
      CHECK(server.gone());
      for (const auto& listener : server.handler.listeners) CHECK(listener->gone);
    }
  }
}

// --- what is held for peers, within a bound ------------------------------------------------------

TEST_CASE("held: unfinished heads of many make room for others, the greatest first") {
  constexpr std::size_t kHeld = 400'000;
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller, {}, {}, kHeld);
    std::vector<std::unique_ptr<TestPeer>> attackers;
    TestPeer small(server.reactor, server.port);
    small.send("GET /small HTTP/1.1\r\nHost: x\r\n");
    const std::string head = "GET /x HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'x');
    for (int i = 0; i < 60; ++i) {
      attackers.push_back(std::make_unique<TestPeer>(server.reactor, server.port));
      attackers.back()->send(head);
      REQUIRE(run_until(server.reactor, [&] { return server.front->connections() > 0; }));
      test::run_ready(server.reactor);
      CHECK(server.holdings.held() <= kHeld);
    }
    // The first ones had to go, and were told.
    CHECK(attackers[0]->wait_for_end());
    CHECK(attackers[0]->statuses() == "503 ");
    CHECK(server.holdings.given_up() > 30);
    // Who holds little is served, begun before them or after.
    small.send("\r\n");
    CHECK(small.wait_for("[/small:]"));
    TestPeer late(server.reactor, server.port);
    late.send(post_text("/late", "body"));
    CHECK(late.wait_for("[/late:body]"));
    // The last one can still finish.
    attackers.back()->send("\r\n\r\n");
    CHECK(attackers.back()->wait_for("[/x:]"));
    attackers.clear();
    REQUIRE(run_until(server.reactor, [&] { return server.front->connections() == 2; }));
    CHECK(server.holdings.held() == 0);
  }
}

TEST_CASE("held: bodies that are not whole") {
  constexpr std::size_t kHeld = 1u << 20;
  FrontFixture server({}, {}, kHeld);
  std::vector<std::unique_ptr<TestPeer>> attackers;
  for (int i = 0; i < 8; ++i) {
    attackers.push_back(std::make_unique<TestPeer>(server.reactor, server.port));
    const std::string body(300'000, 'x');
    attackers.back()->send(post_text("/x", body).substr(0, 200'000));
    test::run_ready(server.reactor);
    CHECK(server.holdings.held() <= kHeld);
  }
  CHECK(attackers[0]->wait_for_end());
  CHECK(attackers[0]->statuses() == "503 ");
  TestPeer good(server.reactor, server.port);
  good.send(post_text("/good", std::string(1000, 'g')));
  CHECK(good.wait_for("[/good:g"));
}

TEST_CASE("held: answers that are not taken; the greatest goes, small ones always pass") {
  constexpr std::size_t kHeld = 8u << 20;
  FrontFixture server({}, {}, kHeld);
  server.handler.big = 5u << 20;
  std::vector<std::unique_ptr<TestPeer>> attackers;
  for (int i = 0; i < 12; ++i) {
    attackers.push_back(std::make_unique<TestPeer>(server.reactor, server.port, kSmall));
    attackers.back()->send(get_text("/big"));
    TestPeer good(server.reactor, server.port);
    good.send(get_text("/good"));
    CHECK(good.wait_for("[/good:]"));
    CHECK(server.holdings.held() <= kHeld);
  }
  CHECK(server.holdings.given_up() >= 5);
  // Those that were given up are gone, the last one still gets its answer.
  CHECK(attackers.back()->wait_for_size(5u << 20));
  attackers.clear();
  CHECK(server.gone());
  CHECK(server.holdings.held() == 0);
}

TEST_CASE("held: what the handler keeps of requests that it holds") {
  constexpr std::size_t kHeld = 1u << 20;
  FrontFixture server({}, {}, kHeld);
  std::vector<std::unique_ptr<TestPeer>> peers;
  const auto hold = [&] {
    const std::size_t before = server.handler.listeners.size();
    peers.push_back(std::make_unique<TestPeer>(server.reactor, server.port));
    peers.back()->send(post_text("/hold", "body"));
    REQUIRE(run_until(server.reactor, [&] { return server.handler.listeners.size() > before; }));
  };
  const auto& listeners = server.handler.listeners;
  hold();
  CHECK(listeners[0]->exchange->keep(700'000));
  CHECK(listeners[0]->exchange->keep(600'000));
  CHECK(server.holdings.held() == 600'000);
  // The answer lets go of it.
  server.handler.answer(0);
  CHECK(peers[0]->wait_for("[late]"));
  CHECK(server.holdings.held() == 0);

  // Another one is greater: the first has to go, and is told.
  hold();
  CHECK(listeners[1]->exchange->keep(600'000));
  hold();
  CHECK(listeners[2]->exchange->keep(700'000));
  CHECK(server.holdings.held() == 700'000);
  CHECK(run_until(server.reactor, [&] { return listeners[1]->gone; }));
  CHECK(peers[1]->wait_for_end());
  CHECK(peers[1]->statuses() == "503 ");

  // One alone that is too great.
  hold();
  CHECK_FALSE(listeners[3]->exchange->keep(kHeld + 1));
  CHECK(run_until(server.reactor, [&] { return listeners[3]->gone; }));
  CHECK(peers[3]->wait_for_end());
  CHECK(peers[3]->statuses() == "503 ");
  // A peer that goes away takes it along.
  peers[2].reset();
  CHECK(run_until(server.reactor, [&] { return listeners[2]->gone; }));
  CHECK(server.holdings.held() == 0);
}

TEST_CASE("streams: cut writes, room again, the end, and peers that talk meanwhile") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    TestPeer peer(server.reactor, server.port, kSmall);
    peer.send(get_text("/stream"));
    REQUIRE(run_until(server.reactor, [&] { return server.handler.listeners.size() == 1; }));
    auto& stream = *server.handler.listeners[0];
    REQUIRE(peer.wait_for("begun;"));
    CHECK(peer.received.find("Content-Length") == std::string::npos);
    CHECK(peer.received.find("Transfer-Encoding") == std::string::npos);
    CHECK(peer.received.find("Connection: close\r\n\r\n") != std::string::npos);
    peer.send(get_text("/ignored"));
    // Six megabytes, as fast as they are taken.
    std::string text;
    while (text.size() < (6u << 20)) text += std::to_string(text.size()) + ";";
    std::string_view rest = text;
    int cuts = 0;
    stream.action = [&] {
      const std::size_t taken = stream.exchange->write(rest);
      rest.remove_prefix(taken);
      if (!rest.empty()) ++cuts;
    };
    stream.action();
    CHECK_FALSE(rest.empty());
    const std::size_t head = peer.received.size();
    REQUIRE(peer.wait_for_size(head + text.size()));
    CHECK(peer.received.substr(head) == text);
    CHECK(cuts > 0);
    CHECK(server.handler.log == "GET /stream;");
    stream.exchange->end_stream();
    CHECK(peer.wait_for_end());
    CHECK_FALSE(stream.gone);
    CHECK(stream.exchange != nullptr);
    peer.close();
    CHECK(server.gone());
  }
}

TEST_CASE("too many connections") {
  HttpFrontOptions options;
  options.max_connections = 2;
  FrontFixture server(options);
  auto first = std::make_unique<TestPeer>(server.reactor, server.port);
  TestPeer second(server.reactor, server.port);
  second.send(get_text("/2"));
  REQUIRE(second.wait_for("[/2:]"));
  for (const bool speaks : {false, true}) {
    TestPeer third(server.reactor, server.port);
    if (speaks) third.send(get_text("/3"));
    CHECK(third.wait_for_end());
    CHECK(third.statuses() == "503 ");
  }
  first.reset();
  REQUIRE(run_until(server.reactor, [&] { return server.front->connections() == 1; }));
  TestPeer fourth(server.reactor, server.port);
  fourth.send(get_text("/4"));
  CHECK(fourth.wait_for("[/4:]"));
}

TEST_CASE("WebSockets count as connections, get the bytes behind their request, and end") {
  const std::string handshake =
      get_text("/ws",
               "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  // "hi", masked with zeros.
  const std::string frame("\x81\x82\0\0\0\0hi", 8);
  HttpFrontOptions options;
  options.max_connections = 1;
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller, options);
    TestPeer peer(server.reactor, server.port);
    peer.send(get_text("/before") + handshake + frame + frame);
    REQUIRE(peer.wait_for("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    REQUIRE(run_until(server.reactor, [&] {
      return server.handler.sockets.size() == 1 && server.handler.sockets[0]->messages.size() == 2;
    }));
    CHECK(server.handler.sockets[0]->messages[1] == "hi");
    CHECK(peer.count("[/before:]") == 1);
    CHECK(server.front->connections() == 0);
    TestPeer another(server.reactor, server.port);
    CHECK(another.wait_for_end());
    CHECK(another.statuses() == "503 ");
    // The frame that it writes goes out as it is.
    peer.received.clear();
    CHECK(server.handler.sockets[0]->open->write(std::string_view("\x81\x02yo", 4)));
    CHECK(peer.wait_for(std::string_view("\x81\x02yo", 4)));
    peer.reset();
    CHECK(run_until(server.reactor, [&] {
      return server.handler.sockets[0]->gone && server.websockets.connections() == 0;
    }));
    // Gone before the handshake was looked at.
    for (int i = 0; i < 20; ++i) {
      const std::size_t before = server.handler.sockets.size();
      TestPeer gone(server.reactor, server.port);
      gone.send(handshake);
      if (i % 2 == 0)
        gone.reset();
      else
        gone.close();
      run_until(
          server.reactor, [&] { return server.handler.sockets.size() > before; }, 50ms);
    }
    CHECK(run_until(server.reactor, [&] {
      for (const auto& socket : server.handler.sockets)
        if (!socket->gone) return false;
      return server.websockets.connections() == 0 && server.front->connections() == 0;
    }));
  }
}

TEST_CASE("many handshakes at once") {
  const std::string handshake =
      get_text("/ws",
               "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  FrontFixture server;
  std::vector<std::unique_ptr<TestPeer>> peers;
  for (int i = 0; i < 150; ++i)
    peers.push_back(std::make_unique<TestPeer>(server.reactor, server.port));
  for (auto& peer : peers) peer->send(handshake);
  for (auto& peer : peers) CHECK(peer->wait_for("HTTP/1.1 101"));
  CHECK(server.websockets.connections() == 150);
  server.websockets.drain();
  for (auto& peer : peers) CHECK(peer->wait_for(std::string_view("\x88", 1)));
  peers.clear();
  CHECK(run_until(server.reactor, [&] { return server.websockets.connections() == 0; }));
}

TEST_CASE("an upgrade behind answers that wait for their reader") {
  const std::string handshake =
      get_text("/ws",
               "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    server.handler.big = 6u << 20;
    TestPeer peer(server.reactor, server.port, kSmall);
    peer.send(get_text("/big") + handshake);
    run_for(server.reactor, 10ms);
    CHECK(peer.wait_for("HTTP/1.1 101"));
    CHECK(server.front->connections() == 0);
    CHECK(server.websockets.connections() == 1);
  }
}

TEST_CASE("drain: idle ones at once, the others after their answers, no new ones") {
  for (const PollerKind poller : kPollers) {
    FrontFixture server(poller);
    server.handler.big = 6u << 20;
    TestPeer idle(server.reactor, server.port);
    TestPeer held(server.reactor, server.port);
    TestPeer body(server.reactor, server.port);
    TestPeer slow(server.reactor, server.port, kSmall);
    idle.send(get_text("/idle"));
    REQUIRE(idle.wait_for("[/idle:]"));
    held.send(get_text("/hold"));
    body.send("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbo");
    slow.send(get_text("/big"));
    REQUIRE(run_until(server.reactor, [&] {
      return server.handler.listeners.size() == 1 &&
             server.handler.log.find("/big") != std::string::npos;
    }));
    run_for(server.reactor, 5ms);
    server.front->drain();
    CHECK(idle.wait_for_end());
    body.send("dy");
    CHECK(body.wait_for_end());
    CHECK(body.count("[/body:body]") == 1);
    CHECK(body.count("Connection: close") == 1);
    server.handler.answer(0);
    CHECK(held.wait_for_end());
    CHECK(held.count("[late]") == 1);
    CHECK(held.count("Connection: close") == 1);
    CHECK(slow.wait_for_end());
    CHECK(slow.received.size() > 6u << 20);
    held.close();
    body.close();
    slow.close();
    CHECK(server.gone());
  }
}

TEST_CASE("addresses that cannot be had, and localhost") {
  FrontFixture server;
  ListenAddress taken;
  taken.port = server.port;
  HttpFront second(server.reactor, *server.poller, server.deadlines, server.holdings,
                   server.websockets, server.handler, {});
  const auto refused = second.listen(taken);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().text().find("cannot listen on 127.0.0.1:") == 0);
  ListenAddress unknown;
  unknown.host = "no-such-host.invalid";
  CHECK_FALSE(second.listen(unknown).ok());
  ListenAddress everywhere;
  everywhere.host = "*";
  const auto port = second.listen(everywhere);
  REQUIRE(port.ok());
  TestPeer peer(server.reactor, *port);
  peer.send(get_text("/all"));
  CHECK(peer.wait_for("[/all:]"));
  second.drain();
}

TEST_CASE("out of descriptors: it waits, and all its addresses come back") {
  FrontFixture server;
  ListenAddress localhost;
  localhost.host = "localhost";
  const auto port = server.front->listen(localhost);
  REQUIRE(port.ok());
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  TestPeer first(server.reactor, server.port);
  TestPeer second(server.reactor, *port);
  // UBSan looks at the type of what it has not met yet by means of a pipe, for which there will be
  // none.
  REQUIRE_FALSE(std::generic_category().message(EMFILE).empty());
  rlimit none = limit;
  none.rlim_cur = 3;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  first.send(get_text("/first"));
  second.send(get_text("/second"));
  run_for(server.reactor, 250ms);
  CHECK(server.handler.log.empty());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(first.wait_for("[/first:]"));
  CHECK(second.wait_for("[/second:]"));
}

}  // namespace
}  // namespace rt
