#pragma once

#include <string>
#include <string_view>

namespace rt {

// Appends the inside of a JSON string: quote, backslash and control characters escaped, all else
// as it is. The text must be valid UTF-8.
void append_json_escaped(std::string& out, std::string_view text);

// The inside of a JSON string with its escapes resolved. For people: an escape that is none stays
// as it is, half of a surrogate pair becomes U+FFFD.
std::string json_unescaped(std::string_view text);

}  // namespace rt
