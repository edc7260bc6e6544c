#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "cli/options/table.hpp"

namespace rt::cli {

// "a, b or c", with another word for "or".
inline std::string listed(const std::vector<std::string_view>& names,
                          std::string_view conjunction = "or") {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i != 0 && i + 1 == names.size())
      text.append(" ").append(conjunction).append(" ");
    else if (i != 0)
      text += ", ";
    text += names[i];
  }
  return text;
}

// For a value that is none of the option's choices: ": did you mean backslash?", or nothing.
inline std::string nearest_choice(const OptionRow& row, std::string_view value) {
  if (row.choices.empty() || row.secret == Secret::yes || value.size() < 3) return {};
  const auto meant = suggestion(ascii_lower(value), split(row.choices, ' '));
  // One that is a choice was refused for something else.
  return meant && *meant != value ? ": did you mean " + std::string(*meant) + "?" : std::string();
}

}  // namespace rt::cli
