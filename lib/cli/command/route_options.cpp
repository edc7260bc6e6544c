#include "cli/command/route_options.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "cli/command/line.hpp"
#include "cli/command/own_options.hpp"
#include "cli/command/parse.hpp"

namespace rt::cli {
namespace {

void add(const ConfigTable& settings, std::size_t behind, std::vector<Occurrence>& out) {
  for (const ConfigSetting& setting : settings) {
    const OptionRow& row = *setting.row;
    if (setting.values.empty()) out.push_back({&row, std::nullopt, behind, true});
    for (const std::string& value : setting.values) {
      const bool bare = !takes_value(row) && value.empty();
      out.push_back({&row, bare ? std::nullopt : std::optional(value), behind});
    }
  }
}

// What all routes have, and this one neither says nor excludes.
ConfigTable left_of(const ConfigTable& defaults, const ConfigTable& settings) {
  ConfigTable out;
  std::copy_if(
      defaults.begin(), defaults.end(), std::back_inserter(out), [&](const ConfigSetting& one) {
        return std::none_of(settings.begin(), settings.end(), [&](const auto& other) {
          return other.row == one.row || (!other.values.empty() && conflict(*other.row, *one.row));
        });
      });
  return out;
}

void add_of_run(std::string_view name, const std::string& value, std::vector<Occurrence>& out) {
  if (!value.empty()) out.push_back({find_option(name), value});
}

// The route as a command line: each end with its own options behind it.
CommandLine line_of(const RoutesFile& file, const FileRoute& route, const Options& run) {
  CommandLine line;
  add_of_run("config", run.config, line.options);
  add_of_run("profile", run.profile, line.options);
  add(left_of(file.defaults, route.settings), 0, line.options);
  add(route.settings, 0, line.options);
  const bool several = route.from.size() > 1;
  for (const FileEnd& end : route.from) {
    if (several)
      line.options.push_back({find_option("from"), end.address});
    else
      line.positionals.push_back(end.address);
    add(end.settings, line.positionals.size(), line.options);
  }
  for (const FileEnd& end : route.to) {
    line.positionals.push_back(end.address);
    add(end.settings, line.positionals.size(), line.options);
  }
  return line;
}

std::string at(const RoutesFile& file, ConfigPlace place) {
  return file.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
}

const ConfigSetting* named_in(std::string_view error, const ConfigTable& settings) {
  for (const ConfigSetting& setting : settings)
    if (error.find(spelling_of(*setting.row)) != std::string_view::npos) return &setting;
  return nullptr;
}

}  // namespace

std::string place_of(const RoutesFile& file, const FileRoute& route, std::string_view error) {
  std::vector<const ConfigTable*> tables;
  for (const auto* const ends : {&route.from, &route.to})
    for (const FileEnd& end : *ends) tables.push_back(&end.settings);
  tables.push_back(&route.settings);
  tables.push_back(&file.defaults);
  for (const ConfigTable* table : tables)
    if (const ConfigSetting* setting = named_in(error, *table)) return at(file, setting->place);
  // Of a name only the first part is told.
  for (const auto* const ends : {&route.from, &route.to})
    for (const FileEnd& end : *ends) {
      const auto size = is_named(end.address) ? end.address.find('/') : std::string::npos;
      if (error.find(end.address.substr(0, size)) != std::string_view::npos)
        return at(file, end.place);
    }
  return at(file, route.place);
}

std::vector<RoutePlan> plan_routes(const RoutesFile& file, const RoutePlanContext& context,
                                   std::vector<Error>& faults) {
  std::vector<RoutePlan> plans;
  for (const FileRoute& route : file.routes) {
    if (route.faulty) continue;
    auto options = options_of_route(line_of(file, route, context.run), context.environment,
                                    context.configuration);
    if (!options) {
      const std::string text = options.error().text();
      faults.emplace_back(Fault::usage, place_of(file, route, text) + "[routes." +
                                            printable(route.name) + "] " + text);
      continue;
    }
    plans.push_back({route.name, std::move(*options), route.restart,
                     file.file + ":" + std::to_string(route.place.line)});
  }
  return plans;
}

}  // namespace rt::cli
