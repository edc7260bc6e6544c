#include "codec/mosquitto_writer.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "codec/mosquitto_json.hpp"
#include "codec/mqtt_bytes.hpp"
#include "model/mqtt_property.hpp"
#include "model/topic.hpp"

namespace rt {

// "%-020.5t"
struct MosquittoWriter::Field {
  char letter = '%';
  bool left = false;
  char pad = ' ';
  std::size_t width = 0;
  std::optional<std::size_t> precision;
};

namespace {

// What the properties of a PUBLISH say, one after the other.
template <class Visit>
void each_property(const Message& message, Visit visit) {
  if (!message.mqtt) return;
  mqtt::Reader reader(message.mqtt->properties);
  while (!reader.at_end()) {
    MqttProperty property;
    property.identifier = static_cast<std::uint8_t>(reader.number(1).value_or(0));
    const MqttPropertyKind* const kind = mqtt_property_kind(property.identifier);
    if (kind == nullptr) return;
    switch (kind->form) {
      case MqttPropertyForm::byte:
        property.number = reader.number(1).value_or(0);
        break;
      case MqttPropertyForm::two:
        property.number = reader.number(2).value_or(0);
        break;
      case MqttPropertyForm::four:
        property.number = reader.number(4).value_or(0);
        break;
      case MqttPropertyForm::variable:
        property.number = reader.variable().value_or(0);
        break;
      case MqttPropertyForm::pair:
        property.text = reader.binary().value_or("");
        property.value = reader.binary().value_or("");
        break;
      default:
        property.text = reader.binary().value_or("");
    }
    visit(*kind, std::as_const(property));
  }
}

std::optional<MqttProperty> find_property(const Message& message, std::uint8_t identifier) {
  std::optional<MqttProperty> out;
  each_property(message, [&](const MqttPropertyKind&, const MqttProperty& property) {
    if (property.identifier == identifier && !out) out = property;
  });
  return out;
}

std::size_t take_number(std::string_view& rest) {
  std::size_t value = 0;
  for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1))
    value = std::min<std::size_t>(value * 10 + static_cast<std::size_t>(rest[0] - '0'), 1u << 20);
  return value;
}

std::string nanoseconds(WallTime time) {
  const auto micros = time.time_since_epoch().count() % 1'000'000;
  std::string text = std::to_string(micros + 1'000'000) + "000";
  return text.substr(1);
}

// As printf does: at most `precision` bytes.
void append_padded(std::string& out, std::string_view text, bool left, std::size_t width,
                   std::optional<std::size_t> precision, char pad = ' ') {
  if (precision) text = text.substr(0, *precision);
  const std::size_t missing = width - std::min(width, text.size());
  if (!left) out.append(missing, pad);
  out += text;
  if (left) out.append(missing, ' ');
}

// Bytes, or their digits. Of digits with a width 2.0.11 shows half as many bytes as it should, and
// with "-" and no width spaces stand behind the payload.
void append_payload(std::string& out, std::string_view payload, bool left, char pad,
                    std::size_t width, const char* digits) {
  std::size_t padding = 0;
  if (width > 0) {
    payload = payload.substr(0, width);
    if (digits != nullptr) payload = payload.substr(0, payload.size() / 2);
    padding = width - payload.size() * (digits != nullptr ? 2 : 1);
  } else if (left) {
    padding = payload.size();
  }
  if (!left) out.append(padding, pad);
  if (digits == nullptr) {
    out += payload;
  } else {
    for (const char c : payload) {
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    }
  }
  if (left) out.append(padding, ' ');
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '0':
      out += '\0';
      return;
    case 'a':
      out += '\a';
      return;
    case 'e':
      out += '\x1B';
      return;
    case 'n':
      out += '\n';
      return;
    case 'r':
      out += '\r';
      return;
    case 't':
      out += '\t';
      return;
    case 'v':
      out += '\v';
      return;
    default:
      out += c;
  }
}

void append_json_properties(std::string& out, const Message& message, bool pretty,
                            std::size_t depth) {
  mosquitto::ObjectWriter object(out, pretty, depth);
  bool users = false;
  each_property(message, [&](const MqttPropertyKind& kind, const MqttProperty& property) {
    if (kind.form == MqttPropertyForm::text || kind.form == MqttPropertyForm::binary)
      return object.string(kind.name, property.text);
    if (kind.form != MqttPropertyForm::pair) return object.number(kind.name, property.number);
    if (std::exchange(users, true)) return;
    object.name("user-properties");
    mosquitto::ObjectWriter pairs(out, pretty, object.depth());
    each_property(message, [&](const MqttPropertyKind&, const MqttProperty& pair) {
      if (pair.identifier == property.identifier) pairs.string(pair.text, pair.value);
    });
    pairs.end();
  });
  object.end();
}

}  // namespace

MosquittoWriter::MosquittoWriter(MosquittoFormat format)
    : format_(std::move(format)), random_(format_.seed) {}

