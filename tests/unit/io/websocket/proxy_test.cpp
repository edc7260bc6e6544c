#include <doctest/doctest.h>

#include <string>

#include "io/websocket/client.hpp"
#include "unit/io/proxy_environment.hpp"
#include "unit/io/websocket/peer.hpp"

namespace rt {
namespace {

using namespace test;

TEST_CASE("a WebSocket through a proxy") {
  Reactor reactor;
  std::string connect;
  std::string request;
  std::string tunnel = "HTTP/1.1 200 OK\r\n\r\n";
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    connect = co_await peer.request();
    co_await peer.send(tunnel);
    if (!tunnel.starts_with("HTTP")) co_return;
    request = co_await take_handshake(peer);
    co_await peer.send(close_frame(1000));
    co_await peer.until_closed();
  });
  const std::string at = server.url().substr(7, server.url().size() - 8);
  WsClientOptions options;
  const auto run = [&](std::string url) {
    std::string out = "connected";
    options.endpoint = *parse_endpoint(url, Transport::ws);
    WsClient client(reactor, options);
    CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
      const auto connected = co_await client.connect();
      if (!connected) out = connected.error().text();
    }));
    return out;
  };
  {
    const ProxyEnvironment environment({{"http_proxy", "http://me:p%40w@" + at}});
    CHECK(run("ws://nowhere.invalid:81/x") == "connected");
    CHECK(contains(connect, "CONNECT nowhere.invalid:81 HTTP/1.1\r\n"));
    CHECK(contains(connect, "bWU6cEB3"));
    CHECK(contains(request, "GET /x HTTP/1.1\r\n"));
    CHECK(header_of(request, "Host") == "nowhere.invalid:81");
    CHECK(!contains(request, "bWU6cEB3"));
    CHECK(run("ws://[2001:db8::1]:81/") == "connected");
    CHECK(contains(connect, "CONNECT [2001:db8::1]:81 HTTP/1.1\r\n"));
    tunnel = "HTTP/1.1 403 Forbidden\r\n\r\n";
    CHECK(run("ws://nowhere.invalid:81/x") == "the proxy did not open a tunnel: HTTP 403");
    tunnel = "HTTP/1.1 407 No\r\n\r\n";
    CHECK(run("ws://nowhere.invalid:81/x") ==
          "the proxy did not open a tunnel: HTTP 407 (the proxy wants credentials: "
          "http://USER:PASSWORD@HOST:PORT)");
    CHECK(contains(connect, "Proxy-Authorization: Basic bWU6cEB3\r\n"));
    tunnel = "HTTP/1.1 404 Not Found\r\n\r\n";
    CHECK(run("ws://nowhere.invalid:81/x") ==
          "the proxy did not open a tunnel: HTTP 404 (is it a proxy?)");
    tunnel = "SSH-2.0-OpenSSH_9.2\r\n";
    CHECK(run("ws://nowhere.invalid:81/x") == "the proxy closed the connection (is it a proxy?)");
    tunnel = "HTTP/1.1 200 OK\r\n\r\n";
    // Longer than lines of a head used to be.
    const std::string secret(2000, 's');
    const ProxyEnvironment longer({{"http_proxy", "http://me:" + secret + "@" + at}});
    CHECK(run("ws://nowhere.invalid:81/x") == "connected");
    CHECK(contains(connect, "Basic " + base64_encode("me:" + secret) + "\r\n"));
  }
  {
    connect.clear();
    const ProxyEnvironment environment(
        {{"http_proxy", "http://127.0.0.1:1"}, {"no_proxy", "127.0.0.1"}});
    CHECK(run("ws://" + at + "/direct") != "connected");
    CHECK(contains(connect, "GET /direct HTTP/1.1"));
  }
}

}  // namespace
}  // namespace rt
