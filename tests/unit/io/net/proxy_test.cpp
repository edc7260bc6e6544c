#include "io/net/proxy.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

#include "io/websocket/client.hpp"
#include "unit/io/websocket/peer.hpp"

namespace rt {
namespace {

using namespace test;

// Sets the variables that name proxies, and these only, for as long as it lives.
class Environment {
 public:
  explicit Environment(const std::map<std::string, std::string>& set) {
    for (const char* const name :
         {"ws_proxy", "WS_PROXY", "wss_proxy", "WSS_PROXY", "http_proxy", "HTTP_PROXY",
          "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
      if (const char* const value = std::getenv(name)) before_[name] = value;
      unsetenv(name);
    }
    for (const auto& [name, value] : set) setenv(name.c_str(), value.c_str(), 1);
    for (const auto& [name, value] : set) after_.push_back(name);
  }
  ~Environment() {
    for (const std::string& name : after_) unsetenv(name.c_str());
    for (const auto& [name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
  }

 private:
  std::map<std::string, std::string> before_;
  std::vector<std::string> after_;
};

// "host:port", with "credentials@" before it, "-" for none, or "error".
std::string proxy_of(const std::string& url) {
  const auto proxy = proxy_for(*parse_endpoint(url, Transport::ws));
  if (!proxy) return "error";
  if (!*proxy) return "-";
  const Proxy& one = **proxy;
  return (one.credentials.empty() ? "" : one.credentials + "@") + one.host + ":" +
         std::to_string(one.port);
}

TEST_CASE("the environment's proxy") {
  struct Row {
    std::map<std::string, std::string> set;
    std::string url, proxy;
  };
  for (const Row& row : std::vector<Row>{
           {{}, "ws://h/", "-"},
           {{{"http_proxy", "http://p:8080"}}, "ws://h/", "p:8080"},
           {{{"http_proxy", "http://p:8080"}}, "wss://h/", "-"},
           {{{"HTTP_PROXY", "http://p:8080"}}, "ws://h/", "-"},
           {{{"https_proxy", "p:8080"}}, "wss://h/", "p:8080"},
           {{{"HTTPS_PROXY", "p:8080/"}}, "wss://h/", "p:8080"},
           {{{"ws_proxy", "a:1"}, {"http_proxy", "b:2"}}, "ws://h/", "a:1"},
           {{{"ALL_PROXY", "p"}}, "wss://h/", "p:1080"},
           {{{"all_proxy", "http://u:p%40w@[::1]:3128"}}, "ws://h/", "u:p@w@::1:3128"},
           {{{"all_proxy", "socks5://p:1"}}, "ws://h/", "error"},
           {{{"all_proxy", "http://p:99999"}}, "ws://h/", "error"},
           {{{"all_proxy", "p:1"}, {"no_proxy", "*"}}, "ws://h/", "-"},
           {{{"all_proxy", "p:1"}, {"no_proxy", "a, b.c"}}, "ws://b.c/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "b.c"}}, "ws://a.b.c/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", ".B.c"}}, "ws://b.c/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "b.c"}}, "ws://ab.c/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "0.0.1"}}, "ws://127.0.0.1/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "127.0.0.1"}}, "ws://127.0.0.1/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "[::1]"}}, "ws://[::1]/", "-"},
       }) {
    CAPTURE(row.url);
    const Environment environment(row.set);
    CHECK(proxy_of(row.url) == row.proxy);
  }
}

TEST_CASE("a WebSocket through a proxy") {
  Reactor reactor;
  std::string connect;
  std::string request;
  std::string tunnel = "HTTP/1.1 200 OK\r\n\r\n";
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    connect = co_await peer.request();
    co_await peer.send(tunnel);
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
    const Environment environment({{"http_proxy", "http://me:p%40w@" + at}});
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
          "the proxy did not open a tunnel: HTTP 407 (credentials stand in http_proxy: "
          "http://USER:PASSWORD@HOST:PORT)");
    CHECK(contains(connect, "Proxy-Authorization: Basic bWU6cEB3\r\n"));
    tunnel = "HTTP/1.1 404 Not Found\r\n\r\n";
    CHECK(run("ws://nowhere.invalid:81/x") ==
          "the proxy did not open a tunnel: HTTP 404 (is it a proxy?)");
    tunnel = "SSH-2.0-OpenSSH_9.2\r\n";
    CHECK(run("ws://nowhere.invalid:81/x") == "the proxy's answer is not HTTP");
  }
  {
    connect.clear();
    const Environment environment(
        {{"http_proxy", "http://127.0.0.1:1"}, {"no_proxy", "127.0.0.1"}});
    CHECK(run("ws://" + at + "/direct") != "connected");
    CHECK(contains(connect, "GET /direct HTTP/1.1"));
  }
}

}  // namespace
}  // namespace rt
