#pragma once

#include <optional>
#include <string>

#include "cli/config/lookups.hpp"

namespace rt {

// Reads the configuration file that was named, or the one at the usual place:
// $XDG_CONFIG_HOME/rtwire/config.toml, or else $HOME/.config/rtwire/config.toml. The usual one may
// be absent, or behind a directory that is closed to this user or is none, for which there is a
// warning. Errors (usage): it cannot be read, is a link to nothing, is longer than 1 MiB, or was
// named and is not there.
Result<ConfigText> read_config_file(const std::optional<std::string>& named, std::string& warning);

}  // namespace rt
