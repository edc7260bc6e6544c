// What a client keeps of one answer for the next request.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/websocket/client.hpp"
#include "unit/io/websocket/peer.hpp"

namespace rt {
namespace {

using namespace test;

WsClientOptions to(const std::string& url) {
  WsClientOptions options;
  options.endpoint = *parse_endpoint(url, Transport::ws);
  return options;
}

Result<void> connect(Reactor& reactor, WsClient& client) {
  Result<void> out;
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> { out = co_await client.connect(); }));
  return out;
}

TEST_CASE("Retry-After of a refusal is kept until the next attempt") {
  Reactor reactor;
  std::string reply;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    const std::string request = co_await peer.request();
    const std::string now = reply.empty() ? switching(request) : reply;
    co_await peer.send(now);
    co_await peer.until_closed();
  });
  WsClient client(reactor, to(server.url()));
  CHECK(!client.retry_after());
  reply = answer("429 Too Many Requests", "Retry-After: 4\r\n", "");
  CHECK(!connect(reactor, client));
  CHECK(client.retry_after() == 4s);
  reply = answer("503 Service Unavailable", "Retry-After: soon\r\n", "");
  CHECK(!connect(reactor, client));
  CHECK(!client.retry_after());
  reply = answer("503 Service Unavailable", "Retry-After: 120\r\n", "");
  CHECK(!connect(reactor, client));
  CHECK(client.retry_after() == 120s);
  reply.clear();
  CHECK(connect(reactor, client));
  CHECK(!client.retry_after());
}

TEST_CASE("cookies go back to who has set them") {
  Reactor reactor;
  std::vector<std::string> requests;
  const auto script = [&](Peer& peer, int number) -> asio::awaitable<void> {
    const std::string request = co_await peer.request();
    requests.push_back(request);
    if (contains(request, "GET /elsewhere")) {
      co_await peer.send(answer(
          "307 Temporary Redirect",
          "Set-Cookie: where=here\r\nLocation: " + header_of(request, "X-Target") + "\r\n", ""));
    } else {
      const std::string set = "Set-Cookie: n=" + std::to_string(number) +
                              "; Path=/\r\nset-cookie: only=tls; Secure\r\n";
      co_await peer.send(switching(request, set) + close_frame(1000));
    }
    co_await peer.until_closed();
  };
  ScriptedServer server(reactor, script);
  WsClientOptions options = to(server.url("/feed"));
  SUBCASE("none of the user's") {
    WsClient client(reactor, options);
    for (int i = 0; i < 3; ++i) CHECK(connect(reactor, client));
    REQUIRE(requests.size() == 3);
    CHECK(!contains(requests[0], "Cookie"));
    CHECK(header_of(requests[1], "Cookie") == "n=0");
    CHECK(header_of(requests[2], "Cookie") == "n=1");
    // Of this run: another client knows nothing.
    WsClient other(reactor, options);
    CHECK(connect(reactor, other));
    CHECK(!contains(requests[3], "Cookie"));
  }
  SUBCASE("beside the user's") {
    options.headers = {{"cookie", "own=1"}};
    WsClient client(reactor, options);
    for (int i = 0; i < 2; ++i) CHECK(connect(reactor, client));
    CHECK(header_of(requests[0], "Cookie") == "own=1");
    CHECK(header_of(requests[1], "Cookie") == "own=1; n=0");
  }
  SUBCASE("the user wants none") {
    options.headers = {{"Cookie", ""}};
    WsClient client(reactor, options);
    for (int i = 0; i < 2; ++i) CHECK(connect(reactor, client));
    CHECK(!contains(requests[1], "Cookie"));
  }
  SUBCASE("of a redirect, to its own host alone") {
    options.endpoint = *parse_endpoint(server.url("/elsewhere"), Transport::ws);
    options.headers = {{"Cookie", "own=1"}, {"X-Target", server.url_at("localhost", "/feed")}};
    WsClient client(reactor, options);
    for (int i = 0; i < 2; ++i) CHECK(connect(reactor, client));
    REQUIRE(requests.size() == 4);
    CHECK(header_of(requests[0], "Cookie") == "own=1");
    CHECK(!contains(requests[1], "Cookie"));
    CHECK(header_of(requests[2], "Cookie") == "own=1; where=here");
    CHECK(header_of(requests[3], "Cookie") == "n=1");
  }
}

}  // namespace
}  // namespace rt
