#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/position.hpp"

namespace rt {

// A position as a file holds it, and the URL that it belongs to.
struct SavedPosition {
  std::string url = {};
  Position position = {};

  bool operator==(const SavedPosition&) const = default;
};

// Lines of text, one for each part that is there. No part may have a line end in it: one that has
// is left out.
std::string write_position(const SavedPosition& saved);
// nullopt: it is no such text, or not all of it.
std::optional<SavedPosition> read_position(std::string_view text);

}  // namespace rt
