#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace rt {

// Gives the value of an environment variable, or null; std::getenv fits.
using EnvironmentLookup = std::function<const char*(const char*)>;

// A configuration file as it was found.
struct ConfigText {
  std::string name;     // for people; empty: there is no place for one
  std::string text;     // all of it
  bool exists = false;  // absent, it says nothing
  bool readable_by_others = false;
};

// Gives the file that was named or, for nullopt, the one at the usual place. Errors (usage): it
// cannot be read, or one that was named is not there.
using ConfigLookup = std::function<Result<ConfigText>(const std::optional<std::string>& named)>;

}  // namespace rt
