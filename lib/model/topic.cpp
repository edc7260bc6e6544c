#include "model/topic.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rt {
namespace {

// What a length field of MQTT can say.
constexpr std::size_t kLongestTopic = 65'535;

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

// The first level of `rest`, which is advanced past it and its separator; `more` says whether there
// was one.
std::string_view take_level(std::string_view& rest, bool& more) {
  const std::size_t slash = rest.find('/');
  const std::string_view level = rest.substr(0, slash);
  more = slash != std::string_view::npos;
  rest.remove_prefix(more ? slash + 1 : rest.size());
  return level;
}

}  // namespace

ChannelFault check_channel(std::string_view path) {
  if (path.empty() || path[0] != '/') return ChannelFault::malformed;
  const auto topic = percent_decode(path.substr(1));
  if (!topic || topic->size() > kLongestTopic || has_nul(*topic) || !valid_utf8(*topic) ||
      topic->find_first_of("+#") != std::string::npos)
    return ChannelFault::malformed;
  const auto segments = split(*topic, '/');
  if (std::any_of(segments.begin(), segments.end(),
                  [](std::string_view segment) { return segment == "." || segment == ".."; }))
    return ChannelFault::malformed;
  const std::string_view first = segments.front();
  if (first == "-" || (!first.empty() && first[0] == '$')) return ChannelFault::reserved;
  return ChannelFault::none;
}

std::string_view describe(ChannelFault fault) {
  switch (fault) {
    case ChannelFault::none:
      return "a valid channel name";
    case ChannelFault::malformed:
      return "a channel name begins with / and has no + or #, no segment . or .., no NUL, at most "
             "65535 bytes, and is percent-encoded UTF-8";
    case ChannelFault::reserved:
      return "channel names that begin with /- or /$ are reserved";
  }
  return "";
}

std::string canonical_channel(std::string_view path) {
  return channel_of(topic_of(path));
}

std::string topic_of(std::string_view channel) {
  if (!channel.empty() && channel[0] == '/') channel.remove_prefix(1);
  return percent_decode(channel).value_or(std::string(channel));
}

std::string channel_of(std::string_view topic) {
  return "/" + percent_encode_path(topic, true);
}

bool valid_mqtt_text(std::string_view text) {
  if (text.size() > kLongestTopic || !valid_utf8(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto at = [&](std::size_t n) {
      return i + n < text.size() ? static_cast<unsigned char>(text[i + n]) : 0u;
    };
    const unsigned first = at(0);
    if (first >= 0x20 && first < 0x7F) continue;
    if (first < 0x20 || first == 0x7F) return false;
    if (first == 0xC2 && at(1) < 0xA0) return false;  // U+0080 to U+009F
    if (first == 0xEF && at(1) == 0xB7 && at(2) >= 0x90 && at(2) <= 0xAF) return false;  // U+FDD0
    if (first == 0xEF && at(1) == 0xBF && at(2) >= 0xBE) return false;  // U+FFFE, U+FFFF
    // The same two of the other planes: xxxx1111 10111111 1011111x.
    if (first >= 0xF0 && (at(1) & 0x0F) == 0x0F && at(2) == 0xBF && at(3) >= 0xBE) return false;
  }
  return true;
}

bool valid_topic(std::string_view topic) {
  return !topic.empty() && !has_wildcards(topic) && valid_mqtt_text(topic);
}

bool valid_filter(std::string_view filter) {
  return fault_of_filter(filter).empty();
}

std::string_view fault_of_filter(std::string_view filter) {
  if (filter.empty()) return "must not be empty";
  if (filter.size() > kLongestTopic) return "too long: at most 65535 bytes";
  if (has_nul(filter)) return "has a NUL, which no topic may have";
  if (!valid_utf8(filter)) return "not UTF-8";
  for (bool more = true; more;) {
    const std::string_view level = take_level(filter, more);
    if (!has_wildcards(level) || level == "+") continue;
    if (level != "#") return "+ and # stand for whole levels: a/+/b, a/#";
    if (more) return "# can only be the last level";
  }
  return {};
}

bool has_wildcards(std::string_view filter) {
  return filter.find_first_of("+#") != std::string_view::npos;
}

bool matches(std::string_view filter, std::string_view topic) {
  // Section 4.7.2: the server's own topics are not for clients that subscribe to everything.
  if (!topic.empty() && topic[0] == '$' && !filter.empty() &&
      (filter[0] == '+' || filter[0] == '#'))
    return false;
  bool more_filter = true;
  bool more_topic = true;
  while (more_filter) {
    const std::string_view wanted = take_level(filter, more_filter);
    if (wanted == "#") return true;  // the parent level, too
    if (!more_topic) return false;
    const std::string_view level = take_level(topic, more_topic);
    if (wanted != "+" && wanted != level) return false;
  }
  return !more_topic;
}

}  // namespace rt
