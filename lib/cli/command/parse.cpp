#include "cli/command/parse.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "cli/command/decide.hpp"
#include "cli/command/explain.hpp"
#include "cli/command/foreign_names.hpp"
#include "cli/command/habits.hpp"
#include "cli/command/line.hpp"
#include "cli/command/own_options.hpp"
#include "cli/command/take_arguments.hpp"
#include "cli/command/unknown_option.hpp"
#include "cli/config/config.hpp"
#include "cli/config/known_names.hpp"
#include "cli/help/generate.hpp"
#include "cli/help/page.hpp"
#include "cli/options/table.hpp"
#include "cli/options/wording.hpp"

namespace rt {
namespace {

using namespace cli;

std::optional<Verb> verb_named(Program program, std::string_view name) {
  for (const Verb verb : verbs_of(program)) {
    if (name_of(verb) == name) return verb;
  }
  return std::nullopt;
}

// Told apart from a misspelt verb: no verb has a digit, a dot, a colon or a slash.
bool looks_like_address(std::string_view text) {
  return text == "localhost" || text.find_first_of("0123456789.:/") != std::string_view::npos;
}

bool looks_like_endpoint(std::string_view text) {
  return text.empty() || text == "-" || looks_like_address(text) || is_named(text);
}

std::string shown_value(const std::string& value) {
  return value.empty() ? "''" : printable(value);
}

// What can be written where the verb stands.
std::vector<std::string_view> verb_names(Program program) {
  if (program == Program::rtrelay) return {"FROM TO", "run", "serve"};
  std::vector<std::string_view> names;
  for (const Verb verb : verbs_of(program)) names.push_back(name_of(verb));
  return names;
}

// For errors that tell the verbs of a program apart.
std::string called(Program program, Verb verb) {
  return command_of(program, verb) + (verb == Verb::relay ? " FROM TO" : "");
}

// Turns one command line and its environment into Options.
class Interpreter {
 public:
  Interpreter(Program program, const EnvironmentLookup& environment, HelpStyle style,
              const ConfigLookup& configuration)
      : program_(program),
        environment_(environment),
        style_(style),
        configuration_(configuration) {}

  // For a line whose last option lacks its value: an error when the verb does not have it at all.
  std::optional<Error> misplaced_last(std::vector<std::string> arguments) {
    const OptionRow* last = without_value(program_, arguments);
    if (last == nullptr) return std::nullopt;
    std::vector<std::string> before(arguments.begin(), arguments.end() - 1);
    auto line = take_apart(program_, std::move(before));
    if (!line) return std::nullopt;
    line_ = std::move(*line);
    find_verb();
    line_.arguments = std::move(arguments);
    if (!verb_ || applies(*last, program_, *verb_)) return std::nullopt;
    return misplaced(*last);
  }

  Result<Options> run_route(CommandLine line) {
    line_ = std::move(line);
    verb_ = Verb::relay;
    of_file_ = true;
    if (auto done = take_steps(); !done) return done.error();
    return std::move(options_);
  }

  ParseOutcome run(CommandLine line) {
    line_ = std::move(line);
    find_verb();
    if (auto answer = asked_for()) return std::move(*answer);
    if (!line_.unknown.empty()) return unknown_option(line_.unknown.front());
    if (const auto meant = meant_otherwise()) return usage(*meant + see_help());
    if (!verb_) return no_verb();
    if (auto done = take_steps(); !done) return done.error();
    if (options_.explain)
      return TextToPrint{
          explain_run({program_, config_, verb_ == Verb::relay ? shared_.common : line_.options,
                       decision_, ends_, positional_, options_})};
    return std::move(options_);
  }

 private:
  Error usage(std::string text) const { return Error(Fault::usage, std::move(text)); }

  std::string command() const { return command_of(program_, verb_); }
  std::string see_help() const { return of_file_ ? "" : " (" + command() + " --help)"; }

  Result<void> take_steps() {
    for (const auto step :
         {&Interpreter::check_given, &Interpreter::read_configuration, &Interpreter::resolve_names,
          &Interpreter::decide_all, &Interpreter::check_needs, &Interpreter::take_positionals}) {
      if (auto done = (this->*step)(); !done) return done;
    }
    return {};
  }

