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

Result<Options> options_of(const RoutesFile& file, const FileRoute& route,
                           const RoutePlanContext& context) {
  return options_of_route(line_of(file, route, context.run), context.environment,
                          context.configuration);
}

// What a route may have one wrong thing of.
struct Suspect {
  ConfigTable* settings = nullptr;  // one of them; null: the end itself
  FileEnd* end = nullptr;
};

}  // namespace

std::string place_of(const RoutesFile& file, const FileRoute& route,
                     const RoutePlanContext& context, const RouteJudge& good) {
  RoutesFile changed = file;
  FileRoute copy = route;
  const auto mended = [&] {
    const Result<Options> options = options_of(changed, copy, context);
    return options && good(*options);
  };
  std::vector<Suspect> suspects;
  for (auto* const ends : {&copy.from, &copy.to})
    for (FileEnd& end : *ends) suspects.push_back({&end.settings});
  suspects.push_back({&copy.settings});
  suspects.push_back({&changed.defaults});
  for (auto* const ends : {&copy.from, &copy.to})
    for (FileEnd& end : *ends) suspects.push_back({nullptr, &end});
  for (const Suspect& suspect : suspects) {
    if (suspect.end != nullptr) {
      const std::string address = std::exchange(suspect.end->address, "file:/dev/null");
      if (mended()) return at(file, suspect.end->place);
      suspect.end->address = address;
      continue;
    }
    const ConfigTable all = *suspect.settings;
    for (std::size_t i = 0; i < all.size(); ++i) {
      *suspect.settings = all;
      suspect.settings->erase(suspect.settings->begin() + static_cast<std::ptrdiff_t>(i));
      if (mended()) return at(file, all[i].place);
    }
    *suspect.settings = all;
  }
  return at(file, route.place);
}

std::vector<RoutePlan> plan_routes(const RoutesFile& file, const RoutePlanContext& context,
                                   std::vector<Error>& faults) {
  std::vector<RoutePlan> plans;
  for (const FileRoute& route : file.routes) {
    if (route.faulty) continue;
    auto options = options_of(file, route, context);
    if (!options) {
      const std::string place = place_of(file, route, context, [](const Options&) { return true; });
      faults.emplace_back(
          Fault::usage, place + "[routes." + printable(route.name) + "] " + options.error().text());
      continue;
    }
    plans.push_back({route.name, std::move(*options), route.restart,
                     file.file + ":" + std::to_string(route.place.line)});
  }
  return plans;
}

}  // namespace rt::cli
