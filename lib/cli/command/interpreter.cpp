#include "cli/command/interpreter.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "cli/command/foreign_names.hpp"
#include "cli/command/habits.hpp"
#include "cli/command/take_arguments.hpp"
#include "cli/command/unknown_option.hpp"
#include "cli/config/known_names.hpp"
#include "cli/options/end_kinds.hpp"
#include "cli/options/wording.hpp"

// From a line to options, step by step.
namespace rt::cli {

bool Interpreter::given(std::string_view name) const {
  return std::any_of(line_.options.begin(), line_.options.end(),
                     [&](const Occurrence& option) { return option.row->name == name; });
}

std::optional<std::string> Interpreter::last_given(std::string_view name) const {
  std::optional<std::string> value;
  for (const Occurrence& option : line_.options) {
    if (option.row->name == name) value = option.value.value_or("");
  }
  return value;
}

Result<void> Interpreter::check_given() {
  for (const Occurrence& option : line_.options)
    if (!applies(*option.row, program_, *verb_)) return misplaced(*option.row);
  // What excludes each other may be for two ends of a relay.
  return *verb_ == Verb::relay ? Result<void>() : check_conflicts(line_.options);
}

Result<void> Interpreter::check_conflicts(const std::vector<Occurrence>& options) const {
  for (std::size_t i = 0; i < options.size(); ++i) {
    const OptionRow& row = *options[i].row;
    for (std::size_t j = 0; j < i; ++j) {
      if (options[i].off || options[j].off || !conflict(*options[j].row, row)) continue;
      return usage(spelling_of(*options[j].row) + " and " + spelling_of(row) +
                   " exclude each other: give one" + see_help());
    }
  }
  return {};
}

// An empty name is one, too: it means that nothing is read.
std::optional<std::string> Interpreter::named_file() const {
  if (auto named = last_given("config")) return named;
  const char* variable = environment_ ? environment_("RT_CONFIG") : nullptr;
  return variable != nullptr ? std::optional<std::string>(variable) : std::nullopt;
}

Result<void> Interpreter::load(const std::optional<std::string>& named) {
  if (!configuration_ || named == "") return {};
  const auto found = configuration_(named);
  if (!found) return found.error();
  if (!found->exists) return {};
  auto config = read_config(found->text, found->name,
                            read_variable(environment_, "HOME").value_or(std::string()));
  if (!config) return config.error();
  config_ = std::move(*config);
  others_read_ = found->readable_by_others;
  return {};
}

Result<void> Interpreter::read_configuration() {
  if (auto done = load(named_file()); !done) return done;
  auto name = last_given("profile");
  if (!name) name = read_variable(environment_, "RT_PROFILE");
  if (!name || name->empty()) return {};
  profile_ = find_profile(config_, *name);
  if (profile_ != nullptr) return {};
  const std::string shown = "unknown profile " + printable(*name) + ": ";
  if (config_.file.empty()) return usage(shown + "there is no configuration file (--config FILE)");
  std::vector<std::string_view> names;
  for (const auto& [known, section] : config_.profiles) names.push_back(known);
  if (names.empty()) return usage(shown + config_.file + " has no [profiles.NAME]");
  if (const auto meant = suggestion(*name, names))
    return usage(shown + "did you mean " + std::string(*meant) + "?");
  return usage(shown + config_.file + " has " + listed(names, "and"));
}

// What is wrong with the file is told when the program runs.
std::optional<std::string> Interpreter::known_to_completions(std::string_view what) {
  if (what == "profiles") {
    std::string text;
    if (!load(named_file())) return text;
    for (const auto& [name, section] : config_.profiles) text += name + "\n";
    return text;
  }
  const bool urls = what == "urls";
  const bool sources = what == "sources";
  const bool brokers = what == "brokers";
  if (!urls && !sources && !brokers && what != "endpoints") return std::nullopt;
  if (!read_configuration()) return std::string();
  if (urls) return url_list(program_, config_, profile_);
  return endpoint_list(brokers ? Program::rtmqtt : program_, config_, profile_, sources);
}

// What is wrong with a source beside its name is told later.
Result<void> Interpreter::check_named_sources() const {
  const auto check = [&](const std::string& text, std::string_view place) -> Result<void> {
    if (const auto fault = fault_of_named_source(config_, profile_, text, place))
      return usage(*fault + see_help());
    return {};
  };
  for (const Occurrence& option : line_.options) {
    if (option.row->name != "from") continue;
    if (auto checked = check(*option.value, "--from"); !checked) return checked;
  }
  bool first = !given("from");
  for (const std::string& argument : line_.positionals) {
    if (!first && !given("both")) break;
    if (auto checked = check(argument, first ? "FROM" : "TO"); !checked) return checked;
    first = false;
  }
  return {};
}

// Puts URLs in the place of the names among the arguments.
Result<void> Interpreter::resolve_names() {
  if (*verb_ == Verb::run || *verb_ == Verb::compare) return {};
  if (*verb_ == Verb::serve) return resolve_bus();
  const bool all = *verb_ == Verb::relay || (program_ == Program::rtmqtt && *verb_ == Verb::sub);
  if (*verb_ == Verb::relay) {
    if (auto checked = check_named_sources(); !checked) return checked;
  }
  for (std::string& argument : line_.positionals) {
    if (!all && !positional_.empty()) break;
    auto address = resolve_address(config_, profile_, argument);
    if (!address) return usage(address.error().text() + see_help());
    argument = std::move(address->url);
    positional_.push_back(address->endpoint);
  }
  if (*verb_ == Verb::relay || positional_.empty()) return {};
  endpoint_ = positional_.front();
  for (const ConfigEndpoint* other : positional_) {
    if (other == endpoint_ || other == nullptr) continue;
    return usage("one connection has one endpoint: name @" + other->name +
                 " first, or read from both with rtrelay --from" + see_help());
  }
  return {};
}

// A hub connects to its bus alone.
Result<void> Interpreter::resolve_bus() {
  auto bus = last_given("bus");
  if (!bus) {
    std::vector<const OptionRow*> rows;
    for (const Occurrence& option : line_.options) rows.push_back(option.row);
    const auto inherited = inherit(surroundings(), nullptr, rows);
    if (!inherited) return inherited.error();
    for (const Inherited& one : *inherited) {
      if (one.row->name == "bus" && !one.values.empty()) bus = one.values.back();
    }
  }
  if (!bus) return {};
  const auto address = resolve_address(config_, profile_, *bus);
  // What is wrong with it is told with the option's name before it.
  if (address) endpoint_ = address->endpoint;
  return {};
}

// Of a relay: which options are for all, and which for one end.
Result<void> Interpreter::share_options() {
  const auto all = decide(surroundings(), nullptr, line_.options, {}, see_help());
  if (!all) return all.error();
  shared_ = share_out(line_, all->options.from, all->options.dead_letter);
  if (auto checked = check_conflicts(shared_.common); !checked) return checked;
  for (const auto& own : shared_.own)
    if (auto checked = check_conflicts(own); !checked) return checked;
  return {};
}

Result<void> Interpreter::decide_all() {
  const bool relay = *verb_ == Verb::relay;
  if (relay) {
    if (auto shared = share_options(); !shared) return shared;
  }
  const auto& given = relay ? shared_.common : line_.options;
  auto decision = decide(surroundings(), endpoint_, given, {}, see_help());
  if (!decision) return decision.error();
  decision_ = std::move(*decision);
  options_ = decision_.options;
  if (config_.secret && others_read_)
    options_.warnings.push_back(config_.file + ":" + std::to_string(config_.secret->line) +
                                ": holds a secret and can be read by others: chmod 600 " +
                                config_.file);
  return relay ? decide_ends() : Result<void>();
}

// A section is for all uses of an endpoint: what it has for another way only is told.
Result<void> Interpreter::check_section(const ConfigEndpoint& named, EndWays ways) {
  const auto endpoint = parse_relay_endpoint(named.url);
  if (!endpoint) return endpoint.error();
  const EndKind kind = kind_of(*endpoint);
  for (const ConfigSetting& setting : named.settings) {
    const OptionRow& row = *setting.row;
    if (!applies(row, program_, *verb_) || !is_of_ends(row.ends) || takes(row.ends, kind, ways))
      continue;
    const std::string text = origin_of(config_, setting.table, setting.place) + " " +
                             std::string(row.name) + ": not for ";
    if (!takes(row.ends, kind, {.source = true, .sink = true}))
      return usage(text + "an end such as " + endpoint->display() + see_help());
    options_.warnings.push_back(text + endpoint->display() + " as a " +
                                (ways.source ? "source" : "sink") + ", and left out there");
  }
  return {};
}

Result<void> Interpreter::decide_ends() {
  std::vector<const ConfigEndpoint*> named = decision_.from;
  named.insert(named.end(), positional_.begin(), positional_.end());
  const std::size_t dead_letter = named.size();
  if (!options_.dead_letter.empty()) named.push_back(decision_.dead_letter);
  const bool own = std::any_of(named.begin(), named.end(), [](const ConfigEndpoint* endpoint) {
    return endpoint != nullptr && (!endpoint->settings.empty() || endpoint->password);
  });
  if (!own && !shared_.any_own()) return {};
  for (std::size_t i = 0; i < named.size(); ++i) {
    const bool source = i < decision_.from.size() || (i == 0 && decision_.from.empty());
    const bool both = options_.both && i != dead_letter;
    const EndWays ways{source || both, !source || both};
    if (named[i] != nullptr)
      if (auto fits = check_section(*named[i], ways); !fits) return fits;
    const auto common = common_of_end(shared_.common, shared_.own[i], ways);
    auto end = decide(surroundings(), named[i], common, shared_.own[i], see_help());
    if (!end) return end.error();
    options_.ends.push_back(end->options);
    ends_.push_back(std::move(*end));
  }
  return {};
}

Result<void> Interpreter::check_needs() {
  for (const Occurrence& option : line_.options) {
    const OptionRow* needed = needed_by(*option.row, program_, *verb_);
    if (needed == nullptr || given(needed->name)) continue;
    const bool inherited = std::any_of(
        decision_.inherited.begin(), decision_.inherited.end(),
        [&](const Inherited& other) { return other.row == needed && !other.values.empty(); });
    if (inherited) continue;
    const auto instead =
        instead_of_misplaced(program_, verb_, *option.row, std::vector<std::string>());
    return usage(spelling_of(*option.row) + " needs " + spelling_of(*needed) +
                 (instead.empty() ? "" : ": " + std::string(instead)) + see_help());
  }
  return {};
}

Result<void> Interpreter::take_positionals() {
  // One may ask what the options are before there is a URL.
  if (options_.explain && line_.positionals.empty()) return {};
  // Messages on the command line stand in the place of what the file sends.
  const bool messages =
      (*verb_ == Verb::pub || *verb_ == Verb::rpc) && line_.positionals.size() > 1;
  if (messages && !given("data")) options_.data.clear();
  const Result<void> taken = take_arguments(program_, std::move(line_.positionals), options_);
  if (taken) return {};
  return usage(taken.error().text() + see_help());
}

}  // namespace rt::cli
