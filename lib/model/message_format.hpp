#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

// The language of --format (manual: "FORMATS").
namespace rt {

struct FormatPart {
  enum class Kind : std::uint8_t {
    literal,
    data,
    channel,
    id,
    event,
    time,       // RFC 3339, as in envelopes
    unix_time,  // seconds since 1970 with six digits of fraction
    strftime,   // local time by strftime(3)
    fraction,   // the first `digits` digits of a second's fraction
    length,     // of the payload in bytes
    hex,
    base64,
    json,
    content_type,
    qos,
    retain,
    retained,
    property,  // its values, separated by commas
    origin_id,
    proto,
    topic,  // of MQTT: the channel as people write it
    response_topic,
    correlation,
    expiry,  // seconds
  };
  Kind kind = Kind::literal;
  std::string text = {};   // literal: itself; strftime: its format; property: its name
  std::size_t digits = 0;  // fraction: 1 to 9

  bool operator==(const FormatPart&) const = default;
};

// A template, read once; literals are whole and never empty.
struct MessageFormat {
  std::vector<FormatPart> parts;

  // It shows nothing of a message but its payload.
  bool payload_only() const;
  // It shows when a message came.
  bool shows_time() const;
  // It shows the id that the transport gave.
  bool shows_id() const;
};

// Errors (usage) name the place: "at character 3: …".
Result<MessageFormat> parse_format(std::string_view text);

}  // namespace rt
