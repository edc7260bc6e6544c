#include "codec/mqtt_publish.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace rt;
using namespace std::string_view_literals;

namespace {

std::optional<mqtt::Packet> packet_of(std::string_view bytes) {
  mqtt::PacketSplitter splitter(1u << 30);
  splitter.receive(bytes);
  return splitter.next();
}

}  // namespace

TEST_CASE("PUBLISH is written as the standard shows it") {
  struct Case {
    mqtt::Publish publish;
    bool v5;
    std::string_view bytes;
  };
  const Case cases[] = {
      {{"a/b", 0, "", "hi", 0, false, false}, false, "\x30\7\0\3a/bhi"sv},
      {{"a/b", 0, "", "hi", 0, true, false}, true, "\x31\x08\0\3a/b\0hi"sv},
      {{"a/b", 0x1234, "", "hi", 1, false, true}, false, "\x3A\x09\0\3a/b\x12\x34hi"sv},
      {{"a", 10, "\1\1"sv, "", 2, true, false}, true, "\x35\x08\0\1a\0\n\2\1\1"sv},
      {{"", 0, "", "", 0, false, false}, false, "\x30\2\0\0"sv},
  };
  for (const Case& c : cases) {
    std::string out = "before";
    mqtt::append_publish(out, c.publish, c.v5);
    CHECK(out == "before" + std::string(c.bytes));
    CHECK(mqtt::publish_size(c.publish, c.v5) == c.bytes.size());
  }
}

TEST_CASE("PUBLISH is read as it was written, whatever its lengths") {
  for (const std::size_t size :
       {0u, 1u, 100u, 119u, 120u, 121u, 127u, 128u, 16'370u, 16'384u, 70'000u, 2'097'152u}) {
    for (const std::size_t user : {0u, 20u, 127u, 128u, 300u, 20'000u}) {
      for (const bool v5 : {false, true}) {
        CAPTURE(size);
        CAPTURE(user);
        CAPTURE(v5);
        const std::string payload(size, 'x');
        const std::string properties(v5 ? user : 0, 'p');
        mqtt::Publish sent{"some/topic", 7, properties, payload, 1, true, true};
        std::string bytes;
        mqtt::append_publish(bytes, sent, v5);
        CHECK(bytes.size() == mqtt::publish_size(sent, v5));
        const auto packet = packet_of(bytes);
        REQUIRE(packet);
        CHECK(packet->bytes.size() == bytes.size());
        const auto read = mqtt::read_publish(*packet, v5);
        REQUIRE(read);
        CHECK(read->topic == sent.topic);
        CHECK(read->id == 7);
        CHECK(read->properties == properties);
        CHECK(read->payload == payload);
        CHECK(read->qos == 1);
        CHECK(read->retain);
        CHECK(read->dup);
      }
    }
  }
}

TEST_CASE("a PUBLISH whose lengths reach beyond it is none, wherever it was cut") {
  const std::string_view body = "\0\3a/b\0\7\2\1\1"sv;
  for (std::size_t size = 0; size < body.size(); ++size) {
    CAPTURE(size);
    const mqtt::Packet packet{mqtt::PacketType::publish, 2, {}, body.substr(0, size)};
    CHECK(!mqtt::read_publish(packet, true));
  }
  const mqtt::Packet whole{mqtt::PacketType::publish, 2, {}, body};
  REQUIRE(mqtt::read_publish(whole, true));
  CHECK(mqtt::read_publish(whole, true)->payload.empty());
  const std::string_view endless = "\0\1a\xff\xff\xff\xff\1"sv;
  CHECK(!mqtt::read_publish({mqtt::PacketType::publish, 0, {}, endless}, true));
}
