#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/selection.hpp"
#include "base/result.hpp"
#include "codec/json_picker.hpp"
#include "model/json_pointer.hpp"
#include "model/message.hpp"
#include "model/send_as.hpp"

namespace rt {

// What a relay's sink gets of messages, in this order.
struct ShapeOptions {
  SelectionOptions selection;           // which of them
  std::vector<std::string> transform;   // a command's words: lines that it makes of payloads
  std::optional<JsonPointer> pick;      // this part of the payload in its place
  std::optional<JsonPointer> each_key;  // each member of this object, below the topic
  SendAs send_as = SendAs::by_content;  // by_content: as it came
  std::string content_type;             // empty: as it came
  std::vector<std::pair<std::string, std::string>> properties;  // set beside the others
  std::optional<bool> retain;
  bool envelope = false;  // an envelope is the payload

  bool leaves_alone() const;
};

// Carries out what needs no command: a message becomes none, one or several.
class Shape {
 public:
  explicit Shape(const ShapeOptions& options);

  // Before the first message. Errors: other.
  Result<void> prepare();
  // Whether it is wanted at all; appends what is. False: it had to be JSON, and is none.
  bool select(const MessagePtr& message, Batch& out) { return selection_.pass(message, out); }
  // Of such a message. Once: there may be many.
  void tell_no_json(const Message& message) { selection_.tell_no_json(message); }
  // Appends what becomes of it. False: it has not the JSON that is asked for.
  bool dress(const MessagePtr& message, Batch& out);
  // All that was put so far has got somewhere.
  void forget(std::uint64_t put) { (void)selection_.done_with(put); }

 private:
  bool pick(const Message& message, const JsonPointer& pointer, PickedValue& out);
  bool take_apart(const Message& message, std::vector<Message>& out);
  void finish(Message& message) const;

  const ShapeOptions& options_;
  Selection selection_;
  JsonPicker picker_;
  std::vector<PickedValue> picked_;
};

}  // namespace rt
