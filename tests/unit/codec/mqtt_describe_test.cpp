#include "codec/mqtt_describe.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/mqtt_publish.hpp"

using namespace rt::mqtt;

namespace {

std::string field(std::string_view text) {
  std::string out{static_cast<char>(text.size() >> 8), static_cast<char>(text.size() & 255)};
  return out += text;
}

// A packet with so short a body that its length is one byte.
std::string packet(unsigned first, std::string_view body) {
  std::string out{static_cast<char>(first), static_cast<char>(body.size())};
  return out += body;
}

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

std::vector<std::string> described(std::string_view wire, bool v5 = true) {
  PacketSplitter splitter(1u << 20);
  splitter.receive(wire);
  std::vector<std::string> lines;
  while (const auto one = splitter.next()) lines.push_back(describe(*one, v5));
  return lines;
}

std::string one(std::string_view wire, bool v5 = true) {
  const auto lines = described(wire, v5);
  return lines.size() == 1 ? lines[0] : "not one packet";
}

const std::string kConnect =
    packet(0x10, field("MQTT") + bytes({5, 0xEE, 0, 60}) + bytes({5, 0x11, 0, 0, 0x0e, 0x10}) +
                     field("me") + bytes({5, 0x18, 0, 0, 0, 9}) + field("gone") + field("secret1") +
                     field("secret2") + field("secret3"));

}  // namespace

TEST_CASE("describe: CONNECT says all but what is secret") {
  CHECK(one(packet(0x10, field("MQTT") + bytes({5, 2, 0, 60, 0}) + field("x"))) ==
        "CONNECT v5 client-id=x keepalive=60 clean-start");
  CHECK(one(packet(0x10, field("MQTT") + bytes({4, 2, 1, 0}) + field("")), false) ==
        "CONNECT v3.1.1 client-id=\"\" keepalive=256 clean-session");
  CHECK(one(kConnect) ==
        "CONNECT v5 client-id=me keepalive=60 clean-start will=gone will-qos=1 will-retain=1 "
        "will-payload=*** will-delay=9 user=*** password=*** session-expiry=3600");
  CHECK(one(packet(0x10, field("MQTT") + bytes({5, 0, 0, 0}) + bytes({17, 0x15}) + field("plain") +
                             bytes({0x16}) + field("hunter") + field("id"))) ==
        "CONNECT v5 client-id=id keepalive=0 authentication-method=\"plain\" "
        "authentication-data=***");
}

TEST_CASE("describe: every other packet") {
  const struct {
    std::string wire;
    bool v5;
    std::string expected;
  } rows[] = {
      {packet(0x20, bytes({0, 0})), false, "CONNACK 0 success session-present=0"},
      {packet(0x20, bytes({1, 0, 3, 0x21, 0, 20})), true,
       "CONNACK 0 success session-present=1 receive-maximum=20"},
      {packet(0x20, bytes({0, 5})), false, "CONNACK 5 not authorized session-present=0"},
      {packet(0x20, bytes({0, 0x86, 0})), true,
       "CONNACK 134 bad user name or password session-present=0"},
      {packet(0x33, field("lab/x") + bytes({0, 3}) + "hello"), false,
       "PUBLISH lab/x qos 1 id 3 retain 1 5 bytes \"hello\""},
      {packet(0x30, field("t") + bytes({0})), true, "PUBLISH t qos 0 retain 0 0 bytes"},
      {packet(0x3C, field("t") + bytes({1, 0, 0}) + "x"), true,
       "PUBLISH t qos 2 id 256 retain 0 dup 1 bytes \"x\""},
      {packet(0x30, field("t") + bytes({13, 0x26}) + field("a") + field("b") + bytes({0x03}) +
                        field("c/d") + "xyz"),
       true, "PUBLISH t qos 0 retain 0 3 bytes \"xyz\" user:a=\"b\" content-type=\"c/d\""},
      {packet(0x40, bytes({0, 3})), true, "PUBACK 3"},
      {packet(0x40, bytes({0, 3, 0x10})), true, "PUBACK 3 16 no matching subscribers"},
      {packet(0x50, bytes({0, 3, 0x87, 0})), true, "PUBREC 3 135 not authorized"},
      {packet(0x62, bytes({0, 3})), true, "PUBREL 3"},
      {packet(0x70, bytes({0, 3})), true, "PUBCOMP 3"},
      {packet(0x82, bytes({0, 1}) + field("lab/#") + bytes({1})), false, "SUBSCRIBE 1 lab/# qos 1"},
      {packet(0x82,
              bytes({0, 1, 2, 0x0B, 2}) + field("a") + bytes({0x2D}) + field("b") + bytes({0})),
       true,
       "SUBSCRIBE 1 a qos 1 no-local retain-as-published retain-handling=2 b qos 0 "
       "subscription-id=2"},
      {packet(0x90, bytes({0, 1, 0, 1, 0x87})), true, "SUBACK 1 qos 1 135 not authorized"},
      {packet(0x90, bytes({0, 1, 0x80})), false, "SUBACK 1 128 unspecified error"},
      {packet(0xA2, bytes({0, 1, 0}) + field("a")), true, "UNSUBSCRIBE 1 a"},
      {packet(0xB0, bytes({0, 1, 0, 0})), true, "UNSUBACK 1 0 success"},
      {packet(0xC0, ""), true, "PINGREQ"},
      {packet(0xD0, ""), true, "PINGRESP"},
      {packet(0xE0, ""), true, "DISCONNECT 0 normal disconnection"},
      {packet(0xE0, ""), false, "DISCONNECT"},
      {packet(0xE0, bytes({0x8E})), true, "DISCONNECT 142 session taken over"},
      {packet(0xE0, bytes({0x9D, 8, 0x1F}) + field("moved")), true,
       "DISCONNECT 157 server moved reason-string=\"moved\""},
      {packet(0xF0, bytes({0x18, 0})), true, "AUTH 24 continue authentication"},
      {packet(0x30, field("a\x1b]0;x")), false, "PUBLISH a\\x1B]0;x qos 0 retain 0 0 bytes"},
      {packet(0x20, bytes({0, 0, 2, 0x7E, 0})), true,
       "CONNACK 0 success session-present=0 (malformed, 7 bytes)"},
      {packet(0x40, bytes({0})), true, "PUBACK (malformed, 3 bytes)"},
  };
  for (const auto& row : rows) CHECK(one(row.wire, row.v5) == row.expected);
}

