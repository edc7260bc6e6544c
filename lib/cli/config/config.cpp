#include "cli/config/config.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "cli/config/values.hpp"
#include "cli/options/wording.hpp"
#include "model/endpoint.hpp"

namespace rt::cli {
namespace {

using Kind = ConfigNode::Kind;

constexpr std::array kPrograms = {Program::rtpoll, Program::rtsse, Program::rtws, Program::rtmqtt,
                                  Program::rtrelay};

std::optional<Program> program_named(std::string_view name) {
  for (const Program program : kPrograms) {
    if (name_of(program) == name) return program;
  }
  return std::nullopt;
}

std::optional<Verb> verb_of(Program program, std::string_view name) {
  for (const Verb verb : verbs_of(program)) {
    if (name_of(verb) == name) return verb;
  }
  return std::nullopt;
}

bool anybody_has(const OptionRow& row) {
  return std::any_of(kPrograms.begin(), kPrograms.end(),
                     [&](Program program) { return applies(row, program); });
}

// What says how to reach the other side, and not what is done here with the messages.
bool is_of_endpoint(const OptionRow& row) {
  // Among the messages' options these say how a server wants them.
  if (row.name == "text" || row.name == "binary") return true;
  switch (row.group) {
    case Group::polling:
    case Group::resuming:
    case Group::websocket:
    case Group::mqtt:
    case Group::connection:
    case Group::security:
      return true;
    default:
      return false;
  }
}

// Who may have the options of a table.
struct TableScope {
  enum class Kind : std::uint8_t { defaults, endpoint, program, verb };
  Kind kind = Kind::defaults;
  Program program = Program::rtpoll;
  Verb verb = Verb::sub;
};

class ConfigReader {
 public:
  ConfigReader(std::string file, std::string_view home) : home_(home) {
    config_.file = std::move(file);
  }

  Result<Config> read(const ConfigNode& root) {
    if (auto done = section(root, {}, config_.own); !done) return done.error();
    return std::move(config_);
  }

 private:
  Error at(ConfigPlace place, const std::string& text) const {
    return Error(Fault::usage, config_.file + ":" + std::to_string(place.line) + ":" +
                                   std::to_string(place.column) + ": " + text);
  }
  Error in(const std::string& table, ConfigPlace place, const std::string& text) const {
    return at(place, "[" + printable(table) + "] " + text);
  }

  Result<void> section(const ConfigNode& root, const std::string& prefix, ConfigSection& out);
  Result<void> profiles(const ConfigNode& node);
  Result<void> program(const ConfigNode& node, Program program, const std::string& name,
                       ConfigSection& out);
  Result<void> endpoints(const ConfigNode& node, const std::string& name, ConfigSection& out);
  Result<void> endpoint(const ConfigNode& node, const std::string& table, ConfigEndpoint& out);
  Result<void> endpoint_url(const ConfigNode& node, const std::string& table, ConfigEndpoint& out);
  Result<void> setting(const ConfigNode& node, const TableScope& scope, const std::string& table,
                       ConfigTable& out);
  Result<void> check_scope(const ConfigNode& node, const OptionRow& row, const TableScope& scope,
                           const std::string& table) const;
  Error unknown_key(const ConfigNode& node, const TableScope& scope,
                    const std::string& table) const;
  Error unknown_table(const ConfigNode& node, const std::string& prefix) const;

  void note_secret(ConfigPlace place) {
    if (!config_.secret) config_.secret = place;
  }

