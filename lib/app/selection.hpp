#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "codec/json_picker.hpp"
#include "model/condition.hpp"
#include "model/json_pointer.hpp"
#include "model/message.hpp"

namespace rt {

// What of the messages that come is wanted.
struct SelectionOptions {
  std::vector<std::string> events;    // of one of these names; none: any
  std::vector<Condition> conditions;  // all of them hold
  std::vector<JsonPointer> pointers;  // these parts of the payload; none: the whole
  bool changes = false;               // what differs from the last one of its channel
  bool differences = false;           // with changes: what is new of it, in words
  bool envelopes = false;             // messages stay whole, and have the parts beside them
};

// Passes on what is wanted of messages. A message may pass as several, or as none; reports of gaps
// pass untouched.
class Selection {
 public:
  explicit Selection(SelectionOptions options) : options_(std::move(options)) {}

  // Nothing is left out and nothing changed.
  bool idle() const {
    return options_.events.empty() && options_.conditions.empty() && options_.pointers.empty() &&
           !options_.changes;
  }
  // Before the first message. Errors: other.
  Result<void> prepare();

  // Appends what passes of the message. False: it had to be JSON, and is none.
  bool pass(const MessagePtr& message, Batch& out);
  // Of such a message. Once: there may be many.
  void tell_no_json(const Message& message);

  // Of all that has passed the first `put` have got somewhere: so many of the messages that came
  // are done with, then. `put` does not shrink.
  std::uint64_t done_with(std::uint64_t put);

 private:
  bool wanted(const Message& message);
  bool holds(const Condition& condition, const Message& message);
  void pick(const Message& message);
  bool changed(const Message& message);
  void append_parts(const MessagePtr& message, Batch& out) const;

  SelectionOptions options_;
  JsonPicker picker_;
  std::vector<PickedValue> picked_;  // of the message at hand
  std::string now_;                  // what is compared of it
  std::vector<std::string> difference_;
  // By channel: what was compared last, or its digest.
  std::unordered_map<std::string, std::string> last_;
  std::size_t last_bytes_ = 0;
  bool no_json_ = false;  // the message at hand
  bool told_ = false;     // of one
  struct Mark {
    std::uint64_t put;   // when so many have got there,
    std::uint64_t came;  // so many are done with
  };
  std::deque<Mark> marks_;
  std::uint64_t put_ = 0;
  std::uint64_t came_ = 0;
  std::uint64_t done_ = 0;
};

}  // namespace rt
