#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace rt {

// Where the program is, by PATH and then the other directories; a name with a slash is a path
// itself. Nothing when there is no file that may be executed.
std::optional<std::string> find_program(const std::string& name,
                                        const std::vector<std::string>& more_directories = {});

// The path to execute for a name as the user wrote it, by PATH. Errors: usage.
Result<std::string> program_path(const std::string& name);

// "cannot run NAME: …" (usage).
Error cannot_run(const std::string& name, int error_number);

}  // namespace rt
