#pragma once

#include <string>

#include "base/result.hpp"

namespace rt {

// The file in which cookies are kept (Netscape's format). Empty where there is none yet. Errors:
// usage.
Result<std::string> read_cookie_file(const std::string& path);

// Puts the text in the place of the old one at once, readable by its owner alone where it is new.
// Errors: other.
Result<void> replace_cookie_file(const std::string& path, const std::string& text);

}  // namespace rt
