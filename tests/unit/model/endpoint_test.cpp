#include "model/endpoint.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;
using enum Transport;

TEST_CASE("endpoint: what a URL means in each program") {
  struct Row {
    const char* url;
    Transport preferred;
    Transport transport;
    bool tls;
    const char* host;
    int port;
    const char* target;
  };
  const Row rows[] = {
      {"http://h/x", poll, poll, false, "h", 80, "/x"},
      {"http://h/x", sse, sse, false, "h", 80, "/x"},
      {"http://h/x", ws, ws, false, "h", 80, "/x"},
      {"https://h/x", ws, ws, true, "h", 443, "/x"},
      {"ws://h/x", ws, ws, false, "h", 80, "/x"},
      {"wss://h/x", ws, ws, true, "h", 443, "/x"},
      {"ws://h/x", sse, sse, false, "h", 80, "/x"},
      {"wss://h/x", poll, poll, true, "h", 443, "/x"},
      {"poll+http://h", poll, poll, false, "h", 80, "/"},
      {"sse+https://h", sse, sse, true, "h", 443, "/"},
      {"ws+http://h", ws, ws, false, "h", 80, "/"},
      {"ws+wss://h", ws, ws, true, "h", 443, "/"},
      {"mqtt://h/t", mqtt, mqtt, false, "h", 1883, "/t"},
      {"mqtts://h", mqtt, mqtt, true, "h", 8883, "/"},
      {"HTTPS://EXAMPLE.org/X", sse, sse, true, "example.org", 443, "/X"},
      {"host:8080/x", ws, ws, false, "host", 8080, "/x"},
      {":8080/x", ws, ws, false, "127.0.0.1", 8080, "/x"},
      {"8080/x", sse, sse, false, "127.0.0.1", 8080, "/x"},
      {"8080", poll, poll, false, "127.0.0.1", 8080, "/"},
      {"1883/t", mqtt, mqtt, false, "127.0.0.1", 1883, "/t"},
      {"host/x", ws, ws, false, "host", 80, "/x"},
      {"host/x", mqtt, mqtt, false, "host", 1883, "/x"},
      {"host", poll, poll, false, "host", 80, "/"},
      {"http:8080/x", ws, ws, false, "http", 8080, "/x"},
      {"host/x?to=http://other/y", ws, ws, false, "host", 80, "/x?to=http://other/y"},
      {"host?x=1", ws, ws, false, "host", 80, "/?x=1"},
      {"ws://h?x=1", ws, ws, false, "h", 80, "/?x=1"},
      {"ws://h:/x", ws, ws, false, "h", 80, "/x"},
      {"ws://h:1/", ws, ws, false, "h", 1, "/"},
      {"ws://h:65535/", ws, ws, false, "h", 65535, "/"},
      {"ws://h:0080/", ws, ws, false, "h", 80, "/"},
      {"ws://1.2.3.4:9/", ws, ws, false, "1.2.3.4", 9, "/"},
      {"ws://[::1]:9/x", ws, ws, false, "::1", 9, "/x"},
      {"[2001:DB8::1]/x", ws, ws, false, "2001:db8::1", 80, "/x"},
      {"ws://[fe80::1%25eth0]/", ws, ws, false, "fe80::1%eth0", 80, "/"},
      {"ws://[fe80::1%eth0]/", ws, ws, false, "fe80::1%eth0", 80, "/"},
      {"ws://a_b-c.d./", ws, ws, false, "a_b-c.d.", 80, "/"},
      {"ws://h//a/../b/./%2e?q=%20?/", ws, ws, false, "h", 80, "//a/../b/./%2e?q=%20?/"},
      {"ws://h/\xC3\xA4\"<>^`{|}", ws, ws, false, "h", 80, "/%C3%A4%22%3C%3E%5E%60%7B%7C%7D"},
      {"ws://h/a@b:c", ws, ws, false, "h", 80, "/a@b:c"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    CAPTURE(static_cast<int>(row.preferred));
    const auto got = parse_endpoint(row.url, row.preferred);
    REQUIRE_MESSAGE(got.ok(), got.error().text());
    CHECK(got->transport == row.transport);
    CHECK(got->tls == row.tls);
    CHECK(got->host == row.host);
    CHECK(got->port == row.port);
    CHECK(got->target == row.target);
    CHECK(got->path() + (got->query().empty() ? "" : "?" + got->query()) == row.target);
    CHECK_FALSE(got->has_password);
    CHECK(got->user.empty());
  }
}

TEST_CASE("endpoint: user and password") {
  struct Row {
    const char* url;
    const char* user;
    bool has_password;
    const char* password;
    const char* host;
  };
  const Row rows[] = {
      {"ws://u@h/", "u", false, "", "h"},
      {"ws://u:@h/", "u", true, "", "h"},
      {"ws://u:p@h:1/", "u", true, "p", "h"},
      {"ws://:p@h/", "", true, "p", "h"},
      {"ws://@h/", "", false, "", "h"},
      {"ws://u%40x:p%3A%2F%25@h/", "u@x", true, "p:/%", "h"},
      {"ws://u:p:q@h/", "u", true, "p:q", "h"},
      {"ws://u:p@ss@h/", "u", true, "p@ss", "h"},
      {"ws://u:p@[::1]:8/", "u", true, "p", "::1"},
      {"u:p@h:8/", "u", true, "p", "h"},
      {"u:p@:8/", "u", true, "p", "127.0.0.1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const auto got = parse_endpoint(row.url, ws);
    REQUIRE_MESSAGE(got.ok(), got.error().text());
    CHECK(got->user == row.user);
    CHECK(got->has_password == row.has_password);
    CHECK(got->password == row.password);
    CHECK(got->host == row.host);
    CHECK(got->display().find('@') == std::string::npos);
    CHECK(got->http_url().find('@') == std::string::npos);
  }
}

TEST_CASE("endpoint: how it is written") {
  struct Row {
    const char* url;
    Transport preferred;
    const char* authority;
    const char* display;
    const char* http_url;
  };
  const Row rows[] = {
      {"wss://h/x", ws, "h", "wss://h/x", "https://h/x"},
      {"http://h:443/x", ws, "h:443", "ws://h:443/x", "http://h:443/x"},
      {"wss://h:443/x", sse, "h", "https://h/x", "https://h/x"},
      {"poll+ws://h:8/?a=b", poll, "h:8", "http://h:8/?a=b", "http://h:8/?a=b"},
      {"mqtts://u:p@h:8883/t", mqtt, "h", "mqtts://h/t", "https://h/t"},
      {"mqtt://h:80", mqtt, "h:80", "mqtt://h:80/", "http://h:80/"},
      {"ws://[::1]:9/x", ws, "[::1]:9", "ws://[::1]:9/x", "http://[::1]:9/x"},
      {"ws://[::1]/x", ws, "[::1]", "ws://[::1]/x", "http://[::1]/x"},
      {"ws://[fe80::1%25eth0]:9/", ws, "[fe80::1]:9", "ws://[fe80::1%25eth0]:9/",
       "http://[fe80::1%25eth0]:9/"},
      {"ws://h/?token=abc", ws, "h", "ws://h/?token=***", "http://h/?token=abc"},
      {"ws://h/?a=1&token=abc&b=2", ws, "h", "ws://h/?a=1&token=***&b=2",
       "http://h/?a=1&token=abc&b=2"},
      {"ws://h/?Access_Token=a&KEY=b&password=c&client_secret=d&api-key=e", ws, "h",
       "ws://h/?Access_Token=***&KEY=***&password=***&client_secret=***&api-key=***",
       "http://h/?Access_Token=a&KEY=b&password=c&client_secret=d&api-key=e"},
      {"ws://h/?code=abc&postcode=1", ws, "h", "ws://h/?code=***&postcode=1",
       "http://h/?code=abc&postcode=1"},
      {"ws://h/?%74oken=abc", ws, "h", "ws://h/?%74oken=***", "http://h/?%74oken=abc"},
      {"ws://h/?a=1;token=abc;d", ws, "h", "ws://h/?a=1;token=***", "http://h/?a=1;token=abc;d"},
      {"ws://h/?token=a=b?c", ws, "h", "ws://h/?token=***", "http://h/?token=a=b?c"},
      {"ws://h/?token", ws, "h", "ws://h/?token", "http://h/?token"},
      {"ws://h/?&&a&", ws, "h", "ws://h/?&&a&", "http://h/?&&a&"},
      {"ws://h/?", ws, "h", "ws://h/?", "http://h/?"},
      {"ws://h/token=abc?tokens=1", ws, "h", "ws://h/token=abc?tokens=1",
       "http://h/token=abc?tokens=1"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const auto got = parse_endpoint(row.url, row.preferred);
    REQUIRE_MESSAGE(got.ok(), got.error().text());
    CHECK(got->authority() == row.authority);
    CHECK(got->display() == row.display);
    CHECK(got->http_url() == row.http_url);
  }
}

TEST_CASE("endpoint: errors say what is wrong and what to do") {
  struct Row {
    std::string url;
    Transport preferred;
    std::string text;
  };
  const std::string bad_name = "\" has a character that no host name has";
  const std::string userinfo =
      "the URL's host is not valid: in a user or password write / as %2F and ? as %3F";
  const Row rows[] = {
      {"", ws, "the URL is empty"},
      {"htp://h/", sse, "unknown scheme \"htp\": did you mean http?"},
      {"wsss://h/", ws, "unknown scheme \"wsss\": did you mean wss?"},
      {"sse+htps://h/", sse, "unknown scheme \"sse+htps\": did you mean sse+https?"},
      {"gopher://h/", ws, "unknown scheme \"gopher\": use http, https, ws, wss, mqtt or mqtts"},
      {"http:/h/x", sse, "http: must be followed by two slashes: http://HOST"},
      {"wss//h/x", ws, "a colon is missing: write wss://HOST"},
      {"htps:/h/x", sse, "unknown scheme \"htps\": did you mean https://?"},
      {"wsss:/h", ws, "unknown scheme \"wsss\": did you mean wss://?"},
      {"wss:h", ws, "wss: must be followed by two slashes: wss://HOST"},
      {"mqtt://h/", ws, "rtws does not speak mqtt: use rtmqtt"},
      {"mqtts://h/", poll, "rtpoll does not speak mqtts: use rtmqtt"},
      {"sse+http://h/", ws, "rtws does not speak sse+http: use rtsse"},
      {"poll+https://h/", sse, "rtsse does not speak poll+https: use rtpoll"},
      {"WS+http://h/", mqtt, "rtmqtt does not speak ws+http: use rtws"},
      {"http://h/", mqtt, "rtmqtt does not speak http: use rtpoll, rtsse or rtws"},
      {"wss://h/", mqtt,
       "rtmqtt does not speak wss: use mqtt+wss for MQTT over WebSocket, or rtws"},
      {"ws://h:99999/", ws, "port 99999 is out of range (1 to 65535)"},
      {"ws://h:65536/", ws, "port 65536 is out of range (1 to 65535)"},
      {"ws://h:0/", ws, "port 0 is out of range (1 to 65535)"},
      {"0/x", ws, "port 0 is out of range (1 to 65535)"},
      {"h:99999999999999999999999", ws,
       "port 99999999999999999999... is out of range (1 to 65535)"},
      {"ws://h:x/", ws, "port \"x\" is not a number"},
      {"ws://h:+8/", ws, "port \"+8\" is not a number"},
      {"h:8x", ws, "port \"8x\" is not a number"},
      {"h:/x", ws, "no port after \"h:\""},
      {"ws:///x", ws, "the URL has no host"},
      {"ws://", ws, "the URL has no host"},
      {"ws://:80/", ws, "the URL has no host"},
      {"/x", ws, "the URL has no host"},
      {"?x", ws, "the URL has no host"},
      {":", ws, "the URL has no host"},
      {"ws://*:80/", ws, "\"*\" is no host to connect to"},
      {"ws://h!/", ws, "host \"h!" + bad_name},
      {"ws://h%41/", ws, "host \"h%41" + bad_name},
      {"ws://\xC3\xA4.example/", ws,
       "host \"\xC3\xA4.example\" is not ASCII: write it in its xn-- form"},
      {"ws://a..b/", ws, "host \"a..b\" has an empty part before a dot"},
      {"ws://.a/", ws, "host \".a\" has an empty part before a dot"},
      {"ws://::1/", ws,
       "\"::1\" has several colons: write an IPv6 address in brackets, such as [::1]:8080"},
      {"ws://[::1/", ws, "\"[::1\" has no ] after the IPv6 address"},
      {"ws://[::g]/", ws, "\"::g\" is not an IPv6 address"},
      {"ws://[]/", ws, "\"\" is not an IPv6 address"},
      {"ws://[1.2.3.4]/", ws, "\"1.2.3.4\" is not an IPv6 address"},
      {"ws://[::1]x/", ws, "\"x\" follows the ] of an IPv6 address"},
      {"ws://[fe80::1%25!]/", ws, "\"!\" is not the name of an interface"},
      {"ws://h/#top", ws,
       "a # at character 8 of the URL begins a fragment, which is never sent: write it as %23"},
      {"ws://h/a b", ws, "a space at character 9 of the URL: write it as %20"},
      {" ws://h/", ws, "a space at character 1 of the URL: write it as %20"},
      {"ws://h/\n", ws, "a control character at character 8 of the URL"},
      {"ws://h/\x7F", ws, "a control character at character 8 of the URL"},
      {std::string("ws://h/\0", 8), ws, "a control character at character 8 of the URL"},
      {"ws://h\\x", ws, "a backslash at character 7 of the URL: write / or %5C"},
      {"ws://h/%", ws,
       "a % at character 8 of the URL without two hex digits after it: write %25 for a % itself"},
      {"ws://h/?a=%4", ws,
       "a % at character 11 of the URL without two hex digits after it: write %25 for a % itself"},
      {"ws://u:%zz@h/", ws,
       "a % at character 8 of the URL without two hex digits after it: write %25 for a % itself"},
      // What looks like a host here is the first part of a password.
      {"ws://user:hunter2/x@h/", ws, userinfo},
      {"ws://user:hun:ter/x@h/", ws, userinfo},
      {"ws://user:p@hunter2!?x@h/", ws, userinfo},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const auto got = parse_endpoint(row.url, row.preferred);
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().fault() == Fault::usage);
    CHECK(got.error().text() == row.text);
  }
}

TEST_CASE("endpoint: no error tells a password, wherever the URL is broken") {
  const std::string secret = "hunter2";
  const std::string rows[] = {
      "htp://u:hunter2@h/",    "ws://u:hunter2@h:99999/",
      "ws://u:hunter2@h!/",    "ws://u:hunter2@[::g]/",
      "ws://u:hunter2@/",      "ws://u:hunter2#@h/",
      "ws://u:hunter2 @h/",    "ws://u:hunter2%@h/",
      "ws://u:hunter2/@h/",    "ws://u:hunter2?@h/",
      "ws://u:hunter2\\@h/",   "ws://u:hunter2\n@h/",
      "ws://u:hunter2@h:x/",   "ws://u:hunter2@h:1:2/",
      "mqtt://u:hunter2@h/",   "ws://[hunter2/@h/",
      "ws://u:x@hunter2!/@h/", "sse+http://u:hunter2@h/",
      "u:hunter2@h:/x",        "u:hunter2/@h",
      "ws://*:hunter2/@",
  };
  for (const std::string& url : rows) {
    CAPTURE(url);
    const auto got = parse_endpoint(url, ws);
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().text().find(secret) == std::string::npos);
    const auto listen = parse_listen_address(url);
    REQUIRE_FALSE(listen.ok());
    if (url.find('@') < url.find_first_of("/?", url.find("://") + 3))
      CHECK(listen.error().text().find(secret) == std::string::npos);
  }
}

TEST_CASE("endpoint: cut anywhere it is a URL or an error, and what is accepted is clean") {
  const std::string urls[] = {
      "sse+https://user:pa%20ss@[2001:db8::1%25eth0]:8443/a/b%2Fc?token=x&y=z%26",
      "mqtt://user@host.example:1883/sensors/temp",
      "127.0.0.1:8080/x?y",
  };
  for (const std::string& url : urls) {
    for (std::size_t n = 0; n <= url.size(); ++n) {
      for (const Transport preferred : {poll, sse, ws, mqtt}) {
        const auto got = parse_endpoint(url.substr(0, n), preferred);
        if (!got) {
          CHECK_FALSE(got.error().text().empty());
          continue;
        }
        CHECK_FALSE(got->host.empty());
        CHECK(got->port != 0);
        CHECK(got->target[0] == '/');
        CHECK(got->target.find_first_of(" #\r\n") == std::string::npos);
      }
    }
  }
}

TEST_CASE("endpoint: in a program that speaks all transports the scheme decides") {
  struct Row {
    const char* url;
    Transport transport;
    bool tls;
  };
  const Row rows[] = {
      {"ws://h/", ws, false},      {"wss://h/", ws, true},        {"mqtt://h/", mqtt, false},
      {"mqtts://h/", mqtt, true},  {"sse+http://h/", sse, false}, {"poll+wss://h/", poll, true},
      {"ws+https://h/", ws, true}, {"http://h/", sse, false},     {"https://h/", sse, true},
      {"h:80/x", sse, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const auto got = parse_any_endpoint(row.url, sse);
    REQUIRE(got);
    CHECK(got->transport == row.transport);
    CHECK(got->tls == row.tls);
  }
  CHECK(parse_any_endpoint("http://h/", poll)->transport == poll);
  CHECK_FALSE(parse_any_endpoint("gopher://h/", poll));
}

TEST_CASE("listen address: where to listen") {
  struct Row {
    const char* text;
    const char* host;
    int port;
    const char* channel;
    bool loopback;
    bool tls;
  };
  const Row rows[] = {
      {"8080", "127.0.0.1", 8080, "", true, false},
      {"0", "127.0.0.1", 0, "", true, false},
      {":8080", "127.0.0.1", 8080, "", true, false},
      {"8080/x", "127.0.0.1", 8080, "/x", true, false},
      {"127.0.0.1:8080/x", "127.0.0.1", 8080, "/x", true, false},
      {"*:8080", "*", 8080, "", false, false},
      {"0.0.0.0:8080", "0.0.0.0", 8080, "", false, false},
      {"[::1]:8080/a/b", "::1", 8080, "/a/b", true, false},
      {"[::]:8080", "::", 8080, "", false, false},
      {"[fe80::1%eth0]:8080", "fe80::1%eth0", 8080, "", false, false},
      {"localhost:0", "localhost", 0, "", true, false},
      {"LocalHost:65535/", "localhost", 65535, "/", true, false},
      {"host.example:1", "host.example", 1, "", false, false},
      {"8080/a%62 c/\xC3\xA4", "127.0.0.1", 8080, "/ab%20c/%C3%A4", true, false},
      {"http://127.0.0.1:8080/x", "127.0.0.1", 8080, "/x", true, false},
      {"ws://*:8080", "*", 8080, "", false, false},
      {"wss://0.0.0.0:0/", "0.0.0.0", 0, "/", false, true},
      {"https://h", "h", 443, "", false, true},
      {"mqtt://localhost", "localhost", 1883, "", true, false},
      {"mqtts://:0", "127.0.0.1", 0, "", true, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto got = parse_listen_address(row.text);
    REQUIRE_MESSAGE(got.ok(), got.error().text());
    CHECK(got->host == row.host);
    CHECK(got->port == row.port);
    CHECK(got->channel == row.channel);
    CHECK(got->loopback() == row.loopback);
    CHECK(got->tls == row.tls);
  }
}

TEST_CASE("listen address: sockets that a service manager has opened") {
  struct Row {
    const char* text;
    const char* inherited;
    const char* channel;
  };
  const Row rows[] = {
      {"fd:3", "3", ""},
      {"fd:17/x", "17", "/x"},
      {"FD:3/a%62", "3", "/ab"},
      {"fd:http", "http", ""},
      {"fd:http/", "http", "/"},
      {"fd:a-b_c.d/x/y", "a-b_c.d", "/x/y"},
      {"fd:99999999999999999999", "99999999999999999999", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto got = parse_listen_address(row.text);
    REQUIRE_MESSAGE(got.ok(), got.error().text());
    CHECK(got->inherited == row.inherited);
    CHECK(got->channel == row.channel);
    CHECK(got->port == 0);
    CHECK_FALSE(got->tls);
  }
  // A host of that name is written as a URL.
  const auto host = parse_listen_address("http://fd:3/x");
  REQUIRE(host.ok());
  CHECK(host->host == "fd");
  CHECK(host->inherited.empty());
}

TEST_CASE("listen address: errors") {
  struct Row {
    const char* text;
    const char* error;
  };
  const Row rows[] = {
      {"", "no port in \"\": write [HOST:]PORT[/CHANNEL]"},
      {"/x", "no port in \"\": write [HOST:]PORT[/CHANNEL]"},
      {"localhost", "no port in \"localhost\": write [HOST:]PORT[/CHANNEL]"},
      {"localhost:/x", "no port in \"localhost:\": write [HOST:]PORT[/CHANNEL]"},
      {"localhost/8080", "no port in \"localhost\": write [HOST:]PORT[/CHANNEL]"},
      {"99999", "port 99999 is out of range (0 to 65535)"},
      {":-1", "port \"-1\" is not a number"},
      {"h:80a", "port \"80a\" is not a number"},
      {"::1:8080",
       "\"::1:8080\" has several colons: write an IPv6 address in brackets, such as [::1]:8080"},
      {"8080/x?y", "a listening address has no query: write %3F for a ? in a channel"},
      {"u:p@h:8080", "a listening address has no user and password"},
      {"fd:", "no socket in \"fd:\": write fd:N or fd:NAME, such as fd:3"},
      {"fd:/x", "no socket in \"fd:/x\": write fd:N or fd:NAME, such as fd:3"},
      {"fd://3", "no socket in \"fd://3\": write fd:N or fd:NAME, such as fd:3"},
      {"fd:a:b", "no socket in \"fd:a:b\": write fd:N or fd:NAME, such as fd:3"},
      {"fd:2", "no socket in \"fd:2\": what a service manager passes begins at fd:3"},
      {"fd:3?x", "a listening address has no query: write %3F for a ? in a channel"},
      {"fd:3/-/x", "channel \"/-/x\": channel names that begin with /- or /$ are reserved"},
      {"htp://h:80", "unknown scheme \"htp\": did you mean http?"},
      {"http:/h:80", "http: must be followed by two slashes: http://HOST"},
      {"8080/-/x", "channel \"/-/x\": channel names that begin with /- or /$ are reserved"},
      {"8080/a/+",
       "channel \"/a/+\": a channel name begins with / and has no + or #, no segment . or .., no "
       "NUL, at most 65535 bytes, and is percent-encoded UTF-8"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto got = parse_listen_address(row.text);
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().fault() == Fault::usage);
    CHECK(got.error().text() == row.error);
  }
}
