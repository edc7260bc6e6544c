#pragma once

#include <string_view>

namespace rt {

// True for a whole number or fraction as JSON writes it (RFC 8259 section 6).
bool is_json_number(std::string_view text);

}  // namespace rt
