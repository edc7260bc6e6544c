#pragma once

#include <cstddef>
#include <string_view>

namespace rt {

// How many letters were left out, put in, changed or put in another order between the two
// (Damerau's optimal string alignment). It costs the product of their lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace rt
