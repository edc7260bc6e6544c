#pragma once

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cli/command/parse.hpp"

// Command lines for the tests of parse().
namespace rt {

using Strings = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

// A configuration file that is there, "c.toml".
struct Configured {
  std::string text;
  bool readable_by_others = false;
};

inline ParseOutcome outcome(const Strings& arguments, const Variables& variables = {},
                            const std::optional<Configured>& config = {}) {
  const std::map<std::string, Program> programs = {{"rtpoll", Program::rtpoll},
                                                   {"rtsse", Program::rtsse},
                                                   {"rtws", Program::rtws},
                                                   {"rtmqtt", Program::rtmqtt},
                                                   {"rtrelay", Program::rtrelay}};
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  const auto lookup = [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  const auto configuration = [&](const std::optional<std::string>&) -> Result<ConfigText> {
    if (!config) return ConfigText{"c.toml", {}, false, false};
    return ConfigText{"c.toml", config->text, true, config->readable_by_others};
  };
  return parse(programs.at(arguments.at(0)), static_cast<int>(argv.size()), argv.data(), lookup, {},
               configuration);
}

inline Options parsed(const Strings& arguments, const Variables& variables = {},
                      const std::optional<Configured>& config = {}) {
  auto result = outcome(arguments, variables, config);
  std::string shown;
  for (const auto& argument : arguments) shown += argument + " ";
  if (const auto* error = std::get_if<Error>(&result)) FAIL(shown << ": " << error->text());
  REQUIRE(std::holds_alternative<Options>(result));
  return std::get<Options>(std::move(result));
}

inline std::string refused(const Strings& arguments, const Variables& variables = {},
                           const std::optional<Configured>& config = {}) {
  auto result = outcome(arguments, variables, config);
  const auto* error = std::get_if<Error>(&result);
  if (error == nullptr) return "(no error)";
  CHECK(error->fault() == Fault::usage);
  CHECK(error->text().find('\n') == std::string::npos);
  return error->text();
}

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace rt
