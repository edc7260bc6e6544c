#include "io/mqtt/outbox.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace rt;
using namespace std::string_literals;
using mqtt::PacketType;

namespace {

MessagePtr message(std::string payload) {
  Message out;
  out.payload = std::move(payload);
  return std::make_shared<const Message>(std::move(out));
}

struct Fixture {
  MqttClientOptions options;
  std::string out;

  explicit Fixture(std::uint8_t qos = 2) {
    options.topic = "t";
    options.qos = qos;
  }

  // What was appended, in short: "P1" is PUBLISH of the first message, "p1" the same with DUP, "R1"
  // its PUBREL.
  std::string taken() {
    std::string text;
    mqtt::PacketSplitter splitter(1u << 20);
    splitter.receive(out);
    while (const auto packet = splitter.next()) {
      const bool publish = packet->type == PacketType::publish;
      text += !publish ? 'R' : (packet->flags & 8) != 0 ? 'p' : 'P';
      text += std::to_string(*mqtt::packet_id(*packet) - 0x3FFF) + " ";
    }
    out.clear();
    return text;
  }
  void answer(MqttOutbox& outbox, PacketType type, int number, char reason = 0) {
    const auto id = static_cast<std::uint16_t>(number + 0x3FFF);
    std::string bytes;
    mqtt::append_acknowledgement(bytes, type, id);
    if (reason != 0) bytes = bytes.substr(0, 1) + "\3"s + bytes.substr(2) + reason;
    mqtt::PacketSplitter splitter(1u << 20);
    splitter.receive(bytes);
    outbox.answered(*splitter.next(), out);
    outbox.send_waiting(out);
  }
  void publish(MqttOutbox& outbox, int number) {
    for (int i = 0; i < number; ++i) REQUIRE(outbox.publish(message("m"), out).ok());
    outbox.send_waiting(out);
  }
};

}  // namespace

TEST_CASE("outbox: QoS 0 goes at once and is forgotten") {
  Fixture f(0);
  MqttOutbox outbox(f.options);
  outbox.begin(true, {}, false);
  REQUIRE(outbox.publish(message("x"), f.out).ok());
  CHECK(f.out == "\x30\7\0\1t\2\1\1x"s);
  CHECK(outbox.unacknowledged().messages == 0);
}

TEST_CASE("outbox: QoS 2 in four packets, the message kept until the last") {
  Fixture f;
  MqttOutbox outbox(f.options);
  outbox.begin(true, {}, false);
  f.publish(outbox, 2);
  CHECK(f.taken() == "P1 P2 ");
  f.answer(outbox, PacketType::pubrec, 2);
  CHECK(f.taken() == "R2 ");
  f.answer(outbox, PacketType::pubrec, 1);
  CHECK(f.taken() == "R1 ");
  CHECK(outbox.unacknowledged().messages == 2);
  f.answer(outbox, PacketType::pubcomp, 1);
  CHECK(outbox.unacknowledged().messages == 1);
  f.answer(outbox, PacketType::pubcomp, 1);
  f.answer(outbox, PacketType::pubcomp, 2);
  CHECK(outbox.unacknowledged().messages == 0);
  CHECK(f.taken().empty());
  CHECK(!outbox.take_refusal());
}

TEST_CASE("outbox: on the next connection QoS 2 goes on, or begins anew without a session") {
  struct Case {
    bool session;
    const char* again;
  };
  for (const Case& c : {Case{true, "R1 p2 P3 "}, Case{false, "p1 p2 P3 "}}) {
    CAPTURE(c.session);
    Fixture f;
    MqttOutbox outbox(f.options);
    MqttLimits two;
    two.unacknowledged = 2;
    outbox.begin(true, two, false);
    f.publish(outbox, 3);
    f.answer(outbox, PacketType::pubrec, 1);
    CHECK(f.taken() == "P1 P2 R1 ");
    outbox.lost();
    outbox.begin(true, {}, c.session);
    outbox.send_waiting(f.out);
    CHECK(f.taken() == c.again);
    for (int i = 1; i <= 3; ++i) {
      f.answer(outbox, PacketType::pubrec, i);
      f.answer(outbox, PacketType::pubcomp, i);
    }
    CHECK(outbox.unacknowledged().messages == 0);
  }
}

TEST_CASE("outbox: as much is under way as the broker wants") {
  struct Case {
    std::uint8_t qos;
    bool v5;
    std::uint16_t limit;
    std::size_t most;
  };
  const Case cases[] = {
      {1, true, 65535, 256}, {1, true, 3, 3},     {1, false, 65535, 256},
      {2, true, 65535, 256}, {2, true, 300, 256}, {2, false, 65535, 20},
  };
  for (const Case& c : cases) {
    CAPTURE(static_cast<int>(c.qos));
    CAPTURE(c.limit);
    Fixture f(c.qos);
    MqttOutbox outbox(f.options);
    MqttLimits limits;
    limits.unacknowledged = c.limit;
    outbox.begin(c.v5, limits, false);
    f.publish(outbox, 400);
    const std::string sent = f.taken();
    CHECK(static_cast<std::size_t>(std::count(sent.begin(), sent.end(), 'P')) == c.most);
    CHECK(outbox.unacknowledged().messages == 400);
    CHECK(!outbox.full());
  }
}

TEST_CASE("outbox: refusals are counted and told once") {
  Fixture f;
  MqttOutbox outbox(f.options);
  outbox.begin(true, {}, false);
  f.publish(outbox, 2);
  f.taken();
  f.answer(outbox, PacketType::pubrec, 1, '\x87');
  CHECK(f.taken().empty());
  CHECK(outbox.unacknowledged().messages == 1);
  CHECK(outbox.refused().messages == 1);
  const std::optional<Error> told = outbox.take_refusal();
  REQUIRE(told);
  CHECK(told->fault() == Fault::refused);
  CHECK(!outbox.take_refusal());
  // One that nobody knows is released all the same.
  f.answer(outbox, PacketType::pubrec, 77);
  CHECK(f.taken() == "R77 ");
}

TEST_CASE("outbox: what a broker does not take any more holds up nothing behind it") {
  Fixture f(1);
  MqttOutbox outbox(f.options);
  outbox.begin(true, {}, false);
  for (int i = 0; i < 300; ++i) REQUIRE(outbox.publish(message(std::string(100, 'x')), f.out).ok());
  REQUIRE(outbox.publish(message("short"), f.out).ok());
  MqttLimits small;
  small.packet = 50;
  outbox.begin(true, small, false);
  outbox.send_waiting(f.out);
  CHECK(f.taken() == "P301 ");
  CHECK(outbox.refused().messages == 300);
  CHECK(outbox.unacknowledged().messages == 1);
}

TEST_CASE("outbox: packet identifiers begin again behind the last") {
  Fixture f(1);
  MqttOutbox outbox(f.options);
  outbox.begin(false, {}, false);
  for (int i = 0; i < 49'200; ++i) {
    f.publish(outbox, 1);
    f.answer(outbox, PacketType::puback, i % 0xC000 + 1);
    f.out.clear();
  }
  CHECK(outbox.unacknowledged().messages == 0);
}
