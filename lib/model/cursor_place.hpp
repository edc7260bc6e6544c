#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/json_pointer.hpp"

namespace rt {

// Where an answer says from where on the next one is to be: "/next_batch" (a JSON pointer) or
// "header:X-Consul-Index"; with "+1" behind it the number there is the last that was seen, and the
// one after it is asked for ("/result/*/update_id+1").
struct CursorPlace {
  // Errors (usage) say what is wrong.
  static Result<CursorPlace> parse(std::string_view text);

  std::string header = {};  // in lower case; empty: the pointer says where
  JsonPointer pointer = {};
  bool next = false;  // +1
};

}  // namespace rt
