#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rt::http {

// The target, as it is written, of the first link in a Link field's value whose relation is that
// one (RFC 8288): `<https://h/x?page=2>; rel="next"`. What cannot be read ends the search.
std::optional<std::string> link_to(std::string_view field, std::string_view relation);

}  // namespace rt::http
