#pragma once

#include <string_view>

namespace rt {

// The bytes of an embedded file of the page ("index.html", "page.css", ...), empty when there is
// no such file.
std::string_view web_asset(std::string_view name);

// The same of what a report is made with: "report.css". A hub does not serve it.
std::string_view report_asset(std::string_view name);

}  // namespace rt
