#include "codec/envelope.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "codec/json_string.hpp"
#include "codec/utf8_repair.hpp"
#include "model/topic.hpp"

namespace rt::envelope {
namespace {

// `name` is the member's beginning, comma and colon included: `,"id":`.
void append_member(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += name;
  append_json_string(out, value);
}

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

// Straight into `out`, whose growth is the only allocation.
void append_base64(std::string& out, std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = [&](std::size_t i) -> std::uint32_t {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + start;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) *to++ = kDigits[group >> shift & 63];
  }
  const std::size_t padding = (3 - bytes.size() % 3) % 3;
  std::fill_n(to - padding, padding, '=');
}

bool has_repeated_name(const Properties& properties) {
  if (properties.size() < 2) return false;
  std::vector<std::string_view> names;
  names.reserve(properties.size());
  for (const auto& [name, value] : properties) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

void append_properties(std::string& out, const Properties& properties) {
  if (properties.empty()) return;
  out += R"(,"properties":)";
  append_property_list(out, properties);
}

void append_via(std::string& out, const std::vector<std::string>& via) {
  if (via.empty()) return;
  out += R"(,"via":)";
  char before = '[';
  for (const std::string& relay : via) {
    out += before;
    append_json_string(out, relay);
    before = ',';
  }
  out += ']';
}

void append_gap(std::string& out, const Gap& gap) {
  out += R"(,"gap":{)";
  if (!gap.from.empty()) {
    out += R"("from":)";
    append_json_string(out, gap.from);
  }
  if (gap.missed) {
    out += gap.from.empty() ? R"("missed":)" : R"(,"missed":)";
    append_number(out, *gap.missed);
  }
  out += '}';
}

void append_time_member(std::string& out, std::string_view name, WallTime time) {
  if (time == WallTime{}) return;
  out += name;
  append_time(out, time);
  out += '"';
}

// As people write it, where there is one.
void append_topic(std::string& out, std::string_view proto, std::string_view channel) {
  if (proto != "mqtt" || channel.empty()) return;
  if (channel.find('%') != std::string_view::npos)
    append_member(out, R"(,"topic":)", topic_of(channel));
  else
    append_member(out, R"(,"topic":)", channel.substr(1));
}

void append_facts(std::string& out, const MqttFacts& facts) {
  append_member(out, R"(,"response_topic":)", facts.response_topic);
  if (valid_utf8(facts.correlation)) {
    append_member(out, R"(,"correlation":)", facts.correlation);
  } else {
    out += R"(,"correlation_base64":")";
    append_base64(out, facts.correlation);
    out += '"';
  }
  if (!facts.expiry) return;
  out += R"(,"expiry":)";
  append_number(out, *facts.expiry);
}

void append_head(std::string& out, const Message& message, WallTime received,
                 std::string_view proto, std::string_view id, std::string_view channel) {
  out += R"({"v":1)";
  append_time_member(out, R"(,"time":")", message.time);
  append_time_member(out, R"(,"received":")", received);
  append_member(out, R"(,"proto":)", proto);
  append_member(out, R"(,"channel":)", channel);
  append_topic(out, proto, channel);
  append_member(out, R"(,"id":)", id);
  append_member(out, R"(,"origin_id":)", message.origin_id);
  append_via(out, message.via);
  append_member(out, R"(,"event":)", message.event);
  append_member(out, R"(,"content_type":)", message.content_type);
  if (message.qos != 0) {
    out += R"(,"qos":)";
    append_number(out, message.qos);
  }
  if (message.retain) out += R"(,"retain":true)";
  append_properties(out, message.properties);
  if (message.mqtt) append_facts(out, *message.mqtt);
  if (message.selected) {
    out += R"(,"selected":)";
    out += *message.selected;
  }
}

void append_payload(std::string& out, const Message& message) {
  if (valid_utf8(message.payload)) {
    if (message.kind == PayloadKind::binary) out += R"(,"binary":true)";
    out += R"(,"data":")";
    append_json_escaped(out, message.payload);
  } else {
    out += R"(,"data_base64":")";
    append_base64(out, message.payload);
  }
  out += '"';
}

}  // namespace

void append_property_list(std::string& out, const Properties& properties) {
  if (properties.empty()) {
    out += "{}";
    return;
  }
  const bool pairs = has_repeated_name(properties);
  char before = pairs ? '[' : '{';
  for (const auto& [name, value] : properties) {
    out += before;
    if (pairs) out += '[';
    append_json_string(out, name);
    out += pairs ? ',' : ':';
    append_json_string(out, value);
    if (pairs) out += ']';
    before = ',';
  }
  out += pairs ? ']' : '}';
}

void append(std::string& out, const Message& message, std::string_view proto) {
  if (message.gap) return append(out, message, proto, message.id, message.channel);
  append_head(out, message, message.received, proto, message.id, message.channel);
  append_payload(out, message);
  out += '}';
}

void append(std::string& out, const Message& message, std::string_view proto, std::string_view id,
            std::string_view channel) {
  if (message.gap) {
    out += R"({"v":1)";
    append_member(out, R"(,"channel":)", channel);
    append_gap(out, *message.gap);
    out += '}';
    return;
  }
  append_before_payload(out, message, proto, id, channel);
  append_payload(out, message);
  out += '}';
}

void append_before_payload(std::string& out, const Message& message, std::string_view proto,
                           std::string_view id, std::string_view channel) {
  append_head(out, message, {}, proto, id, channel);
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (valid_utf8(text)) {
    append_json_escaped(out, text);
  } else {
    std::string repaired;
    append_valid_utf8(repaired, text);
    append_json_escaped(out, repaired);
  }
  out += '"';
}

}  // namespace rt::envelope
