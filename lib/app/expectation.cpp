#include "app/expectation.hpp"

#include "base/text.hpp"

namespace rt {

bool ExpectationState::look_at(const Message& message) {
  if (!exists() || came_) return false;
  if (!wanted_.pattern->matches(message.selected ? *message.selected : message.payload))
    return false;
  came_ = true;
  return true;
}

Error ExpectationState::missed(const std::string& circumstance) const {
  const std::string pattern = printable(wanted_.pattern->text());
  // As it may stand on a command line.
  const char quote = pattern.find('"') == std::string::npos ? '"' : '\'';
  const std::string shown = wanted_.pattern->is_regex() ? pattern : quote + pattern + quote;
  return Error(Fault::timeout, shown + " did not come" + circumstance);
}

std::string duration_text(Milliseconds duration) {
  const auto count = duration.count();
  if (count < 1000) return std::to_string(count) + "ms";
  std::string out = std::to_string(count / 1000);
  if (const auto rest = count % 1000; rest != 0) {
    std::string digits = std::to_string(1000 + rest).substr(1);
    while (digits.back() == '0') digits.pop_back();
    out += '.' + digits;
  }
  return out + 's';
}

}  // namespace rt
