#include "codec/json_difference.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <vector>

#include "base/text.hpp"

namespace rt {
namespace {

using Lines = std::vector<std::string>;

void add_line(Lines& out, char sign, std::string_view text) {
  out.push_back({sign, ' '});
  out.back() += text;
}

std::string placed(const PlacedValue& value) {
  return (value.pointer.empty() ? "" : value.pointer + " ") + value.json;
}

Lines of_values(const std::vector<PlacedValue>& before, const std::vector<PlacedValue>& now) {
  std::unordered_map<std::string_view, std::string_view> old;
  for (const PlacedValue& value : before) old.emplace(value.pointer, value.json);
  Lines out;
  for (const PlacedValue& value : now) {
    const auto found = old.find(value.pointer);
    if (found == old.end()) {
      add_line(out, '+', placed(value));
      continue;
    }
    if (found->second != value.json)
      add_line(out, '~', placed({value.pointer, std::string(found->second)}) + " -> " + value.json);
    old.erase(found);
  }
  for (const PlacedValue& value : before)
    if (old.count(value.pointer) > 0) add_line(out, '-', placed(value));
  return out;
}

Lines of_lines(std::string_view before, std::string_view now) {
  const std::vector<std::string_view> a = split(before, '\n');
  const std::vector<std::string_view> b = split(now, '\n');
  const std::size_t least = std::min(a.size(), b.size());
  std::size_t head = 0;
  while (head < least && a[head] == b[head]) ++head;
  std::size_t tail = 0;
  while (tail < least - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  Lines out;
  for (std::size_t i = head; i + tail < a.size(); ++i) add_line(out, '-', a[i]);
  for (std::size_t i = head; i + tail < b.size(); ++i) add_line(out, '+', b[i]);
  return out;
}

}  // namespace

std::vector<std::string> difference(JsonPicker& picker, std::string_view before,
                                    std::string_view now) {
  std::vector<PlacedValue> old_values;
  std::vector<PlacedValue> new_values;
  if (picker.flatten(before, old_values) && picker.flatten(now, new_values))
    return of_values(old_values, new_values);
  return of_lines(before, now);
}

}  // namespace rt
