#pragma once

#include <string>
#include <string_view>

namespace rt {

// The 32 bytes of the message's SHA-256 (FIPS 180-4).
std::string sha256(std::string_view message);

}  // namespace rt
