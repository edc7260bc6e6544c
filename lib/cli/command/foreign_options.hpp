#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cli/options/table.hpp"

namespace rt::cli {

inline constexpr std::string_view kBeforeServer =
    "for TLS and passwords put nginx or the like in front of serve";
inline constexpr std::string_view kBeforeBroker =
    "for TLS and passwords run mosquitto itself, with a configuration of your own";

inline constexpr std::uint8_t kAnyVerb = 0xFF;

// An option of another program. Spelt with or without a letter of the same meaning; several long
// names are separated by spaces.
struct ForeignOption {
  std::string_view names;
  char letter;
  std::uint8_t programs;
  std::uint8_t verbs;
  std::string_view instead;
};

// The first that fits counts.
std::span<const ForeignOption> foreign_options();

}  // namespace rt::cli
