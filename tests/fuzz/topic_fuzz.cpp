// The first line of an input is a topic filter or the path of a channel, the rest is a topic.
#include "model/topic.hpp"

#include <string>
#include <vector>

#include "base/text.hpp"
#include "fuzz.hpp"

namespace {

using rt::ChannelFault;
using rt::fuzz::require;

// MQTT 5, section 4.7, level by level.
bool should_match(const std::vector<std::string_view>& filter,
                  const std::vector<std::string_view>& topic, std::size_t at = 0) {
  if (at == filter.size()) return at == topic.size();
  if (filter[at] == "#") return true;
  if (at >= topic.size()) return false;
  return (filter[at] == "+" || filter[at] == topic[at]) && should_match(filter, topic, at + 1);
}

void check_filter(std::string_view filter, std::string_view topic) {
  const bool matches = rt::matches(filter, topic);
  require(rt::valid_filter(filter) == rt::fault_of_filter(filter).empty());
  if (!rt::valid_filter(filter)) return;
  const bool hidden = topic.substr(0, 1) == "$" && rt::has_wildcards(filter.substr(0, 1));
  require(matches == (!hidden && should_match(rt::split(filter, '/'), rt::split(topic, '/'))));
  if (!rt::has_wildcards(filter)) require(rt::matches(filter, filter));
}

void check_path(std::string_view path) {
  const ChannelFault fault = rt::check_channel(path);
  require(!rt::describe(fault).empty());
  if (fault != ChannelFault::none) return;
  const std::string channel = rt::canonical_channel(path);
  const std::string topic = rt::topic_of(channel);
  require(rt::check_channel(channel) == ChannelFault::none);
  require(rt::canonical_channel(channel) == channel && rt::channel_of(topic) == channel);
  require(rt::topic_of(path) == topic && rt::valid_utf8(topic) && !rt::has_wildcards(topic));
  for (const char c : channel) require(static_cast<unsigned char>(c) > 0x20 && c != 0x7F);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view topic = rt::fuzz::text(data, size);
  const std::string_view filter = rt::fuzz::take_line(topic);
  check_filter(filter, topic);
  check_path(filter);
  check_path("/" + std::string(topic));
  require(rt::topic_of(rt::channel_of(topic)) == topic);
  return 0;
}
