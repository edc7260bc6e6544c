#pragma once

#include <string>
#include <string_view>

namespace rt {

// Appends the bytes as well-formed UTF-8: each maximal ill-formed part becomes one U+FFFD, as
// "UTF-8 decode" of the WHATWG Encoding Standard does (and Unicode's section 3.9 recommends).
void append_valid_utf8(std::string& out, std::string_view bytes);

}  // namespace rt