  void find_verb();
  std::optional<ParseOutcome> asked_for();
  ParseOutcome requested_help(HelpDetail detail) const;
  Error unknown_option(std::string_view typed) const;
  std::optional<std::string> meant_otherwise() const;
  Error no_verb() const;

  Result<void> check_given();
  Result<void> load(const std::optional<std::string>& named);
  Result<void> read_configuration();
  Result<void> check_named_sources() const;
  Result<void> resolve_names();
  Result<void> resolve_bus();
  Result<void> check_conflicts(const std::vector<Occurrence>& options) const;
  Result<void> share_options();
  Result<void> decide_all();
  Result<void> decide_ends();
  Result<void> check_needs();
  Result<void> take_positionals();

  std::optional<std::string> named_file() const;
  std::optional<std::string> known_to_completions(std::string_view what);
  Surroundings surroundings() const { return {program_, *verb_, environment_, config_, profile_}; }

  Error misplaced(const OptionRow& row) const;
  bool given(std::string_view name) const;
  std::optional<std::string> last_given(std::string_view name) const;

  Program program_;
  const EnvironmentLookup& environment_;
  HelpStyle style_;
  const ConfigLookup& configuration_;
  CommandLine line_;
  std::optional<Verb> verb_;
  bool help_word_ = false;  // "rtws help" was written
  bool of_file_ = false;    // a file says what could stand on the command line

