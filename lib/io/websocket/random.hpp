#pragma once

#include <cstddef>
#include <string>

namespace rt {

// Makes `out` so many unpredictable bytes of the operating system's.
void fill_with_random(std::string& out, std::size_t size);

}  // namespace rt
