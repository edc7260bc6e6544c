#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "cli/command/decide.hpp"
#include "cli/command/explain.hpp"
#include "cli/command/line.hpp"
#include "cli/command/own_options.hpp"
#include "cli/command/parse.hpp"
#include "cli/config/config.hpp"
#include "cli/help/page.hpp"
#include "cli/options/table.hpp"

namespace rt::cli {

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
  Result<void> check_section(const ConfigEndpoint& named, EndWays ways);
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

}  // namespace rt::cli
