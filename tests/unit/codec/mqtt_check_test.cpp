#include "codec/mqtt_check.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace rt;
using namespace rt::mqtt;
using namespace std::string_literals;

namespace {

std::string packet_of(int first, const std::string& body) {
  std::string out(1, static_cast<char>(first));
  std::size_t rest = body.size();
  do {
    out += static_cast<char>((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return out + body;
}

Result<void> check(int first, const std::string& body, bool v5 = true) {
  const std::string bytes = packet_of(first, body);
  PacketSplitter splitter(1u << 20);
  splitter.receive(bytes);
  const auto packet = splitter.next();
  REQUIRE(packet);
  return check_from_broker(*packet, v5);
}

std::string with_length(const std::string& properties) {
  REQUIRE(properties.size() < 128);
  return std::string(1, static_cast<char>(properties.size())) + properties;
}

struct Kind {
  PacketType type;
  int first;
  std::string before;  // the properties, in the body
};

const Kind kKinds[] = {
    {PacketType::connack, 0x20, "\0\0"s},  {PacketType::publish, 0x30, "\0\1t"s},
    {PacketType::puback, 0x40, "\0\1\0"s}, {PacketType::pubrec, 0x50, "\0\1\0"s},
    {PacketType::pubrel, 0x62, "\0\1\0"s}, {PacketType::pubcomp, 0x70, "\0\1\0"s},
    {PacketType::suback, 0x90, "\0\1"s},   {PacketType::unsuback, 0xB0, "\0\1"s},
    {PacketType::disconnect, 0xE0, "\0"s}, {PacketType::auth, 0xF0, "\0"s},
};

struct Row {
  std::string property;
  std::vector<PacketType> packets;  // empty: all but PUBLISH
  bool repeats = false;
};

using enum PacketType;
const Row kRows[] = {
    {"\x01\1"s, {publish}},
    {"\x02\0\0\0\5"s, {publish}},
    {"\x03\0\1x"s, {publish}},
    {"\x08\0\1x"s, {publish}},
    {"\x09\0\2\xFF\0"s, {publish}},
    {"\x0B\x80\1"s, {publish}, true},
    {"\x11\0\0\0\0"s, {connack}},
    {"\x12\0\1x"s, {connack}},
    {"\x13\0\0"s, {connack}},
    {"\x15\0\1x"s, {connack, auth}},
    {"\x16\0\1\xFF"s, {connack, auth}},
    {"\x1A\0\1x"s, {connack}},
    {"\x1C\0\1x"s, {connack, disconnect}},
    {"\x1F\0\2\xC3\xB6"s, {}},
    {"\x21\0\1"s, {connack}},
    {"\x22\0\0"s, {connack}},
    {"\x23\0\1"s, {publish}},
    {"\x24\1"s, {connack}},
    {"\x25\0"s, {connack}},
    {"\x27\0\0\0\1"s, {connack}},
    {"\x28\1"s, {connack}},
    {"\x29\1"s, {connack}},
    {"\x2A\1"s, {connack}},
};

}  // namespace

TEST_CASE("each property is allowed in its packets, once, and cut nowhere") {
  for (const Kind& kind : kKinds) {
    CAPTURE(static_cast<int>(kind.type));
    for (const Row& row : kRows) {
      CAPTURE(static_cast<int>(row.property[0]));
      bool allowed = row.packets.empty() && kind.type != publish;
      for (const PacketType type : row.packets) allowed = allowed || type == kind.type;
      CHECK(check(kind.first, kind.before + with_length(row.property)).ok() == allowed);
      CHECK(check(kind.first, kind.before + with_length(row.property + row.property)).ok() ==
            (allowed && row.repeats));
      if (!allowed) continue;
      for (std::size_t size = 1; size < row.property.size(); ++size) {
        CAPTURE(size);
        const Result<void> got =
            check(kind.first, kind.before + with_length(row.property.substr(0, size)));
        REQUIRE(!got.ok());
        CHECK(got.error().fault() == Fault::protocol);
      }
    }
    // User properties are allowed everywhere, any number of times.
    const std::string user = "\x26\0\1k\0\2vv"s;
    CHECK(check(kind.first, kind.before + with_length(user + user)).ok());
    for (std::size_t size = 1; size < user.size(); ++size)
      CHECK(!check(kind.first, kind.before + with_length(user + user.substr(0, size))).ok());
  }
}

TEST_CASE("identifiers that are not in the table are errors in every packet") {
  for (const Kind& kind : kKinds)
    for (const int identifier :
         {0x00, 0x04, 0x0A, 0x0C, 0x14, 0x17, 0x18, 0x19, 0x20, 0x2B, 0x7F, 0x80, 0xFF}) {
      CAPTURE(identifier);
      const std::string property = std::string(1, static_cast<char>(identifier)) + "\0\0\0\0"s;
      CHECK(!check(kind.first, kind.before + with_length(property)).ok());
      CHECK(!check(kind.first, kind.before + with_length(property.substr(0, 1))).ok());
    }
}

TEST_CASE("a message's topic has no wildcards") {
  CHECK(check(0x30, "\0"s + with_length("a/b"s) + "\0"s).ok());
  for (const std::string& topic : {"#"s, "a/#"s, "+/b"s, "a+"s}) {
    CAPTURE(topic);
    const Result<void> checked = check(0x30, "\0"s + with_length(topic) + "\0"s);
    REQUIRE(!checked.ok());
    CHECK(checked.error().text().find("wildcards") != std::string::npos);
  }
}

TEST_CASE("what is not UTF-8 is named so") {
  const auto says = [](const Result<void>& checked) {
    REQUIRE(!checked.ok());
    return checked.error().text().find("not UTF-8") != std::string::npos;
  };
  for (const std::string& topic : {"\xFF\xFE"s, "a/\xC0\xAF"s, "\xED\xA0\x80"s}) {
    CHECK(says(check(0x30, "\0"s + with_length(topic) + "\0"s)));
    CHECK(says(check(0x30, "\0"s + with_length(topic), false)));
  }
  CHECK(!says(check(0x30, "\0"s + with_length("a\0"s) + "\0"s)));
  CHECK(says(check_properties(publish, "\x03\0\1\xFF"s)));
  CHECK(says(check_properties(publish, "\x26\0\1k\0\1\xFF"s)));
  CHECK(!says(check_properties(publish, "\x03\0\1\0"s)));
  CHECK(!says(check_properties(publish, "\x09\0\3\xFF"s)));
}

TEST_CASE("values that the standard forbids") {
  const std::string of_publish[] = {
      "\x01\2"s,
      "\x01\xFF"s,
      "\x0B\0"s,
      "\x0B\x80\0"s,
      "\x0B\x80\x80\x80\x80\1"s,
      "\x23\0\0"s,
      "\x03\0\1\xFF"s,
      "\x03\0\1\0"s,
      "\x08\0\3\xED\xA0\x80"s,
      "\x26\0\1\xFF\0\1v"s,
      "\x26\0\1k\0\1\0"s,
  };
  for (const std::string& property : of_publish) {
    CAPTURE(static_cast<int>(property[0]));
    CHECK(!check_properties(publish, property).ok());
  }
  for (const std::string& property :
       {"\x21\0\0"s, "\x27\0\0\0\0"s, "\x24\2"s, "\x25\2"s, "\x28\2"s, "\x29\2"s, "\x2A\2"s}) {
    CAPTURE(static_cast<int>(property[0]));
    CHECK(!check_properties(connack, property).ok());
  }
}

TEST_CASE("the packets around the properties, whole and cut at every byte") {
  struct Case {
    int first;
    std::string body;
    bool v5;
    std::vector<std::size_t> whole;  // the sizes that are packets
  };
  const std::string user = "\x26\0\1k\0\1v"s;
  const Case cases[] = {
      {0x20, "\0\0"s + with_length(user), true, {10}},
      {0x20, "\0\0"s, false, {2}},
      {0x20, "\0\x87"s, true, {2}},
      {0x32, "\0\1t\0\7"s + with_length(user) + "payload"s, true, {13, 14, 15, 16, 17, 18, 19, 20}},
      {0x32, "\0\1t\0\7payload"s, false, {5, 6, 7, 8, 9, 10, 11, 12}},
      {0x30, "\0\1t\0"s, true, {4}},
      {0x40, "\0\7\0"s + with_length(user), true, {2, 3, 11}},
      {0x40, "\0\7"s, false, {2}},
      {0x90, "\0\7"s + with_length(user) + "\0\1"s, true, {10, 11, 12}},
      {0xE0, "\0"s + with_length(user), true, {0, 1, 9}},
      {0xD0, ""s, true, {0}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.first);
    CAPTURE(c.v5);
    for (std::size_t size = 0; size <= c.body.size(); ++size) {
      CAPTURE(size);
      const bool whole = std::find(c.whole.begin(), c.whole.end(), size) != c.whole.end();
      CHECK(check(c.first, c.body.substr(0, size), c.v5).ok() == whole);
    }
  }
}

TEST_CASE("what is no packet of a broker, or not in order") {
  CHECK(!check(0x36, "\0\1t\0\1\0"s).ok());      // QoS 3
  CHECK(!check(0x32, "\0\1t\0\0\0"s).ok());      // identifier 0
  CHECK(!check(0x30, "\0\0\3\x23\0\1x"s).ok());  // a topic left out
  CHECK(!check(0x30, "\0\0x"s, false).ok());
  CHECK(!check(0x40, "\0\0"s).ok());
  CHECK(!check(0x60, "\0\1"s).ok());       // PUBREL has flags
  CHECK(!check(0x62, "\0\1\0\0x"s).ok());  // something behind
  CHECK(!check(0x20, "\0\0\0x"s).ok());
  CHECK(!check(0x20, "\2\0\0"s).ok());
  CHECK(!check(0x20, "\0\0\0"s, false).ok());
  CHECK(!check(0xE0, ""s, false).ok());
  CHECK(!check(0xD0, "x"s).ok());
  for (const int first : {0x10, 0x82, 0xA2, 0xC0}) CHECK(!check(first, "\0\1"s).ok());
}
