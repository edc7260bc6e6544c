#include "io/stdio/cursor_replies.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::string_view kBegin = "\x1b[";

// How long the answer at the beginning is; 0: there is none; nothing: it may become one.
std::optional<std::size_t> answer_at_begin(std::string_view keys, std::size_t& column) {
  if (!keys.starts_with(kBegin))
    return kBegin.starts_with(keys) ? std::nullopt : std::optional<std::size_t>(0);
  const std::size_t end = keys.find_first_not_of("0123456789;", kBegin.size());
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view numbers = keys.substr(kBegin.size(), end - kBegin.size());
  const std::size_t between = numbers.find(';');
  if (keys[end] != 'R' || between == std::string_view::npos) return 0;
  const auto number = parse_uint(numbers.substr(between + 1));
  if (!number) return 0;
  column = static_cast<std::size_t>(*number);
  return end + 1;
}

}  // namespace

std::string CursorReplies::give_up() {
  due_ = 0;
  return std::exchange(kept_, {});
}

CursorReplies::Found CursorReplies::take(std::string_view keys) {
  const std::string all = std::exchange(kept_, {}) + std::string(keys);
  Found out;
  std::string_view rest = all;
  while (due_ > 0 && !rest.empty()) {
    const std::size_t begin = std::min(rest.find('\x1b'), rest.size());
    out.keys += rest.substr(0, begin);
    rest.remove_prefix(begin);
    if (rest.empty()) break;
    std::size_t column = 0;
    const auto length = answer_at_begin(rest, column);
    if (!length) {
      kept_ = rest;
      return out;
    }
    if (*length > 0) {
      out.column = column;
      --due_;
    } else {
      out.keys += rest.front();
    }
    rest.remove_prefix(std::max<std::size_t>(*length, 1));
  }
  out.keys += rest;
  return out;
}

}  // namespace rt
