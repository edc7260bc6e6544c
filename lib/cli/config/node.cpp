#include "cli/config/node.hpp"

// toml++ 3.3 asserts that a key begins as keys do, and, without asserts, lets the optimiser believe
// it: "[=]" would end the program. Behind the assertions it checks for itself.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <tuple>
#include <utility>

#include "base/text.hpp"

namespace rt::cli {
namespace {

using Kind = ConfigNode::Kind;

ConfigPlace place_of(const toml::source_region& source) {
  return {source.begin.line, source.begin.column};
}

// The fewest digits that mean the value: 1.5. std::to_chars would bring the math library.
std::string shortest(double value) {
  char digits[512];
  for (int decimals = 0; decimals < 18; ++decimals) {
    std::snprintf(digits, sizeof digits, "%.*f", decimals, value);
    if (std::strtod(digits, nullptr) == value) break;
  }
  return digits;
}

// toml++ bounds how deep values are nested, but not how many tables a dotted key makes, and goes
// down them by recursion. Looks at what is no string and no comment: wherever the text is TOML so
// far, that is what toml++ takes for keys, too.
class KeyDepth {
 public:
  // Where a key has too many parts.
  static std::optional<ConfigPlace> too_deep(std::string_view text) {
    return KeyDepth(text).find();
  }

 private:
  static constexpr unsigned kMostDots = 16;

  explicit KeyDepth(std::string_view text) : text_(text) {}

  std::optional<ConfigPlace> find() {
    unsigned dots = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '.' && ++dots > kMostDots) return place();
      if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) dots = 0;
      ++at_;
    }
    return std::nullopt;
  }

  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool lines = text_.substr(at_, 3) == three;
    at_ += lines ? 3 : 1;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\' && quote == '"') {
        ++at_;
      } else if (lines && text_.substr(at_, 3) == three) {
        at_ += 3;
        // One or two more are the string's own last characters.
        for (int more = 0; more < 2 && at_ < text_.size() && text_[at_] == quote; ++more) ++at_;
        return;
      } else if (!lines && (c == quote || c == '\n')) {
        if (c == quote) ++at_;
        return;
      }
    }
    at_ = text_.size();
  }

  ConfigPlace place() const {
    const std::string_view before = text_.substr(0, at_);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {static_cast<unsigned>(lines) + 1, static_cast<unsigned>(at_ - start) + 1};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string shown(ConfigPlace place) {
  return std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
}

// Nothing that has a meaning is nested so deep: what is in it is not taken.
constexpr unsigned kDeepest = 16;

ConfigNode taken(const toml::node& from, std::string key, ConfigPlace place, unsigned depth = 0) {
  ConfigNode node;
  node.key = std::move(key);
  node.place = place;
  if (const auto* table = from.as_table()) {
    node.kind = Kind::table;
    if (depth == kDeepest) return node;
    for (const auto& [name, value] : *table)
      node.children.push_back(
          taken(value, std::string(name.str()), place_of(name.source()), depth + 1));
    // toml++ sorts by name.
    std::stable_sort(
        node.children.begin(), node.children.end(), [](const ConfigNode& a, const ConfigNode& b) {
          return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
        });
  } else if (const auto* array = from.as_array()) {
    node.kind = Kind::array;
    if (depth == kDeepest) return node;
    for (const toml::node& value : *array)
      node.children.push_back(taken(value, {}, place_of(value.source()), depth + 1));
  } else if (const auto* text = from.as_string()) {
    node.kind = Kind::text;
    node.text = text->get();
  } else if (const auto* boolean = from.as_boolean()) {
    node.kind = Kind::boolean;
    node.text = boolean->get() ? "true" : "false";
  } else if (const auto* whole = from.as_integer()) {
    node.kind = Kind::number;
    node.text = std::to_string(whole->get());
  } else if (const auto* real = from.as_floating_point()) {
    node.text = shortest(real->get());
    if (!node.text.empty()) node.kind = Kind::number;
  }
  return node;
}

}  // namespace

Result<ConfigNode> read_toml(std::string_view text) {
  if (const auto deep = KeyDepth::too_deep(text))
    return Error(Fault::usage, shown(*deep) + "a key of so many parts is none of an option");
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& fault = parsed.error();
    return Error(Fault::usage,
                 shown(place_of(fault.source())) + printable(fault.description(), 160));
  }
  return taken(parsed.table(), {}, {1, 1});
}

}  // namespace rt::cli
