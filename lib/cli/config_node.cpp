#include "cli/config_node.hpp"

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

// toml++ bounds how deep tables and arrays may be nested.
ConfigNode taken(const toml::node& from, std::string key, ConfigPlace place) {
  ConfigNode node;
  node.key = std::move(key);
  node.place = place;
  if (const auto* table = from.as_table()) {
    node.kind = Kind::table;
    for (const auto& [name, value] : *table)
      node.children.push_back(taken(value, std::string(name.str()), place_of(name.source())));
    // toml++ sorts by name.
    std::stable_sort(
        node.children.begin(), node.children.end(), [](const ConfigNode& a, const ConfigNode& b) {
          return std::tie(a.place.line, a.place.column) < std::tie(b.place.line, b.place.column);
        });
  } else if (const auto* array = from.as_array()) {
    node.kind = Kind::array;
    for (const toml::node& value : *array)
      node.children.push_back(taken(value, {}, place_of(value.source())));
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
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& fault = parsed.error();
    const ConfigPlace place = place_of(fault.source());
    return Error(Fault::usage, std::to_string(place.line) + ":" + std::to_string(place.column) +
                                   ": " + printable(fault.description(), 160));
  }
  return taken(parsed.table(), {}, {1, 1});
}

}  // namespace rt::cli
