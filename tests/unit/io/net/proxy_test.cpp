#include "io/net/proxy.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "unit/io/proxy_environment.hpp"

namespace rt {
namespace {

// The URL, "-" for none, or "error".
std::string proxy_of(const std::string& url) {
  const auto proxy = proxy_for(*parse_endpoint(url, Transport::ws), {});
  if (!proxy) return "error";
  return proxy->empty() ? "-" : *proxy;
}

TEST_CASE("the environment's proxy") {
  struct Row {
    std::map<std::string, std::string> set;
    std::string url, proxy;
  };
  for (const Row& row : std::vector<Row>{
           {{}, "ws://h/", "-"},
           {{{"http_proxy", "http://p:8080"}}, "ws://h/", "http://p:8080"},
           {{{"http_proxy", "http://p:8080"}}, "wss://h/", "-"},
           {{{"HTTP_PROXY", "http://p:8080"}}, "ws://h/", "-"},
           {{{"https_proxy", "p:8080"}}, "wss://h/", "p:8080"},
           {{{"HTTPS_PROXY", "p:8080/"}}, "wss://h/", "p:8080/"},
           {{{"ws_proxy", "a:1"}, {"http_proxy", "b:2"}}, "ws://h/", "a:1"},
           {{{"ALL_PROXY", "p"}}, "wss://h/", "p"},
           {{{"all_proxy", "http://u:p%40w@[::1]:3128"}}, "ws://h/", "http://u:p%40w@[::1]:3128"},
           {{{"all_proxy", "socks5h://p:1"}}, "ws://h/", "socks5h://p:1"},
           {{{"wss_proxy", "https://p"}}, "wss://h/", "https://p"},
           {{{"all_proxy", "gopher://p:1"}}, "ws://h/", "error"},
           {{{"all_proxy", "http://%zz@p:1"}}, "ws://h/", "error"},
           {{{"all_proxy", "http://p:99999"}}, "ws://h/", "error"},
           {{{"all_proxy", "p:1"}, {"no_proxy", "*"}}, "ws://h/", "-"},
           {{{"all_proxy", "p:1"}, {"no_proxy", "a, b.c"}}, "ws://b.c/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "b.c"}}, "ws://a.b.c/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", ".B.c"}}, "ws://b.c/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "b.c"}}, "ws://ab.c/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "0.0.1"}}, "ws://127.0.0.1/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "127.0.0.1"}}, "ws://127.0.0.1/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "[::1]"}}, "ws://[::1]/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "::1"}}, "ws://[::1]:9/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "10.0.0.0/8"}}, "ws://10.1.2.3/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "10.0.0.0/8"}}, "ws://11.1.2.3/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "10.64.0.0/10"}}, "ws://10.127.2.3/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "10.64.0.0/10"}}, "ws://10.128.2.3/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "0.0.0.0/0"}}, "ws://10.128.2.3/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "10.0.0.0/33"}}, "ws://10.0.0.0/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "10.0.0.0/8"}}, "ws://ten.example/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "2001:db8::/32"}}, "ws://[2001:db8:1::1]/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "[2001:db8::]/32"}}, "ws://[2001:db8:1::1]/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "2001:db8::/32"}}, "ws://[2001:db9::1]/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "h:81"}}, "ws://h:81/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "h:81"}}, "ws://h:82/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "h:80"}}, "ws://a.h/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "[::1]:81"}}, "ws://[::1]:81/", "-"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "[::1]:81"}}, "ws://[::1]:82/", "p:1"},
           {{{"all_proxy", "p:1"}, {"NO_PROXY", "["}}, "ws://h/", "p:1"},
       }) {
    CAPTURE(row.url);
    const test::ProxyEnvironment environment(row.set);
    CHECK(proxy_of(row.url) == row.proxy);
  }
}

TEST_CASE("a proxy that the options name") {
  const test::ProxyEnvironment environment(
      {{"all_proxy", "gopher://p:1"}, {"no_proxy", "near, 10.0.0.0/8"}});
  const struct {
    const char *option, *url, *proxy;
  } rows[] = {
      {"socks5://q", "ws://h/", "socks5://q"},
      {"socks5://q", "mqtts://h/", "socks5://q"},
      {"socks5://q", "ws://near/", ""},
      {"socks5://q", "ws://10.1.2.3/", ""},
      {"", "ws://h/", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.url);
    NetworkOptions network;
    network.proxy = row.option;
    const auto proxy = proxy_for(*parse_any_endpoint(row.url, Transport::ws), network);
    REQUIRE(proxy.ok());
    CHECK(*proxy == row.proxy);
  }
  NetworkOptions local;
  local.unix_socket = "/s";
  CHECK(proxy_for(*parse_endpoint("ws://h/", Transport::ws), local)->empty());
}

}  // namespace
}  // namespace rt
