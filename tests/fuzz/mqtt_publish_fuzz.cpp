// The input is a stream of packets from a broker: what is checked and what is read of them must
// agree, and what was read is written as the same bytes. Then it is properties alone, and then the
// parts of a PUBLISH: flags, identifier, the sizes of topic and properties, and all of these.
#include "codec/mqtt_publish.hpp"

#include <string>

#include "codec/mqtt_check.hpp"
#include "codec/mqtt_packet.hpp"
#include "codec/mqtt_properties.hpp"
#include "fuzz.hpp"

namespace {

using rt::fuzz::require;
using rt::mqtt::Packet;
using rt::mqtt::PacketType;
using rt::mqtt::Publish;

bool same(const Publish& a, const Publish& b) {
  return a.topic == b.topic && a.id == b.id && a.properties == b.properties &&
         a.payload == b.payload && a.qos == b.qos && a.retain == b.retain && a.dup == b.dup;
}

// What append_publish writes is one packet that reads as the same.
void check_written(const Publish& publish, bool v5) {
  std::string out;
  rt::mqtt::append_publish(out, publish, v5);
  require(out.size() == rt::mqtt::publish_size(publish, v5));
  rt::mqtt::PacketSplitter splitter(rt::mqtt::kLongestPacket);
  splitter.receive(out);
  const auto packet = splitter.next();
  require(packet && packet->type == PacketType::publish && packet->bytes == out);
  const auto again = rt::mqtt::read_publish(*packet, v5);
  require(again && same(publish, *again));
}

void check_packet(const Packet& packet, bool v5) {
  const rt::Result<void> checked = rt::mqtt::check_from_broker(packet, v5);
  require(checked.ok() || checked.error().fault() == rt::Fault::protocol);
  if (packet.type != PacketType::publish) return;
  const auto publish = rt::mqtt::read_publish(packet, v5);
  require(publish || !checked.ok());
  if (!publish) return;
  check_written(*publish, v5);
  if (!v5 || !checked.ok()) return;
  rt::Message message;
  const rt::mqtt::PropertyFacts facts = rt::mqtt::read_properties(publish->properties, message);
  const auto plain = rt::mqtt::read_plain_properties(publish->properties);
  require(!plain || (plain->kind == facts.kind && plain->subscription == facts.subscription));
}

void check_stream(std::string_view stream) {
  rt::mqtt::PacketSplitter splitter(1u << 16);
  splitter.receive(stream);
  while (const auto packet = splitter.next()) {
    if (packet->omitted != 0) continue;
    check_packet(*packet, false);
    check_packet(*packet, true);
  }
}

void check_properties(std::string_view properties) {
  const rt::Result<void> checked = rt::mqtt::check_properties(PacketType::publish, properties);
  // The short way understands nothing that the long way would refuse.
  require(!rt::mqtt::read_plain_properties(properties) || checked.ok());
  for (const PacketType type : {PacketType::connack, PacketType::suback, PacketType::disconnect,
                                PacketType::auth, PacketType::pubrec})
    (void)rt::mqtt::check_properties(type, properties);
}

void check_parts(std::string_view input) {
  const std::uint64_t flags = rt::fuzz::take_number(input, 1);
  Publish publish;
  publish.qos = static_cast<std::uint8_t>(flags % 3);
  publish.retain = (flags & 4) != 0;
  publish.dup = (flags & 8) != 0;
  const auto id = static_cast<std::uint16_t>(rt::fuzz::take_number(input, 2));
  if (publish.qos > 0) publish.id = id;
  const auto topic = static_cast<std::size_t>(rt::fuzz::take_number(input, 1));
  const auto properties = static_cast<std::size_t>(rt::fuzz::take_number(input, 1));
  publish.topic = rt::fuzz::take(input, topic);
  std::string repeated;
  const bool v5 = (flags & 16) != 0;
  if (v5) publish.properties = rt::fuzz::take(input, properties);
  // Beyond what one and two bytes of length can say.
  for (int i = 0; i < ((flags & 32) != 0 ? 300 : 1); ++i) repeated += input;
  publish.payload = repeated;
  check_written(publish, v5);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = rt::fuzz::text(data, size);
  check_stream(input);
  check_properties(input);
  check_parts(input);
  return 0;
}
