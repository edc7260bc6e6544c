#include "cli/command/unknown_option.hpp"

#include <vector>

#include "base/text.hpp"
#include "cli/command/foreign_names.hpp"
#include "cli/options/table.hpp"

namespace rt::cli {
namespace {

std::vector<std::string_view> names_of_options(Program program, std::optional<Verb> verb) {
  std::vector<std::string_view> names;
  for (const OptionRow& row : option_table()) {
    const bool here = verb ? applies(row, program, *verb) : applies(row, program);
    if (!here || row.name.empty()) continue;
    names.push_back(row.name);
    if (!row.alias.empty()) names.push_back(row.alias);
  }
  return names;
}

// Empty when nothing is known that could have been meant.
std::string meant(Program program, std::optional<Verb> verb, std::string_view typed) {
  if (const auto instead = instead_of_option(program, verb, typed)) return std::string(*instead);
  const std::string_view spelt = typed.substr(0, typed.find('='));
  const std::string name = ascii_lower(spelt.substr(spelt.starts_with("--") ? 2 : 1));
  if (name.size() > 1) {
    if (const auto ours = suggestion(name, names_of_options(program, verb)))
      return "did you mean --" + std::string(*ours) + "?";
  }
  if (auto instead = instead_of_letters(program, verb, typed)) return *std::move(instead);
  return verb == Verb::pub ? "a message that begins with - goes after --" : std::string();
}

}  // namespace

std::string fault_of_unknown(Program program, std::optional<Verb> verb, std::string_view typed) {
  const std::string_view shown = typed.starts_with("--") ? typed.substr(0, typed.find('=')) : typed;
  const std::string told = meant(program, verb, shown);
  return "unknown option " + printable(shown) + (told.empty() ? "" : ": " + told);
}

}  // namespace rt::cli
