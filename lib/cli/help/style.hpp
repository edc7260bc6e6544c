#pragma once

#include <cstddef>

namespace rt {

// What the help is printed on.
struct HelpStyle {
  std::size_t columns = 80;
  bool colour = false;  // by the escape sequences of ECMA-48
};

}  // namespace rt
