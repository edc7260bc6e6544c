#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "codec/json_picker.hpp"
#include "model/json_pointer.hpp"
#include "model/message.hpp"

namespace rt {

// Where in a message its topic stands.
struct TopicFrom {
  std::string below;                   // the topic below which these are; empty: they are whole
  std::optional<JsonPointer> pointer;  // absent: before the first space, which is taken off
};

// Gives messages the topics that stand in them.
class TopicPicker {
 public:
  explicit TopicPicker(std::optional<TopicFrom> from) : from_(std::move(from)) {}

  // Before the first use. Errors: as of JsonPicker.
  Result<void> prepare();
  // The message with its topic as its channel. Errors (usage): there is none, or what stands there
  // cannot be one.
  Result<MessagePtr> apply(const MessagePtr& message);

 private:
  std::optional<TopicFrom> from_;
  JsonPicker picker_;
  std::vector<PickedValue> picked_;
};

}  // namespace rt