  Config config_;
  std::string_view home_;
};

Error ConfigReader::unknown_table(const ConfigNode& node, const std::string& prefix) const {
  std::vector<std::string_view> names = {"endpoints", "defaults"};
  if (prefix.empty()) names.push_back("profiles");
  for (const Program program : kPrograms) names.push_back(name_of(program));
  const std::string name = printable(node.key);
  if (find_option(node.key) != nullptr && node.kind != Kind::table)
    return at(node.place, name + " stands in no table of options: put it below [" + prefix +
                              "defaults] or [" + prefix + "PROGRAM]");
  const std::string shown = "unknown table [" + printable(prefix + node.key) + "]: ";
  if (const auto meant = suggestion(ascii_lower(node.key), names))
    return at(node.place, shown + "did you mean [" + prefix + std::string(*meant) + "]?");
  return at(node.place, shown + "use " + listed(names));
}

Result<void> ConfigReader::section(const ConfigNode& root, const std::string& prefix,
                                   ConfigSection& out) {
  for (const ConfigNode& node : root.children) {
    const std::string name = prefix + node.key;
    const auto owner = program_named(node.key);
    const bool known = owner || node.key == "endpoints" || node.key == "defaults" ||
                       (prefix.empty() && node.key == "profiles");
    if (!known) return unknown_table(node, prefix);
    if (node.kind != Kind::table)
      return at(node.place, printable(node.key) + " is a table: write [" + printable(name) + "]");
    Result<void> done;
    if (owner) {
      done = program(node, *owner, name, out);
    } else if (node.key == "endpoints") {
      done = endpoints(node, name, out);
    } else if (node.key == "profiles") {
      done = profiles(node);
    } else {
      for (const ConfigNode& child : node.children) {
        if (done = setting(child, {}, name, out.defaults); !done) break;
      }
    }
    if (!done) return done;
  }
  return {};
}

Result<void> ConfigReader::profiles(const ConfigNode& node) {
  for (const ConfigNode& child : node.children) {
    const std::string name = "profiles." + child.key;
    if (child.kind != Kind::table)
      return at(child.place, "a profile is a table: write [" + printable(name) + "]");
    ConfigSection profile;
    if (auto done = section(child, name + ".", profile); !done) return done;
    config_.profiles.emplace_back(child.key, std::move(profile));
  }
  return {};
}

Result<void> ConfigReader::program(const ConfigNode& node, Program program, const std::string& name,
                                   ConfigSection& out) {
  const auto index = static_cast<std::size_t>(program);
  for (const ConfigNode& child : node.children) {
    const auto verb = verb_of(program, child.key);
    if (!verb) {
      const TableScope scope{TableScope::Kind::program, program, {}};
      if (auto done = setting(child, scope, name, out.programs[index]); !done) return done;
      continue;
    }
    const std::string table = name + "." + child.key;
    if (child.kind != Kind::table)
      return at(child.place, child.key + " is a table: write [" + printable(table) + "]");
    const TableScope scope{TableScope::Kind::verb, program, *verb};
    ConfigTable& settings = out.verbs[index][static_cast<std::size_t>(*verb)];
    for (const ConfigNode& grandchild : child.children) {
      if (auto done = setting(grandchild, scope, table, settings); !done) return done;
    }
  }
  return {};
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

Result<void> ConfigReader::endpoints(const ConfigNode& node, const std::string& name,
                                     ConfigSection& out) {
  for (const ConfigNode& child : node.children) {
    const std::string table = name + "." + child.key;
    if (!is_name(child.key))
      return at(child.place, "\"" + printable(child.key) +
                                 "\" cannot be an endpoint's name: use letters, digits, . _ and -");
    ConfigEndpoint endpoint;
    endpoint.name = child.key;
    endpoint.table = table;
    endpoint.place = child.place;
    Result<void> done;
    if (child.kind == Kind::text)
      done = endpoint_url(child, name, endpoint);
    else if (child.kind == Kind::table)
      done = this->endpoint(child, table, endpoint);
    else
      done = in(name, child.place,
                child.key + " must be a URL, or a table with a url: " + child.key +
                    " = \"wss://HOST/PATH\"");
    if (!done) return done;
    out.endpoints.push_back(std::move(endpoint));
  }
  return {};
}

Result<void> ConfigReader::endpoint_url(const ConfigNode& node, const std::string& table,
                                        ConfigEndpoint& out) {
  if (node.kind != Kind::text)
    return in(table, node.place, printable(node.key) + " must be a text: a URL");
  if (is_named(node.text))
    return in(table, node.place,
              printable(node.key) + " = " + printable(node.text) +
                  ": an endpoint is no other's name: write its URL");
  const auto endpoint = parse_any_endpoint(node.text, Transport::poll);
  if (!endpoint) return in(table, node.place, printable(node.key) + ": " + endpoint.error().text());
  if (endpoint->has_password) note_secret(node.place);
  out.url = node.text;
  return {};
}

Result<void> ConfigReader::endpoint(const ConfigNode& node, const std::string& table,
                                    ConfigEndpoint& out) {
  const TableScope scope{TableScope::Kind::endpoint, {}, {}};
  for (const ConfigNode& child : node.children) {
    Result<void> done;
    if (child.key == "url") {
      done = endpoint_url(child, table, out);
    } else if (child.key == "password") {
      if (child.kind != Kind::text) return in(table, child.place, "password must be a text");
      note_secret(child.place);
      out.password = child.text;
    } else {
      done = setting(child, scope, table, out.settings);
    }
    if (!done) return done;
  }
  if (out.url.empty()) return in(table, node.place, "url is missing: url = \"wss://HOST/PATH\"");
  return {};
}

Error ConfigReader::unknown_key(const ConfigNode& node, const TableScope& scope,
                                const std::string& table) const {
  std::vector<std::string_view> names;
  for (const OptionRow& row : option_table()) {
    if (!row.from_file || row.name.empty()) continue;
    if (scope.kind == TableScope::Kind::endpoint && !is_of_endpoint(row)) continue;
    if (scope.kind == TableScope::Kind::program && !applies(row, scope.program)) continue;
    if (scope.kind == TableScope::Kind::verb && !applies(row, scope.program, scope.verb)) continue;
    names.push_back(row.name);
    if (!row.alias.empty()) names.push_back(row.alias);
  }
  if (scope.kind == TableScope::Kind::endpoint) {
    names.push_back("url");
    names.push_back("password");
  }
  if (scope.kind == TableScope::Kind::program) {
    for (const Verb verb : verbs_of(scope.program)) names.push_back(name_of(verb));
  }
  const std::string shown = "unknown key " + printable(node.key);
  if (node.key == "password" && scope.kind != TableScope::Kind::endpoint)
    return in(table, node.place,
              shown + ": passwords belong to endpoints, to password-file or to RT_PASSWORD");
  if (const auto meant = suggestion(ascii_lower(node.key), names))
    return in(table, node.place, shown + ": did you mean " + std::string(*meant) + "?");
  return in(table, node.place, shown + ": keys are the long names of options, without dashes");
}

Result<void> ConfigReader::check_scope(const ConfigNode& node, const OptionRow& row,
                                       const TableScope& scope, const std::string& table) const {
  const std::string name(row.name);
  switch (scope.kind) {
    case TableScope::Kind::defaults:
      break;
    case TableScope::Kind::endpoint:
      if (is_of_endpoint(row)) break;
      return in(table, node.place,
                name + " is no option of an endpoint: put it below [defaults] or [PROGRAM]");
    case TableScope::Kind::program:
      if (applies(row, scope.program)) break;
      return in(table, node.place,
                owners_of(row, scope.program) + ", not of " + std::string(name_of(scope.program)));
    case TableScope::Kind::verb:
      if (applies(row, scope.program, scope.verb)) break;
      return in(table, node.place,
                owners_of(row, scope.program) + ", not of " + std::string(name_of(scope.program)) +
                    " " + std::string(name_of(scope.verb)));
  }
  return {};
}

Result<void> ConfigReader::setting(const ConfigNode& node, const TableScope& scope,
                                   const std::string& table, ConfigTable& out) {
  const OptionRow* row = find_option(node.key);
  if (row == nullptr || !anybody_has(*row)) return unknown_key(node, scope, table);
  if (!row->from_file)
    return in(table, node.place, printable(node.key) + " can be given on the command line only");
  if (auto fits = check_scope(node, *row, scope, table); !fits) return fits;
  ConfigPlace place = node.place;
  auto values = read_values(node, *row, home_, place);
  if (!values) return in(table, place, values.error().text());
  for (const ConfigSetting& other : out) {
    if (other.row == row) return in(table, node.place, printable(node.key) + " is said twice");
    if (values->empty() || other.values.empty() || !conflict(*other.row, *row)) continue;
    return in(table, node.place,
              std::string(other.row->name) + " and " + std::string(row->name) +
                  " exclude each other: leave one out");
  }
  if (has_credentials(*row, *values)) note_secret(node.place);
  out.push_back({row, std::move(*values), table, node.place});
  return {};
}

}  // namespace

Result<Config> read_config(std::string_view text, std::string file, std::string_view home) {
  const auto root = read_toml(text);
  if (!root) return Error(Fault::usage, file + ":" + root.error().text());
  return ConfigReader(std::move(file), home).read(*root);
}

const ConfigSection* find_profile(const Config& config, std::string_view name) {
  for (const auto& [known, section] : config.profiles) {
    if (known == name) return &section;
  }
  return nullptr;
}

std::string origin_of(const Config& config, std::string_view table, ConfigPlace place) {
  return config.file + ":" + std::to_string(place.line) + " [" + printable(table) + "]";
}

std::string owners_of(const OptionRow& row, Program program) {
  std::vector<std::string> places;
  for (const Program other : kPrograms) {
    if (!applies(row, other)) continue;
    const bool here = other == program;
    if (!here && applies(row, program)) continue;
    if (!here) places.emplace_back(name_of(other));
    for (const Verb verb : verbs_of(other)) {
      if (!here || !applies(row, other, verb)) continue;
      places.push_back(command_of(other, verb) + (verb == Verb::relay ? " FROM TO" : ""));
    }
  }
  return std::string(row.name) + " is an option of " + listed({places.begin(), places.end()});
}

}  // namespace rt::cli
