#include "model/topic.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;

TEST_CASE("topic: what can be a channel") {
  using enum ChannelFault;
  struct Row {
    std::string path;
    ChannelFault fault;
  };
  const Row rows[] = {
      {"/", none},
      {"/a", none},
      {"/sensors/temp", none},
      {"//", none},
      {"/a//b/", none},
      {"/a%20b", none},
      {"/a b", none},
      {"/%C3%A4", none},
      {"/\xC3\xA4", none},
      {"/...", none},
      {"/.a", none},
      {"/a..", none},
      {"/a/-", none},
      {"/-a", none},
      {"/a/$b", none},
      {"/a%2Fb", none},
      {"/%25", none},
      {"/%01", none},
      {"/a?b", none},
      {"", malformed},
      {"a", malformed},
      {"*", malformed},
      {"/.", malformed},
      {"/..", malformed},
      {"/a/../b", malformed},
      {"/a/.", malformed},
      {"/%2e%2E/b", malformed},
      {"/a%2F..%2fb", malformed},
      {"/+", malformed},
      {"/a+b", malformed},
      {"/%2B", malformed},
      {"/a#", malformed},
      {"/%23", malformed},
      {"/%00", malformed},
      {std::string("/a\0b", 4), malformed},
      {"/%FF", malformed},
      {"/\xFF", malformed},
      {"/%C3", malformed},
      {"/%C0%AF", malformed},
      {"/%ED%A0%80", malformed},
      {"/%", malformed},
      {"/%4", malformed},
      {"/%zz", malformed},
      {"/%4g", malformed},
      {"/-", reserved},
      {"/-/health", reserved},
      {"/%2D/health", reserved},
      {"/-%2Fhealth", reserved},
      {"/$SYS/broker", reserved},
      {"/$", reserved},
      {"/%24SYS", reserved},
      {"/-/..", malformed},
      {"/" + std::string(65'535, 'a'), none},
      {"/" + std::string(65'536, 'a'), malformed},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path.substr(0, 80));
    CHECK(check_channel(row.path) == row.fault);
  }
  for (const ChannelFault fault : {malformed, reserved}) CHECK_FALSE(describe(fault).empty());
}

TEST_CASE("topic: one canonical spelling, which names the same topic") {
  struct Row {
    const char* path;
    const char* canonical;
    const char* topic;
  };
  const Row rows[] = {
      {"/", "/", ""},
      {"/ab", "/ab", "ab"},
      {"/a%62", "/ab", "ab"},
      {"/a%2fb", "/a/b", "a/b"},
      {"//a///b/", "//a///b/", "/a///b/"},
      {"/a b", "/a%20b", "a b"},
      {"/a%20b", "/a%20b", "a b"},
      {"/%c3%a4", "/%C3%A4", "\xC3\xA4"},
      {"/\xC3\xA4", "/%C3%A4", "\xC3\xA4"},
      {"/%7Euser", "/~user", "~user"},
      {"/a:b@c=d;e", "/a:b@c=d;e", "a:b@c=d;e"},
      {"/%3Fx", "/%3Fx", "?x"},
      {"/%25", "/%25", "%"},
      {"/%2525", "/%2525", "%25"},
      {"/a%22%3C%3E", "/a%22%3C%3E", "a\"<>"},
      {"/%0D%0A", "/%0D%0A", "\r\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path);
    CHECK(check_channel(row.path) == ChannelFault::none);
    CHECK(canonical_channel(row.path) == row.canonical);
    CHECK(canonical_channel(row.canonical) == row.canonical);
    CHECK(topic_of(row.path) == row.topic);
    CHECK(channel_of(row.topic) == row.canonical);
    CHECK(check_channel(row.canonical) == ChannelFault::none);
  }
}

TEST_CASE("topic: every byte goes through the mapping, or is refused") {
  for (int c = 0; c < 128; ++c) {
    const std::string topic{'x', static_cast<char>(c), 'y'};
    const std::string channel = channel_of(topic);
    CAPTURE(channel);
    CHECK(topic_of(channel) == topic);
    CHECK(channel.find_first_of(" \r\n\t?#%\"<>\\^`{|}") ==
          (channel.find('%') == 2 ? std::size_t{2} : std::string::npos));
    const bool refused = c == 0 || c == '+' || c == '#';
    CHECK((check_channel(channel) == ChannelFault::malformed) == refused);
  }
}

TEST_CASE("topic: what can be published to") {
  struct Case {
    std::string topic;
    bool valid;
  };
  const Case cases[] = {
      {"a/b", true},
      {"/", true},
      {"$SYS/x", true},
      {"a b/\xC3\xBC", true},
      {"\xF0\x9F\x98\x80", true},
      {std::string(65'535, 'a'), true},
      {"", false},
      {std::string(65'536, 'a'), false},
      {"a/#", false},
      {"+", false},
      {std::string("a\0b", 3), false},
      {"a\x1F", false},
      {"\x7F", false},
      {"\xC2\x80", false},  // U+0080 to U+009F
      {"\xC2\x9F", false},
      {"\xC2\xA0", true},
      {"\xEF\xB7\x8F", true},  // U+FDCF
      {"\xEF\xB7\x90", false},
      {"\xEF\xB7\xAF", false},
      {"\xEF\xB7\xB0", true},
      {"\xEF\xBF\xBD", true},
      {"\xEF\xBF\xBE", false},
      {"\xEF\xBF\xBF", false},
      {"\xF0\x9F\xBF\xBE", false},
      {"\xF4\x8F\xBF\xBF", false},
      {"\xF0\x9F\xBF\xBD", true},
      {"\xFF", false},
      {"\xED\xA0\x80", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.topic.substr(0, 40));
    CHECK(valid_topic(c.topic) == c.valid);
    CHECK((c.topic.find_first_of("+#") != std::string::npos || c.topic.empty() ||
           valid_mqtt_text(c.topic) == c.valid));
  }
}

TEST_CASE("topic: valid filters") {
  struct Row {
    std::string filter;
    bool valid;
  };
  const Row rows[] = {
      // MQTT 5, sections 4.7.1.2 and 4.7.1.3
      {"sport/tennis/player1/#", true},
      {"sport/#", true},
      {"#", true},
      {"sport/tennis/#", true},
      {"sport/tennis#", false},
      {"sport/tennis/#/ranking", false},
      {"+", true},
      {"+/tennis/#", true},
      {"sport+", false},
      {"sport/+/player1", true},
      {"/finance", true},
      {"/+", true},
      {"+/+", true},
      {"", false},
      {"/", true},
      {"a//b", true},
      {"a/+b", false},
      {"+a", false},
      {"#/", false},
      {"##", false},
      {"a/##", false},
      {"a/+#", false},
      {"++", false},
      {"$SYS/#", true},
      {"a b", true},
      {"\xC3\xA4/#", true},
      {"\xFF", false},
      {std::string("a\0b", 3), false},
      {std::string(65'535, 'a'), true},
      {std::string(65'536, 'a'), false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.filter.substr(0, 80));
    CHECK(valid_filter(row.filter) == row.valid);
  }
}

TEST_CASE("topic: what a filter matches") {
  struct Row {
    const char* filter;
    const char* topic;
    bool match;
  };
  const Row rows[] = {
      {"sport/tennis/player1/#", "sport/tennis/player1", true},
      {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
      {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
      {"sport/tennis/player1/#", "sport/tennis/player2", false},
      {"sport/#", "sport", true},
      {"sport/#", "sport/", true},
      {"sport/#", "sports", false},
      {"#", "a", true},
      {"#", "a/b/c", true},
      {"#", "/", true},
      {"#", "", true},
      {"sport/tennis/+", "sport/tennis/player1", true},
      {"sport/tennis/+", "sport/tennis/player1/ranking", false},
      {"sport/tennis/+", "sport/tennis", false},
      {"sport/+", "sport", false},
      {"sport/+", "sport/", true},
      {"+/+", "/finance", true},
      {"/+", "/finance", true},
      {"+", "/finance", false},
      {"+", "finance", true},
      {"+/b/+", "a/b/c", true},
      {"+/b/+", "a/c/c", false},
      {"a/+/#", "a", false},
      {"a/+/#", "a/b", true},
      {"a/+/#", "a/b/c/d", true},
      {"a", "a", true},
      {"a", "A", false},
      {"a", "a/", false},
      {"a/", "a", false},
      {"a//b", "a//b", true},
      {"a//b", "a/b", false},
      {"a/b", "a/b/c", false},
      {"a/b/c", "a/b", false},
      {"ab", "a", false},
      {"a", "ab", false},
      // Section 4.7.2
      {"#", "$SYS", false},
      {"#", "$SYS/monitor/Clients", false},
      {"+/monitor/Clients", "$SYS/monitor/Clients", false},
      {"+", "$SYS", false},
      {"$SYS/#", "$SYS/monitor/Clients", true},
      {"$SYS/#", "$SYS", true},
      {"$SYS/monitor/+", "$SYS/monitor/Clients", true},
      {"/#", "/$SYS", true},
      {"a/#", "a/$b", true},
      {"a/+", "a/$b", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.filter);
    CAPTURE(row.topic);
    CHECK(valid_filter(row.filter));
    CHECK(matches(row.filter, row.topic) == row.match);
  }
}
