#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "cli/config/node.hpp"
#include "cli/options/table.hpp"

// The configuration file: named endpoints, and what options are when neither the command line nor
// the environment says it.
namespace rt::cli {

// What the file says of one option.
struct ConfigSetting {
  const OptionRow* row = nullptr;
  std::vector<std::string> values;  // each for the row's binding; none: the option is switched off
  std::string table;                // "rtmqtt.sub"
  ConfigPlace place;
};
using ConfigTable = std::vector<ConfigSetting>;

// What @NAME stands for.
struct ConfigEndpoint {
  std::string name;
  std::string url;  // one that parse_any_endpoint takes
  std::optional<std::string> password;
  ConfigTable settings;  // what only this endpoint is to be reached with
  std::string table;     // "endpoints.broker"
  ConfigPlace place;
};

inline constexpr std::size_t kVerbs = static_cast<std::size_t>(Verb::compare) + 1;

// The whole file, or one profile in it.
struct ConfigSection {
  std::vector<ConfigEndpoint> endpoints;
  ConfigTable defaults;
  std::array<ConfigTable, 5> programs;                   // by Program
  std::array<std::array<ConfigTable, kVerbs>, 5> verbs;  // by Program and Verb
};

struct Config {
  std::string file;  // as errors and --explain name it; empty: there is none
  ConfigSection own;
  std::vector<std::pair<std::string, ConfigSection>> profiles;
  std::optional<ConfigPlace> secret;  // the first place that holds one
};

// Reads and judges all of the file, for all programs: a key that is no option, one in a table of
// a program or verb without it, and a value that the option does not take are errors (usage) that
// begin with "FILE:LINE:COLUMN: " and never show a secret. `home` takes the place of "~" in names
// of files.
Result<Config> read_config(std::string_view text, std::string file, std::string_view home);

const ConfigSection* find_profile(const Config& config, std::string_view name);

// "FILE:LINE [TABLE]".
std::string origin_of(const Config& config, std::string_view table, ConfigPlace place);

// "qos is an option of rtmqtt and rtrelay": the programs, or the verbs of `program` where it has
// the option.
std::string owners_of(const OptionRow& row, Program program);

// An address with the endpoint that it named, if it did.
struct NamedAddress {
  std::string url;
  const ConfigEndpoint* endpoint = nullptr;  // null: it stands as it was written
};

// Whether it is "@NAME", "@NAME/PATH", "@NAME?QUERY", or one of these behind "poll+", "sse+" and
// "ws+". An empty name is one too: that of no endpoint.
bool is_named(std::string_view address);
// Puts the endpoint's URL in the place of its name; the path goes behind the URL's own. `profile`
// may be null; its endpoints stand before the file's own. Errors (usage): no such name.
Result<NamedAddress> resolve_address(const Config& config, const ConfigSection* profile,
                                     std::string_view address);
// All names, those of the profile first, each once.
std::vector<std::string> endpoint_names(const Config& config, const ConfigSection* profile);

}  // namespace rt::cli
