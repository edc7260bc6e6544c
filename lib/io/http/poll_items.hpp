#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"
#include "codec/json_picker.hpp"
#include "engine/seen_keys.hpp"
#include "model/json_pointer.hpp"
#include "model/message.hpp"

namespace rt {

struct PollItemsOptions {
  JsonPointer array = {};                   // whose elements are the messages
  std::optional<JsonPointer> key = {};      // what of an element names it; none: the whole of it
  std::optional<std::uint64_t> first = {};  // so many of the first list, its last ones; none: all
};

// The elements of a list that answers repeat: each new one is a message, in the order of the text.
// An element without the part that is its key is named by the whole of it. The keys of the last 16
// lists that were not empty are remembered.
class PollItems {
 public:
  explicit PollItems(PollItemsOptions options);

  // Appends the new elements of the answers (the pages of one list) to `out`; all else of a message
  // is as in its answer, its id the key's text where there is a key. Errors: other (an answer is no
  // JSON, or what reads JSON is not there); then nothing is remembered.
  Result<void> take(const Batch& answers, Batch& out);

  // The keys that are remembered, as text, and those of a run before this one: what is none is
  // passed over.
  std::string seen() const { return base64_encode(seen_.saved()); }
  void go_on(std::string_view seen);

 private:
  struct Element {
    const Message* answer;
    PickedValue value;
    std::string key;
    bool keyed;
  };
  Result<void> pick(const Message& answer, std::vector<Element>& elements);

  PollItemsOptions options_;
  JsonPicker picker_;
  SeenKeys seen_;
  bool begun_ = false;
  bool told_none_ = false;
};

}  // namespace rt
