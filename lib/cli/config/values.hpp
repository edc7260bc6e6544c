#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cli/config/node.hpp"
#include "cli/options/table.hpp"

namespace rt::cli {

// What a key of a file says, as values for its option's binding; none: the option is switched off.
// They are judged. Errors (usage): what is wrong, at `place`; never a secret. `home` takes the
// place of "~" in names of files.
Result<std::vector<std::string>> read_values(const ConfigNode& node, const OptionRow& row,
                                             std::string_view home, ConfigPlace& place);

// Whether these values hold what nobody else is to see.
bool has_credentials(const OptionRow& row, const std::vector<std::string>& values);

}  // namespace rt::cli
