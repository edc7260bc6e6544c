#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rt {

// Where the program is, by PATH and then the other directories; a name with a slash is a path
// itself. Nothing when there is no file that may be executed.
std::optional<std::string> find_program(const std::string& name,
                                        const std::vector<std::string>& more_directories = {});

// The path to execute for a name as the user wrote it, by PATH. Errors: usage.
Result<std::string> program_path(const std::string& name);

// "cannot run NAME: …" (usage): the error number's text, or what is wrong with the file, and what
// helps. `path` is what execve(2) was given; `or_else` is another remedy for a script without a #!
// line, or empty.
Error cannot_run(const std::string& name, const std::string& path, int error_number,
                 std::string_view or_else = {});

// False for a script whose first line names an interpreter that is not there. execve(2) would say
// "No such file or directory".
bool has_interpreter(const std::string& path);

}  // namespace rt
