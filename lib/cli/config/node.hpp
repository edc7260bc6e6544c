#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rt::cli {

// Where something stands in a file; both count from 1.
struct ConfigPlace {
  unsigned line = 0;
  unsigned column = 0;
};

// A value of a TOML file; nothing is judged yet but the syntax.
struct ConfigNode {
  enum class Kind : std::uint8_t { table, array, text, number, boolean, other };

  std::string key;  // empty in an array
  Kind kind = Kind::other;
  std::string text;                  // of a text, a number and a boolean ("true", "false")
  std::vector<ConfigNode> children;  // of a table and an array, as they stand in the file
  ConfigPlace place;                 // of the key, or of the value in an array
};

// Reads TOML 1.0. Errors (usage): "line:column: what", and never a value.
Result<ConfigNode> read_toml(std::string_view text);

}  // namespace rt::cli
