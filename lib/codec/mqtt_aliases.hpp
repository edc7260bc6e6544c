#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rt::mqtt {

// Numbers in place of topics, as many as the other side allows on one connection (MQTT 5, section
// 3.3.2.3.4): the first topics get them.
class TopicAliases {
 public:
  void begin(std::uint16_t most) {
    most_ = most;
    numbers_.clear();
    last_ = 0;
  }

  struct Alias {
    std::uint16_t number = 0;  // 0: none
    bool known = false;        // to the other side: the topic may be left out
  };
  Alias of(std::string_view topic) {
    if (topic.size() <= kProperty || most_ == 0) return {};
    if (last_ != 0 && topic == last_topic_) return {last_, true};
    const auto found = numbers_.find(topic);
    if (found == numbers_.end() && numbers_.size() >= most_) return {};
    const bool known = found != numbers_.end();
    last_ = known ? found->second : static_cast<std::uint16_t>(numbers_.size() + 1);
    last_topic_ = topic;
    if (!known) numbers_.emplace(topic, last_);
    return {last_, known};
  }

 private:
  // What the number itself takes.
  static constexpr std::size_t kProperty = 3;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::uint16_t most_ = 0;
  std::uint16_t last_ = 0;
  std::string last_topic_;
  std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> numbers_;
};

}  // namespace rt::mqtt
