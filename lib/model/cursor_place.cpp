#include "model/cursor_place.hpp"

#include "base/text.hpp"

namespace rt {

Result<CursorPlace> CursorPlace::parse(std::string_view text) {
  constexpr std::string_view kHeader = "header:";
  CursorPlace place;
  if (text.ends_with("+1")) {
    place.next = true;
    text.remove_suffix(2);
  }
  if (text.starts_with(kHeader)) {
    place.header = ascii_lower(text.substr(kHeader.size()));
    if (place.header.empty() || place.header.find_first_of(" \t:") != std::string::npos)
      return Error(Fault::usage, "header: is followed by a header's name, as in header:X-Index");
    return place;
  }
  auto pointer = JsonPointer::parse(text);
  if (!pointer) return pointer.error();
  if (text.empty())
    return Error(Fault::usage, "it is a JSON pointer (/next) or a header (header:X-Index)");
  place.pointer = std::move(*pointer);
  return place;
}

}  // namespace rt
