#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "cli/config/config.hpp"

// What the names of the configuration file are good for.
namespace rt::cli {

// For the completions, one a line: "@NAME", "sse+@NAME" and "poll+@NAME", as the program can be
// given them. `readable`: those alone that a relay can read from.
std::string endpoint_list(Program program, const Config& config, const ConfigSection* profile,
                          bool readable);
// "@NAME URL", of those whose server anybody may ask for its channels.
std::string url_list(Program program, const Config& config, const ConfigSection* profile);

// For a source of a relay: a name that says where it is, but not how to read from it. `place` tells
// which of the arguments it is. nullopt: it is none such; what else is wrong with it is not judged.
std::optional<std::string> fault_of_named_source(const Config& config, const ConfigSection* profile,
                                                 std::string_view text, std::string_view place);

}  // namespace rt::cli
