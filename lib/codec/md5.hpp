#pragma once

#include <string>
#include <string_view>

namespace rt {

// The 16 bytes of the message's MD5 (RFC 1321). Digest authentication asks for it; it protects
// little.
std::string md5(std::string_view message);

}  // namespace rt
