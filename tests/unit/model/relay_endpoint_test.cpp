#include "model/relay_endpoint.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;
using Kind = RelayEndpoint::Kind;
using enum Transport;

TEST_CASE("relay endpoint: remote ends") {
  struct Row {
    const char* text;
    Kind kind;
    Transport transport;
    bool tls;
    const char* display;
  };
  const Row rows[] = {
      {"poll+http://h/x", Kind::poll, poll, false, "poll+http://h/x"},
      {"poll+https://h:8/x?a=b", Kind::poll, poll, true, "poll+https://h:8/x?a=b"},
      {"sse+http://h/x", Kind::sse, sse, false, "sse+http://h/x"},
      {"SSE+HTTPS://H/x", Kind::sse, sse, true, "sse+https://h/x"},
      {"ws://h/x", Kind::ws, ws, false, "ws://h/x"},
      {"wss://h", Kind::ws, ws, true, "wss://h/"},
      {"ws+http://h/x", Kind::ws, ws, false, "ws://h/x"},
      {"ws+https://h/x", Kind::ws, ws, true, "wss://h/x"},
      {"mqtt://h/lab/#", Kind::mqtt, mqtt, false, "mqtt://h/lab/#"},
      {"mqtt://h", Kind::mqtt, mqtt, false, "mqtt://h/"},
      {"mqtt+ws://h:81/a", Kind::mqtt, mqtt, false, "mqtt+ws://h:81/a"},
      {"mqtts://u:p@h/a b", Kind::mqtt, mqtt, true, "mqtts://h/a b"},
      {"http://h/x", Kind::http, poll, false, "http://h/x"},
      {"https://u:p@h/x?token=y", Kind::http, poll, true, "https://h/x?token=***"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto got = parse_relay_endpoint(row.text);
    REQUIRE_MESSAGE(got.ok(), got.error().text());
    CHECK(got->kind == row.kind);
    CHECK(got->is_remote());
    CHECK(got->remote.transport == row.transport);
    CHECK(got->remote.tls == row.tls);
    CHECK(got->display() == row.display);
    CHECK(check_source(*got).ok() == (row.kind != Kind::http));
  }
  CHECK(check_source(*parse_relay_endpoint("https://u:p@h/x")).error().text() ==
        "nothing says how to read from https://h/x: write poll+https://h/x or sse+https://h/x");
}

TEST_CASE("relay endpoint: stdio, commands and files") {
  struct Row {
    const char* text;
    Kind kind;
    const char* value;
    const char* display;
  };
  const Row rows[] = {
      {"-", Kind::stdio, "", "-"},
      {"exec:jq", Kind::exec, "jq", "exec:jq"},
      {"exec:curl -u me:hunter2 http://h", Kind::exec, "curl -u me:hunter2 http://h",
       "exec:curl ..."},
      {"exec: a\tb", Kind::exec, " a\tb", "exec:a ..."},
      {"EXEC:ls", Kind::exec, "ls", "exec:ls"},
      {"exec:\x1b[1m", Kind::exec, "\x1b[1m", "exec:\\x1B[1m"},
      {"file:/var/log/syslog", Kind::file, "/var/log/syslog", "file:/var/log/syslog"},
      {"file:log", Kind::file, "log", "file:log"},
      {"file:-", Kind::file, "-", "file:-"},
      {"file:///var/log/x", Kind::file, "/var/log/x", "file:/var/log/x"},
      {"File://localhost/x", Kind::file, "/x", "file:/x"},
      {"file:a#b?c%20:d", Kind::file, "a#b?c%20:d", "file:a#b?c%20:d"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto got = parse_relay_endpoint(row.text);
    REQUIRE_MESSAGE(got.ok(), got.error().text());
    CHECK(got->kind == row.kind);
    CHECK_FALSE(got->is_remote());
    CHECK(got->text == row.value);
    CHECK(got->display() == row.display);
    CHECK(check_source(*got).ok());
  }
}

TEST_CASE("relay endpoint: what is served here") {
  struct Row {
    const char* text;
    Transport served;
    const char* host;
    int port;
    const char* channel;
    const char* display;
  };
  const Row rows[] = {
      {"serve+http://:8080/x", poll, "127.0.0.1", 8080, "/x", "serve+http://127.0.0.1:8080/x"},
      {"serve+poll://:8080", poll, "127.0.0.1", 8080, "", "serve+http://127.0.0.1:8080"},
      {"serve+sse://*:8080/x", sse, "*", 8080, "/x", "serve+sse://*:8080/x"},
      {"serve+ws://[::1]:0/a/b", ws, "::1", 0, "/a/b", "serve+ws://[::1]:0/a/b"},
      {"serve+mqtt://:1883/log", mqtt, "127.0.0.1", 1883, "/log",
       "serve+mqtt://127.0.0.1:1883/log"},
      {"serve+mqtt://0.0.0.0:1883", mqtt, "0.0.0.0", 1883, "", "serve+mqtt://0.0.0.0:1883"},
      {"Serve+HTTP://LocalHost:1/a%62", poll, "localhost", 1, "/ab", "serve+http://localhost:1/ab"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto got = parse_relay_endpoint(row.text);
    REQUIRE_MESSAGE(got.ok(), got.error().text());
    CHECK(got->kind == Kind::serve);
    CHECK_FALSE(got->is_remote());
    CHECK(got->served == row.served);
    CHECK(got->listen.host == row.host);
    CHECK(got->listen.port == row.port);
    CHECK(got->listen.channel == row.channel);
    CHECK(got->display() == row.display);
    CHECK(check_source(*got).ok());
  }
}

TEST_CASE("relay endpoint: errors propose something and tell no secret") {
  const std::string guess =
      "a relay cannot guess the transport: write poll+http://, sse+http://, ws://, mqtt:// or "
      "http:// before HOST:PORT, or serve+http:// to listen";
  const std::string userinfo =
      "the URL's host is not valid: in a user or password write / as %2F and ? as %3F";
  struct Row {
    std::string text;
    std::string error;
  };
  const Row rows[] = {
      {"serve+http://fd:3/x", "a relay opens its own ports: an inherited socket is for serve fd:3"},
      {"", "an endpoint is empty"},
      {"host:8080/x", guess},
      {":8080/x", guess},
      {"8080", guess},
      {"host/x", guess},
      {"u:hunter2@host:8080/x", guess},
      {"localhost", guess},
      {"/var/log/syslog", "a path needs its scheme: write file:PATH"},
      {"./log", "a path needs its scheme: write file:PATH"},
      {"../log", "a path needs its scheme: write file:PATH"},
      {"~/log", "a path needs its scheme: write file:PATH"},
      {"exec:", "exec: needs a command: write exec:CMD"},
      {"exec: ", "exec: needs a command: write exec:CMD"},
      {"exec://ls", "exec: is followed by the command itself, not by //"},
      {"file:", "file: needs a path: write file:PATH"},
      {"file://host/x", "file:// is followed by a host: write file:PATH"},
      {std::string("file:a\0b", 8), "a NUL in the path of file:"},
      {std::string("exec:a\0b", 8), "a NUL in the command of exec:"},
      {"exce:ls", "unknown scheme \"exce\": did you mean exec:?"},
      {"fiel:/x", "unknown scheme \"fiel\": did you mean file:?"},
      {"sse+http:/h", "sse+http: must be followed by two slashes: sse+http://HOST"},
      {"ws:h/x", "ws: must be followed by two slashes: ws://HOST"},
      {"wss//h/x", "a colon is missing: write wss://HOST"},
      {"tcp://h/x", "unknown scheme \"tcp\": did you mean mqtt?"},
      {"sse://h/x", "unknown scheme \"sse\": did you mean sse+http?"},
      {"serve+http:x", "serve+http: must be followed by two slashes: serve+http://[HOST]:PORT"},
      {"sse+htpp://h/x", "unknown scheme \"sse+htpp\": did you mean sse+http?"},
      {"pol+http://h/x", "unknown scheme \"pol+http\": did you mean poll+http?"},
      {"mqt://h/x", "unknown scheme \"mqt\": did you mean mqtt?"},
      {"serv+mqtt://:1/x", "unknown scheme \"serv+mqtt\": did you mean serve+mqtt?"},
      {"serve+sss://:1/x", "unknown scheme \"serve+sss\": did you mean serve+sse?"},
      {"gopher://h",
       "unknown scheme \"gopher\": use poll+http, sse+http, ws, mqtt, http, exec:, file: or "
       "serve+http"},
      {"serve+https://:1/x",
       "serving over TLS is not possible yet: listen in clear text behind a TLS proxy"},
      {"serve+mqtts://:1/x",
       "serving over TLS is not possible yet: listen in clear text behind a TLS proxy"},
      {"serve+http://", "where to listen is missing: write serve+http://[HOST]:PORT[/CHANNEL]"},
      {"serve+ws://ws://:1/x",
       "where to listen is missing: write serve+ws://[HOST]:PORT[/CHANNEL]"},
      {"serve+http://h/x", "no port in \"h\": write [HOST:]PORT[/CHANNEL]"},
      {"serve+http:///x", "no port in \"\": write [HOST:]PORT[/CHANNEL]"},
      {"serve+http://:99999/x", "port 99999 is out of range (0 to 65535)"},
      {"serve+http://:1/-/x",
       "channel \"/-/x\": channel names that begin with /- or /$ are reserved"},
      {"ws://h/#x",
       "a # at character 8 of the URL begins a fragment, which is never sent: write it as %23"},
      {"mqtt://h/a/#/b", "topic \"a/#/b\": # can only be the last level"},
      {"ws://u:hunter2/x@h", userinfo},
      {"poll+http://", "the URL has no host"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto got = parse_relay_endpoint(row.text);
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().fault() == Fault::usage);
    CHECK(got.error().text() == row.error);
    CHECK(got.error().text().find("hunter2") == std::string::npos);
  }
}

TEST_CASE("relay endpoint: cut anywhere it is an endpoint or an error") {
  const std::string texts[] = {"poll+https://user:secretword@h.example:8443/a?token=secretword",
                               "serve+mqtt://[::1]:1883/log/x", "exec:jq -c .a", "file:///var/log",
                               "mqtts://user:secretword@h/a/+/#"};
  for (const std::string& text : texts) {
    for (std::size_t n = 0; n <= text.size(); ++n) {
      CAPTURE(n);
      const auto got = parse_relay_endpoint(std::string_view(text).substr(0, n));
      if (got) {
        CHECK(got->display().find("secretword") == std::string::npos);
        CHECK_FALSE(got->display().empty());
      } else {
        CHECK(got.error().fault() == Fault::usage);
        if (n > text.find('@')) CHECK(got.error().text().find("secretword") == std::string::npos);
      }
    }
  }
}
