#include "io/net/proxy.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "unit/io/proxy_environment.hpp"

namespace rt {
namespace {

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
    const test::ProxyEnvironment environment(row.set);
    CHECK(proxy_of(row.url) == row.proxy);
  }
}

}  // namespace
}  // namespace rt
