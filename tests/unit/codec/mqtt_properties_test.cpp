#include "codec/mqtt_properties.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
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

TEST_CASE("properties of which nothing becomes a field are passed over") {
  Message read;
  const mqtt::PropertyFacts facts =
      mqtt::read_properties("\2\0\0\0\5\x08\0\1r\x09\0\2\xFF\0\x23\0\1\1\0\x26\0\1k\0\1v"sv, read);
  CHECK(facts.kind == PayloadKind::binary);
  CHECK(facts.subscription == 0);
  CHECK(read.properties == Pairs{{"k", "v"}});
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
