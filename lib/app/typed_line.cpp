#include "app/typed_line.hpp"

#include "base/text.hpp"

namespace rt {
namespace {

using What = TypedLine::What;

// What an endpoint may send (RFC 6455, section 7.4, and its registry).
bool may_be_sent(std::uint64_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

TypedLine wrong(std::string problem) {
  return {.what = What::wrong, .problem = std::move(problem)};
}

TypedLine read_close(std::string_view code) {
  if (code.empty()) return {.what = What::close};
  const auto number = parse_uint(code);
  if (!number || !may_be_sent(*number))
    return wrong("/close: CODE is 1000 to 1003, 1007 to 1014, or 3000 to 4999");
  return {.what = What::close, .code = static_cast<std::uint16_t>(*number)};
}

}  // namespace

TypedLine read_typed_line(std::string_view line) {
  if (!line.starts_with('/')) return {.text = line};
  if (line.starts_with("//")) return {.text = line.substr(1)};
  const std::size_t space = line.find(' ');
  const std::string_view name = line.substr(0, space);
  const std::string_view rest =
      space == std::string_view::npos ? std::string_view() : trim(line.substr(space));
  if (name == "/close") return read_close(rest);
  if (name == "/ping" && rest.empty()) return {.what = What::ping};
  if (name == "/help" && rest.empty()) return {.what = What::help};
  return wrong(printable(name) + " is no command (/help); to send it write /" + printable(line));
}

}  // namespace rt
