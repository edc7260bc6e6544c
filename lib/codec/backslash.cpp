#include "codec/backslash.hpp"

#include <cstddef>

#include "base/text.hpp"
#include "model/escape.hpp"

namespace rt {

BackslashWriter::BackslashWriter(std::string_view delimiter) {
  for (std::size_t byte = 0; byte < 0x20; ++byte) escaped_[byte] = true;
  escaped_[0x7F] = true;
  escaped_['\\'] = true;
  if (const auto byte = escaped_byte_of(delimiter))
    escaped_[static_cast<unsigned char>(*byte)] = true;
}

void BackslashWriter::append(std::string& out, std::string_view text) const {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!escaped_[static_cast<unsigned char>(text[i])]) continue;
    out.append(text, plain, i - plain);
    append_escape(out, text[i]);
    plain = i + 1;
  }
  out.append(text, plain);
}

Result<std::string> resolve_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = text.find('\\');
    out += text.substr(0, plain);
    if (plain == std::string_view::npos) break;
    text.remove_prefix(plain);
    if (take_escape(text, out)) continue;
    if (text.size() == 1) return Error(Fault::usage, "a backslash at its end: write \\\\ for one");
    std::size_t end = 2;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    return Error(Fault::usage, "unknown escape " + printable(text.substr(0, end)) + ": use " +
                                   std::string(kEscapesAllowed));
  }
  return out;
}

}  // namespace rt