void MosquittoWriter::append(std::string& out, const Message& message) {
  if (message.gap) return;
  if (format_.chance < 10'000 && random_.next() % 10'000 >= format_.chance) return;
  if (format_.text) {
    append_format(out, message);
    if (format_.end_of_line) out += '\n';
    return;
  }
  if (message.payload.empty()) {
    if (format_.verbose && format_.end_of_line) out += topic_of(message.channel) + " (null)\n";
    return;
  }
  if (format_.verbose) out += topic_of(message.channel) + ' ';
  out += message.payload;
  if (format_.end_of_line) out += '\n';
}

void MosquittoWriter::append_format(std::string& out, const Message& message) const {
  std::string_view rest = *format_.text;
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (rest.empty() || (c != '%' && c != '@' && c != '\\')) {
      out += c;
      continue;
    }
    if (c == '%') {
      Field field;
      field.left = rest[0] == '-';
      if (field.left) rest.remove_prefix(1);
      if (!rest.empty() && rest[0] == '0') field.pad = '0';
      field.width = take_number(rest);
      if (!rest.empty() && rest[0] == '.') {
        rest.remove_prefix(1);
        field.precision = take_number(rest);
      }
      if (rest.empty()) return;
      field.letter = rest[0];
      append_field(out, message, field);
    } else if (c == '\\') {
      append_escape(out, rest[0]);
    } else if (rest[0] == '@') {
      out += '@';
    } else if (rest[0] == 'N') {
      out += nanoseconds(message.time);
    } else {
      out += local_time(message.time, std::string("%") + rest[0]);
    }
    rest.remove_prefix(1);
  }
}

void MosquittoWriter::append_field(std::string& out, const Message& message,
                                   const Field& field) const {
  const auto text = [&](std::string_view shown) {
    append_padded(out, shown, field.left, field.width, field.precision);
  };
  const auto number = [&](std::uint64_t value) {
    append_padded(out, std::to_string(value), field.left, field.width, {},
                  field.left ? ' ' : field.pad);
  };
  const auto property = [&](std::uint8_t identifier) {
    const auto found = find_property(message, identifier);
    return found ? number(found->number) : void(out.append(field.width, field.pad));
  };
  const auto payload = [&](const char* digits) {
    append_payload(out, message.payload, field.left, field.pad, field.width, digits);
  };
  switch (field.letter) {
    case '%':
      out += '%';
      return;
    case 'A':
      return property(mqtt_property::kTopicAlias);
    case 'C': {
      const auto found = find_property(message, mqtt_property::kContentType);
      return found ? text(found->text) : void(out.append(field.width, ' '));
    }
    case 'D':
      if (message.mqtt) out += message.mqtt->correlation;
      return;
    case 'E':
      return property(mqtt_property::kMessageExpiry);
    case 'F':
      return property(mqtt_property::kPayloadFormat);
    case 'I':
      return text(local_time(message.time, "%FT%T%z"));
    case 'j':
      return append_json(out, message, false);
    case 'J':
      return append_json(out, message, true);
    case 'l':
      return number(message.payload.size());
    case 'm':
      return number(message.mqtt ? message.mqtt->packet : 0);
    case 'P': {
      bool first = true;
      each_property(message, [&](const MqttPropertyKind& kind, const MqttProperty& pair) {
        if (kind.form != MqttPropertyForm::pair) return;
        if (!std::exchange(first, false)) out += ' ';
        out += pair.text + ':' + pair.value;
      });
      return;
    }
    case 'p':
      return payload(nullptr);
    case 'q':
      out += static_cast<char>('0' + message.qos);
      return;
    case 'R':
      if (message.mqtt && !message.mqtt->response_topic.empty()) text(message.mqtt->response_topic);
      return;
    case 'r':
      out += message.retain ? '1' : '0';
      return;
    case 'S':
      return property(mqtt_property::kSubscriptionIdentifier);
    case 't':
      return text(topic_of(message.channel));
    case 'U':
      out += local_time(message.time, "%s") + '.' + nanoseconds(message.time);
      return;
    case 'x':
      return payload("0123456789abcdef");
    case 'X':
      return payload("0123456789ABCDEF");
    default:
      return;
  }
}

void MosquittoWriter::append_json(std::string& out, const Message& message, bool of_json) const {
  const std::string topic = topic_of(message.channel);
  std::string json;
  mosquitto::ObjectWriter object(json, format_.pretty, 0);
  object.string("tst", local_time(message.time, "%Y-%m-%dT%H:%M:%S.") +
                           nanoseconds(message.time).substr(0, 6) + 'Z' +
                           local_time(message.time, "%z"));
  object.string("topic", topic);
  object.number("qos", message.qos);
  object.number("retain", message.retain ? 1 : 0);
  object.number("payloadlen", message.payload.size());
  if (message.qos > 0) object.number("mid", message.mqtt ? message.mqtt->packet : 0);
  if (message.mqtt && !message.mqtt->properties.empty()) {
    object.name("properties");
    append_json_properties(json, message, format_.pretty, object.depth());
  }
  object.name("payload");
  if (message.payload.empty()) {
    json += "null";
  } else if (!of_json) {
    mosquitto::append_string(json, message.payload);
  } else if (!mosquitto::append_value(json, message.payload, format_.pretty, object.depth())) {
    if (format_.tell)
      format_.tell("Error: Message payload is not valid JSON on topic " + printable(topic) + ".");
    return;
  }
  object.end();
  out += json;
}

}  // namespace rt
