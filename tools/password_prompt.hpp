#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

// Asks for the password of `user` on the terminal, without showing what is typed. SIGINT, SIGTERM,
// SIGHUP, SIGQUIT and SIGTSTP find the terminal as it was before, and take their course; after a
// stop the question is asked again. Errors (usage): no terminal, no answer. `otherwise` is what
// gives the password without one.
inline constexpr std::string_view kPasswordOptions = "RT_PASSWORD or --password-file";
Result<std::string> prompt_password(const std::string& user,
                                    std::string_view otherwise = kPasswordOptions);

// Whether there is a terminal to ask on; asks nothing. Errors: as above.
Result<void> check_terminal(const std::string& user);

}  // namespace rt
