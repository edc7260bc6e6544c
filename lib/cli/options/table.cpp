#include "cli/options/table.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/options/rows.hpp"
#include "model/defaults.hpp"

namespace rt::cli {
namespace {

constexpr std::array kClientVerbs = {Verb::sub, Verb::pub, Verb::pipe, Verb::serve};
constexpr std::array kMqttVerbs = {Verb::sub, Verb::pub, Verb::pipe, Verb::rpc, Verb::serve};
constexpr std::array kRelayVerbs = {Verb::relay, Verb::run, Verb::serve, Verb::compare};

bool names(std::string_view list, std::string_view name) {
  const auto all = split(list, ' ');
  return !name.empty() && std::find(all.begin(), all.end(), name) != all.end();
}

bool has(const Scope& scope, Program program, Verb verb) {
  return (scope.programs & program_bit(program)) != 0 && (scope.verbs & verb_bit(verb)) != 0;
}

}  // namespace

std::string_view title_of(Group group) {
  constexpr std::array<std::string_view, kGroupCount> kTitles = {
      "Messages", "Framing", "Output",     "Polling",  "Resuming", "WebSocket",
      "MQTT",     "Relay",   "Connection", "Security", "Server",   "General"};
  return kTitles[static_cast<std::size_t>(group)];
}

std::span<const OptionRow> option_table() {
  static const std::vector<OptionRow> table = [] {
    std::vector<OptionRow> all;
    for (const auto rows : {stream_rows(), handling_rows(), recording_rows(), web_rows(),
                            feed_rows(), mqtt_rows(), relay_rows(), compare_rows(), end_rows(),
                            connection_rows(), network_rows(), server_rows(), general_rows()}) {
      all.insert(all.end(), rows.begin(), rows.end());
    }
    return all;
  }();
  return table;
}

const OptionRow* find_option(std::string_view long_name) {
  if (long_name.empty()) return nullptr;
  for (const OptionRow& row : option_table()) {
    if (row.name == long_name || row.alias == long_name) return &row;
  }
  return nullptr;
}

bool takes_value(const OptionRow& row) {
  return row.arity == Arity::value || row.arity == Arity::list;
}

bool takes_endpoint(const OptionRow& row) {
  return row.completes == Completes::endpoint || row.completes == Completes::url;
}

bool applies(const OptionRow& row, Program program) {
  const auto verbs = verbs_of(program);
  return std::any_of(verbs.begin(), verbs.end(),
                     [&](Verb verb) { return applies(row, program, verb); });
}

bool applies(const OptionRow& row, Program program, Verb verb) {
  return has(row.scope, program, verb) || has(row.also, program, verb);
}

bool is_common(const OptionRow& row, Program program, Verb verb) {
  return has(row.common, program, verb);
}

bool conflict(const OptionRow& a, const OptionRow& b) {
  return names(a.conflicts, b.name) || names(b.conflicts, a.name);
}

const OptionRow* needed_by(const OptionRow& row, Program program, Verb verb) {
  // A hub itself knows no users, shows no certificate and connects to nobody: there they are for
  // the bus.
  const bool hub = program == Program::rtrelay && verb == Verb::serve;
  const bool client = row.group == Group::security || row.group == Group::connection;
  return find_option(hub && client ? "bus" : row.needs);
}

// What is spoken inside WebSocket messages has many names.
std::string_view choices_of(const OptionRow& row, std::string_view program) {
  if (row.name == "protocol" && program != name_of(Program::rtmqtt)) return {};
  return row.choices;
}

std::string default_of(const OptionRow& row, Program program) {
  const Options usual;
  if (row.name == "keepalive") {
    const std::string web = show_duration(usual.keepalive);
    const std::string mqtt = show_duration(usual.mqtt_keepalive);
    if (program == Program::rtrelay) return web + ", over MQTT " + mqtt;
    return program == Program::rtmqtt ? mqtt : web;
  }
  if (row.name == "linger") return show_duration(defaults::kLinger);
  return row.binding.shown != nullptr ? row.binding.shown(usual) : std::string();
}

std::string variable_of(const OptionRow& row) {
  if (!row.from_environment) return {};
  std::string variable = "RT_";
  for (const char c : row.name) {
    const bool lower = c >= 'a' && c <= 'z';
    variable += c == '-' ? '_' : lower ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return variable;
}

std::string spelling_of(const OptionRow& row) {
  return row.name.empty() ? std::string{'-', row.letter} : "--" + std::string(row.name);
}

std::span<const Verb> verbs_of(Program program) {
  if (program == Program::rtrelay) return kRelayVerbs;
  if (program == Program::rtmqtt) return kMqttVerbs;
  return kClientVerbs;
}

std::string_view arguments_of(Program program, Verb verb) {
  switch (verb) {
    case Verb::sub:
      return program == Program::rtmqtt ? "URL..." : "URL";
    case Verb::pipe:
      return "URL";
    case Verb::pub:
    case Verb::rpc:
      return "URL [MESSAGE...]";
    case Verb::serve:
      return "[HOST:]PORT[/CHANNEL]";
    case Verb::relay:
      return "FROM TO...";
    case Verb::run:
      return "ROUTES.toml";
    case Verb::compare:
      return "[WAY...]";
  }
  return {};
}

std::string command_of(Program program, std::optional<Verb> verb) {
  std::string text(name_of(program));
  if (verb && verb != Verb::relay) text += " " + std::string(name_of(*verb));
  return text;
}

}  // namespace rt::cli