  Config config_;
  bool others_read_ = false;
  const ConfigSection* profile_ = nullptr;
  const ConfigEndpoint* endpoint_ = nullptr;       // the one to connect to, not of a relay
  std::vector<const ConfigEndpoint*> positional_;  // of each argument; null: not a named one
  Decision decision_;
  std::vector<Decision> ends_;  // of a relay whose ends have options of their own
  SharedOut shared_;            // of a relay
  Options options_;
};

// Takes the verb off the positional arguments.
void Interpreter::find_verb() {
  auto& arguments = line_.positionals;
  if (arguments.empty()) {
    if (program_ == Program::rtrelay && given("from")) verb_ = Verb::relay;
    return;
  }
  help_word_ = arguments.front() == "help" && arguments.size() <= 2 && !given("from");
  if (help_word_) {
    arguments.erase(arguments.begin());
    if (!arguments.empty()) verb_ = verb_named(program_, arguments.front());
    if (verb_) arguments.clear();
    return;
  }
  verb_ = verb_named(program_, arguments.front());
  if (verb_) {
    arguments.erase(arguments.begin());
    for (Occurrence& option : line_.options) option.behind -= option.behind > 0 ? 1 : 0;
  } else if (program_ == Program::rtws && !given("data") &&
             (looks_like_address(arguments.front()) || is_named(arguments.front()))) {
    verb_ = Verb::pipe;
  } else if (program_ == Program::rtrelay &&
             (looks_like_endpoint(arguments.front()) || given("from"))) {
    verb_ = Verb::relay;
  }
}

std::optional<ParseOutcome> Interpreter::asked_for() {
  for (const Occurrence& option : line_.options) {
    const OptionRow& row = *option.row;
    if (row.binding.apply != nullptr) continue;
    // To Mosquitto's clients -h is a host.
    if (row.name.empty() && program_ == Program::rtmqtt && !line_.unknown.empty()) continue;
    if (row.name == "version") {
      if (const auto meant = other_version(program_, line_.arguments))
        return usage(*meant + see_help());
      return TextToPrint{version_text(program_)};
    }
    if (row.name == "mosquitto")
      return usage("--mosquitto goes first: rtmqtt --mosquitto " +
                   shown_value(option.value.value_or("")) + " -h HOST -t TOPIC" + see_help());
    if (row.name == "generate") {
      const std::string format = option.value.value_or("");
      if (auto names = known_to_completions(format)) return TextToPrint{*std::move(names)};
      if (const auto face = face_named(format)) return TextToPrint{generate(program_, *face)};
      const auto names = split(row.choices, ' ');
      return usage(spelling_of(row) + " " + shown_value(format) + ": must be " + listed(names) +
                   see_help());
    }
    return requested_help(row.name == "help" ? HelpDetail::full : HelpDetail::brief);
  }
  const bool known = verb_ || line_.positionals.empty();
  if (help_word_ && known && line_.unknown.empty()) return requested_help(HelpDetail::full);
  return std::nullopt;
}

ParseOutcome Interpreter::requested_help(HelpDetail detail) const {
  return TextToPrint{render(help_sections(program_, verb_, detail), style_)};
}

// What can be read, but says something else elsewhere.
std::optional<std::string> Interpreter::meant_otherwise() const {
  if (auto meant = other_meaning(program_, verb_, line_.arguments)) return meant;
  if (verb_ == Verb::pipe && !line_.positionals.empty() && is_listener(line_.positionals.front()))
    return "to listen write rtws serve PORT";
  if (!verb_ && given("data")) return std::nullopt;
  if (auto meant = equals_behind_letter(line_)) return meant;
  const bool connects = verb_ != Verb::serve && verb_ != Verb::relay && verb_ != Verb::run;
  const bool all_here = std::all_of(
      line_.options.begin(), line_.options.end(),
      [&](const Occurrence& option) { return !verb_ || applies(*option.row, program_, *verb_); });
  if (!all_here) return std::nullopt;
  if (connects && line_.positionals.empty() && !given("explain")) return swallowed_url(line_);
  if (verb_ != Verb::serve) {
    if (auto meant = unwanted_value(program_, verb_, line_)) return meant;
  }
  const bool too_many = verb_ == Verb::relay || line_.positionals.size() > 1;
  if (!too_many || verb_ == Verb::pub || verb_ == Verb::rpc || verb_ == Verb::serve)
    return std::nullopt;
  return detached_value(program_, line_.arguments);
}

Error Interpreter::misplaced(const OptionRow& row) const {
  const auto instead = instead_of_misplaced(program_, verb_, row, line_.arguments);
  return usage("--" + owners_of(row, program_) + ", not of " +
               (verb_ ? called(program_, *verb_) : command()) +
               (instead.empty() ? "" : ": " + std::string(instead)) + see_help());
}

Error Interpreter::unknown_option(std::string_view typed) const {
  if (typed.starts_with("--")) {
    const auto name = typed.substr(2, typed.find('=') - 2);
    const OptionRow* row = find_option(ascii_lower(name));
    if (row != nullptr && !applies(*row, program_)) return misplaced(*row);
  }
  return usage(fault_of_unknown(program_, verb_, typed) + see_help());
}

Error Interpreter::no_verb() const {
  const auto names = verb_names(program_);
  const bool none = line_.positionals.empty();
  const std::string typed = none ? std::string() : line_.positionals.front();
  const bool address = looks_like_address(typed) || is_named(typed);
  const std::string shown = "unknown verb " + printable(typed) + ": ";
  if (!none && !address) {
    if (const auto verb = instead_of_verb(program_, typed))
      return usage(shown + "use " + std::string(name_of(*verb)) + see_help());
    if (const auto meant = suggestion(ascii_lower(typed), names))
      return usage(shown + "did you mean " + std::string(*meant) + "?" + see_help());
  }
  if (given("data"))
    return usage("-d is what pub sends, and no verb is given: write " +
                 command_of(program_, Verb::pub) + " URL -d DATA" + see_help());
  if (none && program_ == Program::rtrelay && given("listen"))
    return usage("--listen is an option of rtrelay run: use serve PORT for a hub" + see_help());
  if (none && program_ == Program::rtrelay)
    return usage(
        "nothing to relay: write rtrelay FROM TO..., rtrelay run FILE, or rtrelay serve PORT" +
        see_help());
  if (none) return usage("a verb is missing: use " + listed(names) + see_help());
  if (address)
    return usage("a verb goes before " + shown_argument(typed) + ": use " + listed(names) +
                 see_help());
  return usage(shown + "use " + listed(names) + see_help());
}

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
  if (*verb_ == Verb::run) return {};
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

}  // namespace

Result<Options> options_of_route(CommandLine line, const EnvironmentLookup& environment,
                                 const ConfigLookup& configuration) {
  return Interpreter(Program::rtrelay, environment, {}, configuration).run_route(std::move(line));
}

ParseOutcome parse(Program program, int argc, const char* const* argv,
                   const EnvironmentLookup& environment, HelpStyle style,
                   const ConfigLookup& configuration) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) arguments.emplace_back(argv[i]);
  auto line = take_apart(program, arguments);
  if (!line) {
    Interpreter interpreter(program, environment, style, configuration);
    return interpreter.misplaced_last(std::move(arguments)).value_or(line.error());
  }
  return Interpreter(program, environment, style, configuration).run(std::move(*line));
}

}  // namespace rt
