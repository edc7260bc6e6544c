#include "cli/config/inherit.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "model/endpoint.hpp"

namespace rt::cli {
namespace {

using Rows = std::vector<const OptionRow*>;

bool truthy(std::string_view text) {
  return text == "1" || iequals(text, "true") || iequals(text, "yes") || iequals(text, "on");
}

bool falsy(std::string_view text) {
  return text == "0" || iequals(text, "false") || iequals(text, "no") || iequals(text, "off");
}

bool contradicted(const OptionRow& row, const Rows& given) {
  return std::any_of(given.begin(), given.end(), [&](const OptionRow* other) {
    return other == &row || conflict(*other, row);
  });
}

// What an option that is switched off says is only that: it stands against nothing else.
bool contradicted(const ConfigSetting& setting, const Rows& given,
                  const std::vector<Inherited>& stronger) {
  const auto against = [&](const OptionRow& other, bool active) {
    return &other == setting.row ||
           (active && !setting.values.empty() && conflict(other, *setting.row));
  };
  return std::any_of(given.begin(), given.end(),
                     [&](const OptionRow* other) { return against(*other, true); }) ||
         std::any_of(stronger.begin(), stronger.end(), [&](const Inherited& other) {
           return against(*other.row, !other.values.empty());
         });
}

Result<std::vector<std::string>> values_of(const OptionRow& row, const std::string& text,
                                           const std::string& shown) {
  using Values = std::vector<std::string>;
  if (takes_value(row)) return Values{text};
  if (falsy(text)) return Values{};
  if (row.arity == Arity::counted) {
    const auto times = parse_uint(text);
    if (!times || *times > 9) return Error(Fault::usage, shown + ": must be a number from 0 to 9");
    return Values(static_cast<std::size_t>(*times));
  }
  if (truthy(text)) return Values{""};
  if (row.arity == Arity::flag) return Error(Fault::usage, shown + ": must be 1 or 0");
  return Values{text};
}

Result<std::vector<Inherited>> variables(const Surroundings& from, const Rows& given) {
  std::vector<std::pair<const OptionRow*, std::string>> all;
  for (const OptionRow& row : option_table()) {
    if (!applies(row, from.program, from.verb) || contradicted(row, given)) continue;
    auto value = read_variable(from.environment, variable_of(row));
    if (!value) continue;
    const bool off = !takes_value(row) && falsy(*value);
    for (const auto& [other, text] : all) {
      if (off || (!takes_value(*other) && falsy(text)) || !conflict(*other, row)) continue;
      return Error(Fault::usage, variable_of(*other) + " and " + variable_of(row) +
                                     " exclude each other: unset one");
    }
    all.emplace_back(&row, std::move(*value));
  }
  std::vector<Inherited> out;
  for (const auto& [row, text] : all) {
    const std::string name = variable_of(*row);
    const std::string shown = row->secret == Secret::yes ? name : name + "=" + printable(text);
    auto values = values_of(*row, text, shown);
    if (!values) return values.error();
    out.push_back({row, std::move(*values), name, shown, false});
  }
  return out;
}

}  // namespace

std::optional<std::string> read_variable(const EnvironmentLookup& environment,
                                         const std::string& name) {
  const char* text = environment && !name.empty() ? environment(name.c_str()) : nullptr;
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::string(text);
}

bool names_user(const ConfigEndpoint& endpoint) {
  for (const ConfigSetting& setting : endpoint.settings) {
    if (setting.row->name == "user" && !setting.values.empty()) return true;
  }
  const auto url = parse_any_endpoint(endpoint.url, Transport::poll);
  return url && !url->user.empty();
}

bool other_user(const Surroundings& from, const ConfigEndpoint& endpoint, const Rows& given) {
  const OptionRow* user = find_option("user");
  if (user == nullptr || !applies(*user, from.program, from.verb) || !names_user(endpoint))
    return false;
  return std::find(given.begin(), given.end(), user) != given.end() ||
         (!contradicted(*user, given) && read_variable(from.environment, variable_of(*user)));
}

Result<std::vector<Inherited>> inherit(const Surroundings& from, const ConfigEndpoint* endpoint,
                                       const Rows& given) {
  auto all = variables(from, given);
  if (!all) return all;
  const auto program = static_cast<std::size_t>(from.program);
  const auto verb = static_cast<std::size_t>(from.verb);
  std::vector<const ConfigTable*> tables;
  if (endpoint != nullptr) tables.push_back(&endpoint->settings);
  const ConfigSection* const sections[] = {from.profile, &from.config.own};
  for (const ConfigSection* section : sections) {
    if (section == nullptr) continue;
    tables.push_back(&section->verbs[program][verb]);
    tables.push_back(&section->programs[program]);
    tables.push_back(&section->defaults);
  }
  const bool foreign = endpoint != nullptr && other_user(from, *endpoint, given);
  for (const ConfigTable* table : tables) {
    for (const ConfigSetting& setting : *table) {
      if (!applies(*setting.row, from.program, from.verb)) continue;
      if (contradicted(setting, given, *all)) continue;
      const bool of_endpoint = endpoint != nullptr && table == &endpoint->settings;
      if (of_endpoint && foreign && setting.row->name == "password-file") continue;
      const std::string origin = origin_of(from.config, setting.table, setting.place);
      all->push_back({setting.row, setting.values, origin,
                      origin + " " + std::string(setting.row->name), of_endpoint});
    }
  }
  return all;
}

}  // namespace rt::cli
