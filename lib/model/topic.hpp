#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

// Why a name cannot be a channel.
enum class ChannelFault {
  none,
  malformed,  // 400: '.' or '..' as a segment, '+', '#', NUL, invalid UTF-8, bad percent-encoding
  reserved,   // 403: a first segment "-" or one that begins with '$'
};

// Checks the path of a request target (before '?') as a channel name, percent-decoded where needed.
ChannelFault check_channel(std::string_view path);
// One line that says what is wrong.
std::string_view describe(ChannelFault fault);

// The one canonical spelling of a valid channel's path: the topic percent-decoded and encoded
// again, so that "/a%62" and "/ab" are one channel. Never changes '/' (empty segments stay).
std::string canonical_channel(std::string_view path);

// Channel = '/' + topic, percent-encoded.
std::string topic_of(std::string_view channel);  // "/a%20b" -> "a b"
std::string channel_of(std::string_view topic);  // "a b" -> "/a%20b"

// A text that brokers and clients of MQTT take: UTF-8 of at most 65,535 bytes, without the control
// and non-characters that should not be in it (MQTT 5, section 1.5.4), which many of them refuse.
bool valid_mqtt_text(std::string_view text);
// A topic that can be published to: such a text, not empty, without + and #.
bool valid_topic(std::string_view topic);

// MQTT topic filters (MQTT 5, section 4.7).
bool valid_filter(std::string_view filter);
// What is wrong with it, in words that follow "topic X: "; empty when nothing is.
std::string_view fault_of_filter(std::string_view filter);
bool has_wildcards(std::string_view filter);
bool matches(std::string_view filter, std::string_view topic);

}  // namespace rt
