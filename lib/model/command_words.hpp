#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rt {

// A command as its words, as sh takes them apart but without any expansion: spaces, tabs and
// newlines separate them; '...' keeps all, "..." all but a backslash before one of " \ $ ` and a
// newline; a backslash outside quotes keeps the next character. Nothing else is special. Errors
// (usage): an open quote, a backslash at the end, no word at all, NUL.
Result<std::vector<std::string>> split_command(std::string_view command);

// The first of what only a shell knows in the command, outside of quotes: "|", ">", "$X". Empty:
// there is none.
std::string shell_syntax(std::string_view command);

}  // namespace rt
