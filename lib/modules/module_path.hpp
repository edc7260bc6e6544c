#pragma once

#include <string>
#include <string_view>

namespace rt {

// A module's file: beside the library that this is linked into.
std::string module_path(std::string_view file_name);

}  // namespace rt
