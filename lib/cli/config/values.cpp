#include "cli/config/values.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "cli/config/config.hpp"
#include "cli/options/wording.hpp"

namespace rt::cli {
namespace {

using Kind = ConfigNode::Kind;
using Values = std::vector<std::string>;

std::string_view called(Kind kind) {
  switch (kind) {
    case Kind::table:
      return "a table";
    case Kind::array:
      return "a list";
    case Kind::text:
      return "a text";
    case Kind::number:
      return "a number";
    case Kind::boolean:
      return "true or false";
    case Kind::other:
      break;
  }
  return "a date, a time or no number";
}

Error usage(std::string text) {
  return Error(Fault::usage, std::move(text));
}

std::string with_home(const OptionRow& row, const std::string& value, std::string_view home) {
  const bool inside = row.completes == Completes::file && value.starts_with("~/") && !home.empty();
  return inside ? std::string(home) + value.substr(1) : value;
}

Result<Values> list_of(const ConfigNode& node, ConfigPlace& place) {
  Values values;
  for (const ConfigNode& child : node.children) {
    if (child.kind != Kind::text && child.kind != Kind::number) {
      place = child.place;
      return usage(printable(node.key) + " must be a list of texts, and here is " +
                   std::string(called(child.kind)));
    }
    values.push_back(child.text);
  }
  return values;
}

Result<Values> times_of(const ConfigNode& node) {
  const std::string wanted =
      printable(node.key) + " must be true, false or a whole number from 0 to 9, not ";
  if (node.kind == Kind::boolean) return node.text == "true" ? Values{""} : Values{};
  if (node.kind != Kind::number) return usage(wanted + std::string(called(node.kind)));
  const auto times = parse_uint(node.text);
  if (!times || *times > 9) return usage(wanted + node.text);
  return Values(static_cast<std::size_t>(*times));
}

Result<Values> values_of(const ConfigNode& node, const OptionRow& row, std::string_view home,
                         ConfigPlace& place) {
  const bool scalar = node.kind == Kind::text || node.kind == Kind::number;
  const bool boolean = node.kind == Kind::boolean;
  const auto wrong = [&](const std::string& wanted) {
    return usage(printable(node.key) + " must be " + wanted + ", not " +
                 std::string(called(node.kind)));
  };
  switch (row.arity) {
    case Arity::flag:
      if (!boolean) return wrong("true or false");
      return node.text == "true" ? Values{""} : Values{};
    case Arity::counted:
      return times_of(node);
    case Arity::optional_value:
      if (boolean) return node.text == "true" ? Values{""} : Values{};
      if (!scalar) return wrong("true, false, a text or a number");
      if (node.text.empty()) return usage(printable(node.key) + " is empty");
      return Values{node.text};
    case Arity::value:
      if (!scalar) return wrong("a text or a number");
      return Values{with_home(row, node.text, home)};
    case Arity::list:
      break;
  }
  if (scalar) return Values{node.text};
  if (node.kind != Kind::array) return wrong("a list of texts");
  return list_of(node, place);
}

}  // namespace

Result<std::vector<std::string>> read_values(const ConfigNode& node, const OptionRow& row,
                                             std::string_view home, ConfigPlace& place) {
  place = node.place;
  auto values = values_of(node, row, home, place);
  if (!values) return values;
  Options scratch;
  for (const std::string& value : *values) {
    if (takes_endpoint(row) && is_named(value)) continue;
    const Problem problem = row.binding.apply(scratch, value);
    if (problem.empty()) continue;
    const std::string shown = row.secret == Secret::yes || value.empty() ? "" : " = " + value;
    return usage(printable(node.key + shown) + ": " + problem + nearest_choice(row, value));
  }
  return values;
}

bool has_credentials(const OptionRow& row, const std::vector<std::string>& values) {
  if (row.name == "bearer") return !values.empty();
  if (row.name == "user") return !values.empty() && values.front().find(':') != std::string::npos;
  if (row.name != "header" && row.name != "property") return false;
  const char end = row.name == "header" ? ':' : '=';
  return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
    return names_secret_field(value.substr(0, value.find(end)));
  });
}

}  // namespace rt::cli
