#include "io/mqtt/inbox.hpp"

#include <doctest/doctest.h>

#include <string>

#include "codec/mqtt_publish.hpp"

using namespace rt;
using namespace std::string_literals;
using mqtt::PacketType;

namespace {

struct Fixture {
  MqttClientOptions options;

  Result<void> receive(MqttInbox& inbox, const mqtt::Publish& publish, bool v5 = true) {
    std::string bytes;
    mqtt::append_publish(bytes, publish, v5);
    mqtt::PacketSplitter splitter(1u << 20);
    splitter.receive(bytes);
    return inbox.receive(*splitter.next(), v5);
  }
};

std::string properties(std::size_t number, std::size_t bytes) {
  std::string one = "\x26"s + static_cast<char>(bytes >> 8) + static_cast<char>(bytes & 255) +
                    std::string(bytes, 'k') + "\0\0"s;
  std::string out;
  for (std::size_t i = 0; i < number; ++i) out += one;
  return out;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "inbox: a message with too many properties is skipped, told, acknowledged") {
  struct Case {
    std::size_t number, bytes;
    bool taken;
  };
  const Case cases[] = {{1000, 10, true}, {1001, 1, false}, {2, 32'768, true}, {2, 32'769, false}};
  for (const Case& c : cases) {
    CAPTURE(c.number);
    CAPTURE(c.bytes);
    MqttInbox inbox(options);
    const std::string list = properties(c.number, c.bytes);
    mqtt::Publish publish;
    publish.topic = "t";
    publish.qos = 1;
    publish.id = 7;
    publish.properties = list;
    REQUIRE(receive(inbox, publish).ok());
    const Batch got = inbox.take();
    REQUIRE(got.size() == 1);
    CHECK((got[0]->gap == nullptr) == c.taken);
    CHECK(got[0]->properties.size() == (c.taken ? c.number : 0));
    inbox.commit(0);
    std::string out;
    inbox.append_acknowledgements(out);
    CHECK(out == "\x40\2\0\7"s);
  }
}

TEST_CASE_FIXTURE(Fixture, "inbox: what no broker may send is an error of the broker") {
  struct Case {
    std::string topic, properties;
    std::uint8_t qos;
    std::uint16_t id;
    bool dup;
  };
  const Case cases[] = {
      {"", "", 0, 0, false},         {"a/+", "", 0, 0, false},
      {"a\1", "", 0, 0, false},      {"a\xFF", "", 0, 0, false},
      {"a", "", 0, 0, true},         {"a", "", 1, 0, false},
      {"a", "", 2, 0, false},        {"a", "\x03\0\2a\n"s, 0, 0, false},
      {"a", "\x7F\0"s, 0, 0, false}, {"a", "\x01\2"s, 0, 0, false},
  };
  MqttInbox inbox(options);
  mqtt::Publish good;
  good.topic = "a";
  REQUIRE(receive(inbox, good).ok());
  for (const Case& c : cases) {
    CAPTURE(c.topic);
    mqtt::Publish publish;
    publish.topic = c.topic;
    publish.properties = c.properties;
    publish.qos = c.qos;
    publish.id = c.id;
    publish.dup = c.dup;
    const Result<void> got = receive(inbox, publish);
    REQUIRE(!got.ok());
    CHECK(got.error().fault() == Fault::protocol);
  }
  CHECK(inbox.take().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "inbox: one message after the other, topics in turns, QoS as sent") {
  MqttInbox inbox(options);
  for (int i = 0; i < 6; ++i) {
    mqtt::Publish publish;
    publish.topic = i % 2 == 0 ? "even" : "odd/\xC3\xBC";
    publish.qos = static_cast<std::uint8_t>(i % 3);
    publish.id = static_cast<std::uint16_t>(i % 3 == 0 ? 0 : i + 1);
    REQUIRE(receive(inbox, publish, false).ok());
  }
  const Batch got = inbox.take();
  REQUIRE(got.size() == 6);
  for (int i = 0; i < 6; ++i) {
    const Message& message = *got[static_cast<std::size_t>(i)];
    CHECK(message.channel == (i % 2 == 0 ? "/even" : "/odd/%C3%BC"));
    CHECK(message.qos == i % 3);
  }
  // QoS 2 comes once until it is released.
  mqtt::Publish again;
  again.topic = "even";
  again.qos = 2;
  again.id = 3;
  REQUIRE(receive(inbox, again, false).ok());
  CHECK(inbox.empty());
  std::string out;
  inbox.release(3, out);
  CHECK(out == "\x70\2\0\3"s);
  REQUIRE(receive(inbox, again, false).ok());
  CHECK(inbox.take().size() == 1);
}
