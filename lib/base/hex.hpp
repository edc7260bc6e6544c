#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rt {

// The bytes of hexadecimal digits, two for each; spaces may stand between bytes. Nothing: an odd
// number of digits, or something else.
std::optional<std::string> hex_decode(std::string_view text);

}  // namespace rt
