#pragma once

#include <cstdint>
#include <string_view>

namespace rt::cli {

// What --generate prints the option table as.
enum class Face : std::uint8_t { man, bash, zsh, fish };

// In the order of Face.
inline constexpr std::string_view kFaceNames = "man bash zsh fish";

}  // namespace rt::cli
