#include "codec/mqtt_check.hpp"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <string>

#include "base/text.hpp"
#include "codec/mqtt_bytes.hpp"
#include "codec/mqtt_publish.hpp"
#include "model/topic.hpp"

namespace rt::mqtt {
namespace {

enum class Form : std::uint8_t { byte, flag, two, four, variable, text, pair, binary };

constexpr unsigned in(PacketType type) {
  return 1u << static_cast<unsigned>(type);
}

constexpr unsigned kConnack = in(PacketType::connack);
constexpr unsigned kPublish = in(PacketType::publish);
constexpr unsigned kDisconnect = in(PacketType::disconnect);
constexpr unsigned kAuth = in(PacketType::auth);
constexpr unsigned kWithReason = kConnack | in(PacketType::puback) | in(PacketType::pubrec) |
                                 in(PacketType::pubrel) | in(PacketType::pubcomp) |
                                 in(PacketType::suback) | in(PacketType::unsuback) | kDisconnect |
                                 kAuth;

struct Property {
  std::uint8_t identifier;
  Form form;
  unsigned packets;  // that a server may send it in
  bool nonzero = false;
  bool repeats = false;
};

// Section 2.2.2.2.
constexpr Property kProperties[] = {
    {0x01, Form::flag, kPublish},                             // payload format indicator
    {0x02, Form::four, kPublish},                             // message expiry interval
    {0x03, Form::text, kPublish},                             // content type
    {0x08, Form::text, kPublish},                             // response topic
    {0x09, Form::binary, kPublish},                           // correlation data
    {0x0B, Form::variable, kPublish, true, true},             // subscription identifier
    {0x11, Form::four, kConnack},                             // session expiry interval
    {0x12, Form::text, kConnack},                             // assigned client identifier
    {0x13, Form::two, kConnack},                              // server keep alive
    {0x15, Form::text, kConnack | kAuth},                     // authentication method
    {0x16, Form::binary, kConnack | kAuth},                   // authentication data
    {0x1A, Form::text, kConnack},                             // response information
    {0x1C, Form::text, kConnack | kDisconnect},               // server reference
    {0x1F, Form::text, kWithReason},                          // reason string
    {0x21, Form::two, kConnack, true},                        // receive maximum
    {0x22, Form::two, kConnack},                              // topic alias maximum
    {0x23, Form::two, kPublish, true},                        // topic alias
    {0x24, Form::flag, kConnack},                             // maximum QoS
    {0x25, Form::flag, kConnack},                             // retain available
    {0x26, Form::pair, kWithReason | kPublish, false, true},  // user property
    {0x27, Form::four, kConnack, true},                       // maximum packet size
    {0x28, Form::flag, kConnack},                             // wildcard subscription available
    {0x29, Form::flag, kConnack},                             // subscription identifiers available
    {0x2A, Form::flag, kConnack},                             // shared subscription available
};

Error malformed(std::string_view what) {
  return Error(Fault::protocol, "the broker sent a malformed packet: " + std::string(what));
}

// Section 1.5.4.
bool take_text(Reader& reader) {
  const auto text = reader.binary();
  return text && valid_mqtt_text(*text);
}

bool take_value(Reader& reader, const Property& property) {
  std::optional<std::uint32_t> number;
  switch (property.form) {
    case Form::text:
      return take_text(reader);
    case Form::pair: {
      const bool name = take_text(reader);
      return name && take_text(reader);
    }
    case Form::binary:
      return reader.binary().has_value();
    case Form::variable:
      number = reader.variable();
      break;
    case Form::byte:
    case Form::flag:
      number = reader.number(1);
      break;
    case Form::two:
      number = reader.number(2);
      break;
    case Form::four:
      number = reader.number(4);
      break;
  }
  if (!number || (property.form == Form::flag && *number > 1)) return false;
  return !property.nonzero || *number != 0;
}

// Why a value that cannot be taken is wrong, where its bytes show it; `reader` is before it.
std::string_view fault_of(Reader reader, const Property& property) {
  const int texts = property.form == Form::pair ? 2 : property.form == Form::text ? 1 : 0;
  for (int i = 0; i < texts; ++i) {
    const auto text = reader.binary();
    if (!text) break;
    if (!valid_utf8(*text)) return " is not UTF-8";
  }
  return "";
}

Result<void> take_properties(PacketType type, Reader& reader) {
  const auto size = reader.variable();
  const auto properties = size ? reader.bytes(*size) : std::nullopt;
  if (!properties) return malformed("its properties are cut short");
  return check_properties(type, *properties);
}

// What has nothing behind its properties, if it has these at all.
Result<void> check_reason_and_properties(PacketType type, Reader& reader) {
  if (reader.at_end()) return {};
  (void)reader.number(1);
  if (reader.at_end()) return {};
  if (Result<void> done = take_properties(type, reader); !done) return done;
  if (!reader.at_end()) return malformed("there is something behind its end");
  return {};
}

Result<void> check_connack(Reader& reader, bool v5) {
  const auto flags = reader.number(1);
  const auto reason = reader.number(1);
  if (!reason || *flags > 1) return malformed("its answer to the connection");
  if (reader.at_end() && (!v5 || *reason != 0)) return {};
  if (!v5) return malformed("its answer to the connection");
  if (Result<void> done = take_properties(PacketType::connack, reader); !done) return done;
  if (!reader.at_end()) return malformed("there is something behind its end");
  return {};
}

Result<void> check_publish(const Packet& packet, bool v5) {
  if (packet.qos() == 3) return malformed("a message of QoS 3");
  const auto publish = read_publish(packet, v5);
  if (!publish) return malformed("a message that is cut short");
  if (publish->qos == 0 && publish->dup) return malformed("a message of QoS 0 that comes again");
  if (publish->qos > 0 && publish->id == 0) return malformed("a message without an identifier");
  // Aliases are not offered, so a topic cannot be left out.
  if (publish->topic.empty()) return malformed("a message without a topic");
  if (has_wildcards(publish->topic)) return malformed("a message whose topic has wildcards");
  if (!valid_utf8(publish->topic)) return malformed("a message whose topic is not UTF-8");
  if (!valid_topic(publish->topic))
    return malformed("a message whose topic has characters that no topic can have");
  return check_properties(PacketType::publish, publish->properties);
}

}  // namespace

Result<void> check_properties(PacketType type, std::string_view properties) {
  Reader reader(properties);
  std::bitset<256> seen;
  while (!reader.at_end()) {
    const std::uint32_t identifier = *reader.number(1);
    const auto* const found =
        std::find_if(std::begin(kProperties), std::end(kProperties),
                     [&](const Property& property) { return property.identifier == identifier; });
    const std::string name = "the property " + std::to_string(identifier);
    if (found == std::end(kProperties)) return malformed(name + " is not known");
    if ((found->packets & in(type)) == 0) return malformed(name + " does not belong there");
    if (seen[identifier] && !found->repeats) return malformed(name + " comes twice");
    seen[identifier] = true;
    const Reader before = reader;
    if (!take_value(reader, *found))
      return malformed("the value of " + name + std::string(fault_of(before, *found)));
  }
  return {};
}

Result<void> check_from_broker(const Packet& packet, bool v5) {
  if (packet.type == PacketType::publish) return check_publish(packet, v5);
  Reader reader(packet.body);
  // Section 2.1.3.
  if (packet.flags != (packet.type == PacketType::pubrel ? 2 : 0)) return malformed("its flags");
  switch (packet.type) {
    case PacketType::connack:
      return check_connack(reader, v5);
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp: {
      const auto id = reader.number(2);
      if (!id || *id == 0) return malformed("an acknowledgement without an identifier");
      if (v5) return check_reason_and_properties(packet.type, reader);
      if (!reader.at_end()) return malformed("there is something behind its end");
      return {};
    }
    case PacketType::suback:
    case PacketType::unsuback: {
      const auto id = reader.number(2);
      if (!id || *id == 0) return malformed("an answer without an identifier");
      return v5 ? take_properties(packet.type, reader) : Result<void>();
    }
    case PacketType::disconnect:
    case PacketType::auth:
      if (!v5) return malformed("it is not of MQTT 3.1.1");
      return check_reason_and_properties(packet.type, reader);
    case PacketType::pingresp:
      if (!reader.at_end()) return malformed("there is something behind its end");
      return {};
    default:
      return malformed("only a client may send it");
  }
}

}  // namespace rt::mqtt
