#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/config/config.hpp"
#include "cli/config/lookups.hpp"
#include "cli/options/table.hpp"

// What options are when the command line leaves them open.
namespace rt::cli {

struct Inherited {
  const OptionRow* row = nullptr;
  std::vector<std::string> values;  // each for the row's binding; none: the option is switched off
  std::string origin;               // "RT_QOS", "FILE:4 [rtmqtt]"
  std::string shown;                // how an error begins: "RT_QOS=7"; never with a secret
  bool of_endpoint = false;         // the named endpoint's own table says it
};

// A variable's value; nullopt when it is not set or empty.
std::optional<std::string> read_variable(const EnvironmentLookup& environment,
                                         const std::string& name);

// Who asks, and where there is to look.
struct Surroundings {
  Program program;
  Verb verb;
  const EnvironmentLookup& environment;
  const Config& config;
  const ConfigSection* profile = nullptr;  // null: none
};

// What counts, the strongest first: of variables, the endpoint (null: none), the profile's tables
// of verb, program and defaults, and the file's own. `given` are the options of the command line:
// what contradicts one of them, or what is stronger, is left out. Errors (usage): two variables
// that exclude each other, or one that cannot be read.
Result<std::vector<Inherited>> inherit(const Surroundings& from, const ConfigEndpoint* endpoint,
                                       const std::vector<const OptionRow*>& given);

// Whether its table or its URL names a user.
bool names_user(const ConfigEndpoint& endpoint);

// Whether the endpoint's password is for somebody else than the user who is to be: it names one,
// and the command line or a variable another.
bool other_user(const Surroundings& from, const ConfigEndpoint& endpoint,
                const std::vector<const OptionRow*>& given);

}  // namespace rt::cli
