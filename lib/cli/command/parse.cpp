#include "cli/command/parse.hpp"

#include <optional>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "cli/command/foreign_names.hpp"
#include "cli/command/habits.hpp"
#include "cli/command/interpreter.hpp"
#include "cli/command/take_arguments.hpp"
#include "cli/command/unknown_option.hpp"
#include "cli/help/generate.hpp"
#include "cli/help/page.hpp"
#include "cli/options/wording.hpp"

namespace rt {
namespace cli {
namespace {

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
  if (program == Program::rtrelay) return {"FROM TO", "run", "serve", "compare"};
  std::vector<std::string_view> names;
  for (const Verb verb : verbs_of(program)) names.push_back(name_of(verb));
  return names;
}

// For errors that tell the verbs of a program apart.
std::string called(Program program, Verb verb) {
  return command_of(program, verb) + (verb == Verb::relay ? " FROM TO" : "");
}

}  // namespace

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
  const bool connects =
      verb_ != Verb::serve && verb_ != Verb::relay && verb_ != Verb::run && verb_ != Verb::compare;
  const bool all_here = std::all_of(
      line_.options.begin(), line_.options.end(),
      [&](const Occurrence& option) { return !verb_ || applies(*option.row, program_, *verb_); });
  if (!all_here) return std::nullopt;
  if (connects && line_.positionals.empty() && !given("explain")) return swallowed_url(line_);
  if (verb_ != Verb::serve) {
    if (auto meant = unwanted_value(program_, verb_, line_)) return meant;
  }
  const bool too_many = verb_ == Verb::relay || line_.positionals.size() > 1;
  if (!too_many || verb_ == Verb::pub || verb_ == Verb::rpc || verb_ == Verb::serve ||
      verb_ == Verb::compare)
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

}  // namespace cli

Result<Options> options_of_route(cli::CommandLine line, const EnvironmentLookup& environment,
                                 const ConfigLookup& configuration) {
  return cli::Interpreter(Program::rtrelay, environment, {}, configuration)
      .run_route(std::move(line));
}

ParseOutcome parse(Program program, int argc, const char* const* argv,
                   const EnvironmentLookup& environment, HelpStyle style,
                   const ConfigLookup& configuration) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) arguments.emplace_back(argv[i]);
  auto line = cli::take_apart(program, arguments);
  if (!line) {
    cli::Interpreter interpreter(program, environment, style, configuration);
    return interpreter.misplaced_last(std::move(arguments)).value_or(line.error());
  }
  return cli::Interpreter(program, environment, style, configuration).run(std::move(*line));
}

}  // namespace rt
