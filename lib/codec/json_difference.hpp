#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/json_picker.hpp"

namespace rt {

// What makes `now` of `before`, in lines: of two JSON texts
// "~ POINTER OLD -> NEW", "+ POINTER NEW" and "- POINTER OLD" for each value that has no parts, in
// the order of `now`, what is gone at the end; of other texts the lines between the first and the
// last that are the same, as "- OLD" and "+ NEW". Empty: nothing.
std::vector<std::string> difference(JsonPicker& picker, std::string_view before,
                                    std::string_view now);

}  // namespace rt
