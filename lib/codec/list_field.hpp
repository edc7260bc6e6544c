#pragma once

#include <cstddef>
#include <string_view>

#include "base/text.hpp"

namespace rt::http {

// Calls visit(element) for each element of a comma-separated list (RFC 9110 section 5.6.1) that is
// not empty, without the white space around it. Commas within quoted strings do not separate.
template <class Visit>
void for_each_element(std::string_view list, Visit visit) {
  while (!list.empty()) {
    std::size_t end = 0;
    for (bool quoted = false; end < list.size() && (quoted || list[end] != ','); ++end) {
      if (list[end] == '"') quoted = !quoted;
      if (quoted && list[end] == '\\' && end + 1 < list.size()) ++end;
    }
    const std::string_view element = trim(list.substr(0, end));
    if (!element.empty()) visit(element);
    list.remove_prefix(end < list.size() ? end + 1 : end);
  }
}

}  // namespace rt::http
