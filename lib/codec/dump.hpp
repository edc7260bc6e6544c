#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

// Bytes of a peer, for a person's eyes: nothing that a terminal would obey. Pure.
namespace rt {

// The beginning of a payload, printable and in double quotes: "hello\x0a...".
std::string excerpt(std::string_view bytes, std::size_t limit = 60);

// Of so much a hex dump shows all.
inline constexpr std::size_t kMostDumped = 64u << 10;

// Calls `line` for every 16 bytes with their offset, the bytes in hex and what of them is ASCII:
// "00000010  68 65 6c 6c 6f  |hello|", the columns in their place in a short line, too. `omitted`
// bytes and what is beyond kMostDumped are counted in a last line.
void hex_dump(std::string_view bytes, std::size_t omitted,
              const std::function<void(const std::string&)>& line);

}  // namespace rt
