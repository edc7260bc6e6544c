#include <doctest/doctest.h>

#include <string>

#include "base/text.hpp"
#include "model/endpoint.hpp"
#include "model/topic.hpp"

using namespace rt;
using enum Transport;

TEST_CASE("MQTT URL: the path is the topic, literal to its end") {
  struct Row {
    std::string url;
    bool tls;
    const char* host;
    int port;
    std::string topic;
    std::string display;
  };
  const Row rows[] = {
      {"mqtt://h", false, "h", 1883, "", "mqtt://h/"},
      {"mqtt://h/", false, "h", 1883, "", "mqtt://h/"},
      {"mqtts://h/a", true, "h", 8883, "a", "mqtts://h/a"},
      {"mqtts://h:1883/a", true, "h", 1883, "a", "mqtts://h:1883/a"},
      {"mqtt+ws://h/a", false, "h", 80, "a", "mqtt+ws://h/a"},
      {"MQTT+WSS://h/a?b", true, "h", 443, "a?b", "mqtt+wss://h/a?b"},
      {"mqtt+wss://h:9001/a", true, "h", 9001, "a", "mqtt+wss://h:9001/a"},
      {"mqtt://h:8883/a/b", false, "h", 8883, "a/b", "mqtt://h:8883/a/b"},
      {"mqtt://h/#", false, "h", 1883, "#", "mqtt://h/#"},
      {"mqtt://h/a/#", false, "h", 1883, "a/#", "mqtt://h/a/#"},
      {"mqtt://h/a/+/b", false, "h", 1883, "a/+/b", "mqtt://h/a/+/b"},
      {"mqtt://h/+/+", false, "h", 1883, "+/+", "mqtt://h/+/+"},
      {"mqtt://h/a?b=c&d", false, "h", 1883, "a?b=c&d", "mqtt://h/a?b=c&d"},
      {"mqtt://h/?token=x", false, "h", 1883, "?token=x", "mqtt://h/?token=x"},
      {"mqtt://h/living room", false, "h", 1883, "living room", "mqtt://h/living room"},
      {"mqtt://h/a\\b", false, "h", 1883, "a\\b", "mqtt://h/a\\b"},
      {"mqtt://h/a%20b", false, "h", 1883, "a b", "mqtt://h/a b"},
      {"mqtt://h/a%2Fb", false, "h", 1883, "a/b", "mqtt://h/a/b"},
      {"mqtt://h/a%23", false, "h", 1883, "", ""},
      {"mqtt://h/100%25", false, "h", 1883, "100%", "mqtt://h/100%25"},
      {"mqtt://h//a", false, "h", 1883, "/a", "mqtt://h//a"},
      {"mqtt://h/a/", false, "h", 1883, "a/", "mqtt://h/a/"},
      {"mqtt://h/a//b", false, "h", 1883, "a//b", "mqtt://h/a//b"},
      {"mqtt://h/a/../b", false, "h", 1883, "a/../b", "mqtt://h/a/../b"},
      {"mqtt://h/$SYS/#", false, "h", 1883, "$SYS/#", "mqtt://h/$SYS/#"},
      {"mqtt://h/$share/g/a/#", false, "h", 1883, "$share/g/a/#", "mqtt://h/$share/g/a/#"},
      {"mqtt://h/a@b:c", false, "h", 1883, "a@b:c", "mqtt://h/a@b:c"},
      {"mqtt://h/\"<>^`{|}", false, "h", 1883, "\"<>^`{|}", "mqtt://h/\"<>^`{|}"},
      {"mqtt://h/\xC3\xA4", false, "h", 1883, "\xC3\xA4", "mqtt://h/\xC3\xA4"},
      {"mqtt://h/%C3%A4", false, "h", 1883, "\xC3\xA4", "mqtt://h/\xC3\xA4"},
      {"mqtt://h/a%0Ab%1b%7F", false, "h", 1883, "a\nb\x1b\x7f", "mqtt://h/a%0Ab%1B%7F"},
      {"mqtt://h/%C2%9B1m", false, "h", 1883,
       "\xC2\x9B"
       "1m",
       "mqtt://h/%C2%9B1m"},
      {"mqtt://u:p@[::1]:9/a/#", false, "::1", 9, "a/#", "mqtt://[::1]:9/a/#"},
      {"MQTT://H/A", false, "h", 1883, "A", "mqtt://h/A"},
      {":1883/x", false, "127.0.0.1", 1883, "x", "mqtt://127.0.0.1/x"},
      {"1884/x/#", false, "127.0.0.1", 1884, "x/#", "mqtt://127.0.0.1:1884/x/#"},
      {"host/x", false, "host", 1883, "x", "mqtt://host/x"},
      {"host", false, "host", 1883, "", "mqtt://host/"},
      {"host/a?to=http://o/#", false, "host", 1883, "a?to=http://o/#",
       "mqtt://host/a?to=http://o/#"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const auto got = parse_endpoint(row.url, mqtt);
    if (row.display.empty()) {  // the same wildcard rules hold for what is percent-encoded
      CHECK_FALSE(got.ok());
      continue;
    }
    REQUIRE_MESSAGE(got.ok(), got.error().text());
    CHECK(got->transport == mqtt);
    CHECK(got->tls == row.tls);
    CHECK(got->host == row.host);
    CHECK(got->port == row.port);
    CHECK(got->topic() == row.topic);
    CHECK(got->path() == got->target);
    CHECK(got->query() == "");
    CHECK(got->display() == row.display);
    // What is shown can be pasted.
    const auto again = parse_endpoint(got->display(), mqtt);
    REQUIRE(again.ok());
    CHECK(again->topic() == row.topic);
    const auto any = parse_any_endpoint(got->display(), poll);
    REQUIRE(any.ok());
    CHECK(any->transport == mqtt);
    CHECK(any->topic() == row.topic);
  }
}

TEST_CASE("MQTT URL: errors") {
  struct Row {
    std::string url;
    std::string text;
  };
  const std::string whole = ": + and # stand for whole levels: a/+/b, a/#";
  const Row rows[] = {
      {"mqtt://h/a/#/b", "topic \"a/#/b\": # can only be the last level"},
      {"mqtt://h/a+b", "topic \"a+b\"" + whole},
      {"mqtt://h/a#", "topic \"a#\"" + whole},
      {"mqtt://h/a/b+/c", "topic \"a/b+/c\"" + whole},
      {"mqtt://h/##", "topic \"##\"" + whole},
      {"mqtt://h/a%23", "topic \"a#\"" + whole},
      {"mqtt://h/a%00b", "topic \"a\\x00b\": has a NUL, which no topic may have"},
      {"mqtt://h/a%FF", "topic \"a\\xFF\": not UTF-8"},
      {"mqtt://h/a\xC3", "topic \"a\\xC3\": not UTF-8"},
      {"mqtt://h/a%",
       "a % at character 11 of the URL without two hex digits after it: write %25 for a % itself"},
      {"mqtt://h/a\nb", "a control character at character 11 of the URL: write it percent-encoded"},
      {std::string("mqtt://h/\0", 10),
       "a control character at character 10 of the URL: write it percent-encoded"},
      {"mqtt://h#x/a",
       "a # at character 9 of the URL begins a fragment, which is never sent: write it as %23"},
      {"mqtt://h x/a", "a space at character 9 of the URL: write it as %20"},
      {"mqtt://h?x", "host \"h?x\" has a character that no host name has"},
      {"mqtt:///a", "the URL has no host"},
      {"/a", "the URL has no host"},
      {"mqtt:/h/a", "mqtt: must be followed by two slashes: mqtt://HOST"},
      {"mqqt:/h/a", "unknown scheme \"mqqt\": did you mean mqtt://?"},
      {"ssl://h/a", "unknown scheme \"ssl\": did you mean mqtts?"},
      {"mqt://h/a", "unknown scheme \"mqt\": did you mean mqtt?"},
      {"mqttss://h/a", "unknown scheme \"mqttss\": did you mean mqtts?"},
      {"ws://h/a", "rtmqtt does not speak ws: use mqtt+ws for MQTT over WebSocket, or rtws"},
      {"ws+mqtt://h/a", "unknown scheme \"ws+mqtt\": did you mean mqtt+ws?"},
      {"https://h/a", "rtmqtt does not speak https: use rtpoll, rtsse or rtws"},
      {"mqtt://u:hunter2/x@h/a",
       "the URL's host is not valid: in a user or password write / as %2F and ? as %3F"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.url);
    const auto got = parse_endpoint(row.url, mqtt);
    REQUIRE_FALSE(got.ok());
    CHECK(got.error().fault() == Fault::usage);
    CHECK(got.error().text() == row.text);
  }
  CHECK(parse_endpoint("mqtt://h/" + std::string(65'535, 'a'), mqtt).ok());
  const auto longer = parse_endpoint("mqtt://h/" + std::string(65'536, 'a'), mqtt);
  REQUIRE_FALSE(longer.ok());
  CHECK(longer.error().text().size() < 200);
  CHECK(parse_endpoint("mqtt://h/" + std::string(65'535, 'a'), mqtt)->display().size() < 300);
}

TEST_CASE("MQTT URL: the same path means a topic only for MQTT") {
  CHECK_FALSE(parse_endpoint("ws://h/a/#", ws).ok());
  CHECK_FALSE(parse_endpoint("h/a b", sse).ok());
  CHECK(parse_endpoint("ws://h/a+b", ws)->topic() == "a+b");
  CHECK(parse_any_endpoint("mqtt://h/#", poll)->topic() == "#");
  CHECK_FALSE(parse_any_endpoint("http://h/#", poll).ok());
  CHECK(parse_endpoint("mqtt://h/#", ws).error().text() == "rtws does not speak mqtt: use rtmqtt");
}

TEST_CASE("MQTT URL: cut anywhere it is a valid filter or an error") {
  const std::string url =
      "mqtts://us%20er:pa%2Fss@[2001:db8::1]:8884/a/+/\xC3\xA4%2F b?c/%E2%82%AC/#";
  for (std::size_t n = 0; n <= url.size(); ++n) {
    CAPTURE(n);
    const auto got = parse_endpoint(std::string_view(url).substr(0, n), mqtt);
    if (!got) {
      CHECK(got.error().fault() == Fault::usage);
      CHECK(got.error().text().find("pa/ss") == std::string::npos);
      continue;
    }
    CHECK((got->topic().empty() || valid_filter(got->topic())));
    CHECK(valid_utf8(got->display()));
    CHECK(got->target == channel_of(got->topic()));
  }
}

TEST_CASE("topic filters: what is wrong with them") {
  struct Row {
    std::string filter;
    const char* fault;
  };
  const Row rows[] = {
      {"#", ""},
      {"+", ""},
      {"a", ""},
      {"/", ""},
      {"a/+/b/#", ""},
      {"", "must not be empty"},
      {"a/#/", "# can only be the last level"},
      {"#/a", "# can only be the last level"},
      {"a#", "+ and # stand for whole levels: a/+/b, a/#"},
      {"a/+b", "+ and # stand for whole levels: a/+/b, a/#"},
      {"++", "+ and # stand for whole levels: a/+/b, a/#"},
      {std::string("a\0", 2), "has a NUL, which no topic may have"},
      {"\xED\xA0\x80", "not UTF-8"},
      {std::string(65'536, 'a'), "too long: at most 65535 bytes"},
  };
  for (const Row& row : rows) {
    CHECK(fault_of_filter(row.filter) == row.fault);
    CHECK(valid_filter(row.filter) == fault_of_filter(row.filter).empty());
  }
  CHECK(has_wildcards("a/+"));
  CHECK(has_wildcards("#"));
  CHECK_FALSE(has_wildcards("a/b"));
}
