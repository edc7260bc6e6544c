#pragma once

#include <string_view>

namespace rt {

// The bytes of an embedded file of the page ("index.html", "page.css", ...), empty when there is
// no such file.
std::string_view web_asset(std::string_view name);

}  // namespace rt
