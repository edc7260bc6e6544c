#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rt {

// What becomes of a message that has the bytes in it which end a message of the stream.
enum class Escape : std::uint8_t {
  warn,       // written as it is, and told once
  none,       // written as it is
  refuse,     // not written, told and counted
  backslash,  // written with escapes, which are resolved on the way in
};

// Takes the escape that `text` begins with off its front and appends the byte that it stands for:
// \n, \r, \t, \0, \\ or \xNN. False, and nothing has changed, when it is none of these.
bool take_escape(std::string_view& text, std::string& out);
inline constexpr std::string_view kEscapesAllowed = "\\n \\r \\t \\0 \\\\ or \\xNN";

// Appends the shortest of these escapes for the byte.
void append_escape(std::string& out, char byte);

// The byte of a delimiter that must be escaped wherever it stands in a message, so that the
// delimiter cannot be found there any more: the first one that no escape is made of. None when
// there is no such byte: escapes cannot keep messages apart that end so.
std::optional<char> escaped_byte_of(std::string_view delimiter);

}  // namespace rt
