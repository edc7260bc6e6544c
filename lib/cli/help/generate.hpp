#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/options/face.hpp"
#include "cli/options/options.hpp"

namespace rt::cli {

// One of kFaceNames, as it is written there.
std::optional<Face> face_named(std::string_view name);

// The whole file: a man page of section 1 in mdoc, or the completions of one shell. It says the
// same wherever it is printed.
std::string generate(Program program, Face face);

std::string generate_man(Program program);
// Works in bash 3.2, and needs nothing of the package bash-completion.
std::string generate_bash(Program program);
// A file for $fpath; sourced behind compinit it works, too.
std::string generate_zsh(Program program);
std::string generate_fish(Program program);

}  // namespace rt::cli