TEST_CASE("describe: user properties that are named like a secret are struck out") {
  Publish publish;
  publish.topic = "t";
  publish.payload = "x";
  const std::string properties = bytes({0x26}) + field("Authorization") + field("Basic hunter2") +
                                 bytes({0x26}) + field("access_token") + field("hunter2") +
                                 bytes({0x26}) + field("plain") + field("shown");
  publish.properties = properties;
  std::string wire;
  append_publish(wire, publish, true);
  CHECK(one(wire) ==
        "PUBLISH t qos 0 retain 0 1 bytes \"x\" user:Authorization=*** user:access_token=*** "
        "user:plain=\"shown\"");
}

TEST_CASE("without_secrets: the same packet with stars in the places of secrets") {
  PacketSplitter splitter(1u << 20);
  splitter.receive(kConnect);
  const auto connect = splitter.next();
  REQUIRE(connect);
  const std::string struck = without_secrets(*connect, true);
  CHECK(struck.size() == kConnect.size());
  CHECK(struck.find("secret") == std::string::npos);
  CHECK(struck.find("gone") != std::string::npos);
  std::string back = struck;
  for (const std::string secret : {"secret1", "secret2", "secret3"})
    back.replace(back.find("*******"), 7, secret);
  CHECK(back == kConnect);
}

TEST_CASE("without_secrets: a CONNECT that cannot be taken apart is struck out as a whole") {
  const std::string wire = packet(
      0x10, field("MQTT") + bytes({5, 0x40, 0, 0, 0}) + field("id") + bytes({0, 9}) + "secret");
  PacketSplitter splitter(1u << 20);
  splitter.receive(wire);
  const auto connect = splitter.next();
  REQUIRE(connect);
  CHECK(without_secrets(*connect, true) == std::string(wire.size(), '*'));
}

TEST_CASE("describe: bodies cut at every byte are told, and nothing is read beyond them") {
  for (unsigned type = 1; type < 16; ++type) {
    const std::string_view body = std::string_view(kConnect).substr(2);
    for (std::size_t size = 0; size < body.size(); ++size) {
      for (const bool v5 : {false, true}) {
        const std::string wire = packet(type << 4, body.substr(0, size));
        for (const std::string& line : described(wire, v5)) CHECK(!line.empty());
      }
    }
  }
  for (std::size_t size = 2; size + 2 < kConnect.size(); ++size) {
    const std::string wire = packet(0x10, std::string_view(kConnect).substr(2, size - 2));
    const std::string told = one(wire);
    CHECK(told.find("malformed") != std::string::npos);
    CHECK(told.find("secret") == std::string::npos);
  }
}

TEST_CASE("describe: of a message that is too large there is the topic") {
  Publish publish;
  publish.topic = "big";
  publish.qos = 1;
  publish.id = 9;
  const std::string payload(5000, 'x');
  publish.payload = payload;
  std::string wire;
  append_publish(wire, publish, true);
  PacketSplitter splitter(1000);
  splitter.receive(wire);
  const auto cut = splitter.next();
  REQUIRE(cut);
  CHECK(describe(*cut, true) == "PUBLISH big qos 1 id 9 retain 0 and 5001 bytes more");
}
