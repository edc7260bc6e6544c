#include "codec/mqtt_properties.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codec/mqtt_check.hpp"

using namespace rt;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Message with_all() {
  Message out;
  out.content_type = "image/x";
  out.properties = {{"colour", "gr\xC3\xBCn"}, {"colour", ""}};
  out.event = "named";
  out.id = "7";
  out.via = {"first", "second"};
  return out;
}

Pairs many(std::size_t number) {
  return Pairs(number, {"name", "value"});
}

// Of this process alone: others may be busy.
template <class Work>
double least_seconds(Work work) {
  double least = 1e9;
  for (int i = 0; i < 15; ++i) {
    const std::clock_t begin = std::clock();
    work();
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

}  // namespace

TEST_CASE("properties are written as the standard shows them, and read as they were") {
  const Pairs common = {{"a", "b"}};
  const Result<std::string> bytes = mqtt::properties_of(with_all(), PayloadKind::text, common);
  REQUIRE(bytes.ok());
  CHECK(*bytes ==
        "\1\1\3\0\7image/x\x26\0\1a\0\1b\x26\0\6colour\0\5gr\xC3\xBCn\x26\0\6colour\0\0"
        "\x26\0\x08rt-event\0\5named\x26\0\x0Crt-origin-id\0\0017"
        "\x26\0\6rt-via\0\5first\x26\0\6rt-via\0\6second"sv);
  CHECK(mqtt::check_properties(mqtt::PacketType::publish, *bytes).ok());
  Message read;
  const mqtt::PropertyFacts facts = mqtt::read_properties(*bytes + "\x0B\5\x0B\2"s, read);
  CHECK(facts.kind == PayloadKind::text);
  CHECK(facts.subscription == 2);
  CHECK(read.content_type == "image/x");
  CHECK(read.properties == Pairs{{"a", "b"}, {"colour", "gr\xC3\xBCn"}, {"colour", ""}});
  CHECK(read.event == "named");
  CHECK(read.origin_id == "7");
  CHECK(read.via == std::vector<std::string>{"first", "second"});
}

TEST_CASE("an origin goes before the id, and a message with neither has a payload only") {
  Message message;
  CHECK(mqtt::has_only_payload(message));
  CHECK(*mqtt::properties_of(message, PayloadKind::binary, {}) == "\1\0"sv);
  message.id = "7";
  message.origin_id = "5";
  CHECK(!mqtt::has_only_payload(message));
  CHECK(*mqtt::properties_of(message, PayloadKind::binary, {}) ==
        "\1\0\x26\0\x0Crt-origin-id\0\0015"sv);
}

TEST_CASE("properties that are no field of every message are facts of MQTT, or passed over") {
  Message read;
  const mqtt::PropertyFacts facts =
      mqtt::read_properties("\2\0\0\0\5\x08\0\1r\x09\0\2\xFF\0\x23\0\1\1\0\x26\0\1k\0\1v"sv, read);
  CHECK(facts.kind == PayloadKind::binary);
  CHECK(facts.subscription == 0);
  CHECK(read.properties == Pairs{{"k", "v"}});
  REQUIRE(read.mqtt);
  CHECK(read.mqtt->response_topic == "r");
  CHECK(read.mqtt->expiry == 5u);
}

TEST_CASE("properties that MQTT cannot carry are the sender's fault") {
  struct Case {
    std::string name, value, says;
  };
  const Case cases[] = {
      {"k\1", "v", "the user property 'k\\x01' cannot go"},
      {"k", "\xFF", "the user property's value"},
      {"k", std::string(65'536, 'v'), "64 KiB"},
      {std::string(65'536, 'k'), "", "the user property is longer than MQTT"},
  };
  for (const Case& c : cases) {
    Message message;
    message.properties = {{c.name, c.value}};
    const Result<std::string> bytes = mqtt::properties_of(message, PayloadKind::text, {});
    REQUIRE(!bytes.ok());
    CHECK(bytes.error().fault() == Fault::usage);
    CAPTURE(bytes.error().text());
    CHECK(bytes.error().text().find(c.says) != std::string::npos);
  }
  Message typed;
  typed.content_type = "a\nb";
  CHECK(!mqtt::properties_of(typed, PayloadKind::text, {}).ok());
  CHECK(!mqtt::properties_of(Message(), PayloadKind::text, {{std::string(65'536, 'k'), ""}}).ok());
  Message full;
  full.properties = many(kMostProperties);
  CHECK(mqtt::properties_of(full, PayloadKind::text, {}).ok());
  full.via = {"one"};
  CHECK(!mqtt::properties_of(full, PayloadKind::text, {}).ok());
}

TEST_CASE("ten times as many properties take some ten times as long, both ways") {
  constexpr std::size_t kFew = 2000;
  constexpr double kMost = 30;
  std::string bytes[2];
  double written[2];
  double read[2];
  for (int i = 0; i < 2; ++i) {
    const Pairs pairs = many(i == 0 ? kFew : 10 * kFew);
    written[i] = least_seconds(
        [&] { bytes[i] = *mqtt::properties_of(Message(), PayloadKind::text, pairs); });
    read[i] = least_seconds([&] {
      Message message;
      REQUIRE(mqtt::check_properties(mqtt::PacketType::publish, bytes[i]).ok());
      (void)mqtt::read_properties(bytes[i], message);
      CHECK(message.properties.size() == pairs.size());
    });
  }
  CHECK(written[1] < kMost * written[0]);
  CHECK(read[1] < kMost * read[0]);
}

TEST_CASE("properties that nearly all messages have, and no others") {
  struct Case {
    std::string_view bytes;
    bool plain;
    int format = -1;
    std::uint32_t subscription = 0;
  };
  const Case cases[] = {
      {"", true},
      {"\1\1"sv, true, 1},
      {"\1\0"sv, true, 0},
      {"\x0B\1"sv, true, -1, 1},
      {"\x0B\x80\1\1\0"sv, true, 0, 128},
      {"\x0B\2\x0B\1"sv, true, -1, 1},
      {"\1\2"sv, false},      // no such format
      {"\1\xff"sv, false},    // nor this
      {"\1"sv, false},        // cut
      {"\1\1\1\1"sv, false},  // twice
      {"\x0B\0"sv, false},    // no such identifier
      {"\x0B"sv, false},      // cut
      {"\x0B\x80"sv, false},  // cut
      {"\x0B\xff\xff\xff\xff"sv, false},
      {"\x0B\x81\0"sv, false},  // not in the fewest bytes
      {"\3\0\1t"sv, false},     // content type
      {"\x26\0\1a\0\1b"sv, false},
      {"\1\1\x23\0\1"sv, false},  // topic alias
      {"\0"sv, false},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.bytes));
    const auto read = mqtt::read_plain_properties(c.bytes);
    CHECK(read.has_value() == c.plain);
    if (!read) continue;
    CHECK((read->kind ? static_cast<int>(*read->kind == PayloadKind::text) : -1) == c.format);
    CHECK(read->subscription == c.subscription);
  }
}

TEST_CASE("what an answer needs goes both ways, with the time that is left") {
  Message message;
  message.time = WallTime(std::chrono::seconds(1000));
  auto facts = std::make_shared<MqttFacts>();
  facts->response_topic = "to/here";
  facts->correlation = "\0\xFF"s;
  facts->expiry = 60;
  message.mqtt = facts;
  CHECK(!mqtt::has_only_payload(message));
  struct Row {
    WallTime now;
    std::uint32_t left;
  };
  const Row rows[] = {{{}, 60},
                      {WallTime(std::chrono::seconds(999)), 60},
                      {WallTime(std::chrono::seconds(1010)), 50},
                      {WallTime(std::chrono::seconds(1059)), 1},
                      {WallTime(std::chrono::seconds(9999)), 1}};
  for (const Row& row : rows) {
    const auto bytes = mqtt::properties_of(message, PayloadKind::text, {}, row.now);
    REQUIRE(bytes);
    CHECK(mqtt::check_properties(mqtt::PacketType::publish, *bytes));
    Message back;
    (void)mqtt::read_properties(*bytes, back);
    REQUIRE(back.mqtt);
    CHECK(back.mqtt->response_topic == "to/here");
    CHECK(back.mqtt->correlation == facts->correlation);
    CHECK(back.mqtt->expiry == row.left);
  }
  facts->correlation.assign(65536, 'x');
  CHECK(!mqtt::properties_of(message, PayloadKind::text, {}));
}

TEST_CASE("single properties, each in its form") {
  struct Row {
    MqttProperty property;
    std::string bytes;
  };
  const Row rows[] = {
      {{.identifier = 0x01, .number = 1}, "\x01\x01"s},
      {{.identifier = 0x21, .number = 258}, "\x21\x01\x02"s},
      {{.identifier = 0x11, .number = 0xFFFFFFFF}, "\x11\xFF\xFF\xFF\xFF"s},
      {{.identifier = 0x0B, .number = 300}, "\x0B\xAC\x02"s},
      {{.identifier = 0x08, .text = "a"},
       "\x08\x00\x01"
       "a"s},
      {{.identifier = 0x09, .text = "\0"s}, "\x09\x00\x01\x00"s},
      {{.identifier = 0x26, .text = "k", .value = "v"}, "\x26\x00\x01k\x00\x01v"s},
  };
  for (const Row& row : rows) {
    std::string out;
    CHECK(mqtt::append_property(out, row.property));
    CHECK(out == row.bytes);
  }
  for (const MqttProperty& wrong : MqttProperties{{.identifier = 0x01, .number = 256},
                                                  {.identifier = 0x21, .number = 65536},
                                                  {.identifier = 0x0B, .number = 0x10000000},
                                                  {.identifier = 0x08, .text = "\xFF"},
                                                  {.identifier = 0x7E}}) {
    std::string out;
    CHECK(!mqtt::append_property(out, wrong));
  }
  std::string plain;
  mqtt::append_disconnect(plain, 0, {});
  CHECK(plain == "\xE0\x00"s);
  std::string with;
  mqtt::append_disconnect(with, 4, {{.identifier = 0x11, .number = 5}, {.identifier = 0x7E}});
  CHECK(with == "\xE0\x07\x04\x05\x11\x00\x00\x00\x05"s);
}
