#pragma once

#include <string_view>

#include "base/result.hpp"

namespace rt {

// Writes all of it to stdout, and waits for that. Who has closed the other end of a pipe has had
// enough: that is no error. Errors: other.
Result<void> print(std::string_view text);

}  // namespace rt
