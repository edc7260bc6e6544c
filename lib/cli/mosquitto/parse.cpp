#include <algorithm>
#include <array>
#include <utility>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "cli/mosquitto/command.hpp"
#include "cli/mosquitto/table.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using namespace cli;

constexpr std::array<std::string_view, 3> kToolNames = {"pub", "sub", "rr"};
constexpr std::uint32_t kForEver = 0xFFFF'FFFF;

// Reads one line after the other into a draft.
class LineReader {
 public:
  explicit LineReader(MosquittoTool tool) : bit_(1u << static_cast<unsigned>(tool)) {
    draft_.command.tool = tool;
    draft_.command.options.protocol =
        tool == MosquittoTool::rr ? MqttProtocol::v5 : MqttProtocol::v311;
    draft_.command.options.mqtt_keepalive = 60s;
    if (tool == MosquittoTool::rr) draft_.command.options.count = 1;
  }

  MosquittoDraft& draft() { return draft_; }

  // True when the program ends here: `end` says how.
  bool take(std::span<const std::string> rest, MosquittoEnd& end) {
    while (!rest.empty()) {
      const std::string& name = rest[0];
      rest = rest.subspan(1);
      if (name == "--help" || name == "--version") {
        const MosquittoTool tool = draft_.command.tool;
        end.out = name == "--help"
                      ? mosquitto_usage(tool)
                      : mosquitto_name(tool) + " version 2.0.11, by rtmqtt " + RT_VERSION + ".\n";
        return true;
      }
      std::string wrong = apply(name, rest);
      if (wrong.empty()) continue;
      end.err = std::move(wrong);
      return true;
    }
    return false;
  }

 private:
  std::string apply(const std::string& name, std::span<const std::string>& rest) {
    for (const MosquittoRow& row : mosquitto_rows()) {
      if (row.name != name && (row.longer.empty() || row.longer != name)) continue;
      if ((row.tools & bit_) == 0) break;
      if (row.apply == nullptr) return apply_mosquitto_property(draft_, rest);
      if (row.missing.empty()) return row.apply(draft_, {});
      if (rest.empty()) return missing(row);
      const std::string& value = rest[0];
      rest = rest.subspan(1);
      return row.apply(draft_, value);
    }
    return "Error: Unknown option '" + name + "'.\n";
  }

  static std::string missing(const MosquittoRow& row) {
    const std::string_view called = row.called.empty() ? row.name : row.called;
    return "Error: " + std::string(called) + " argument given but " + std::string(row.missing) +
           ".\n\n";
  }

  unsigned bit_;
  MosquittoDraft draft_;
};

// Of the file: "-h broker.example", or an option alone; "#" begins a comment.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (line.starts_with('#')) return words;
  while (!line.empty() && line[0] == ' ') line.remove_prefix(1);
  if (line.empty()) return words;
  const std::size_t space = line.find(' ');
  words.emplace_back(line.substr(0, space));
  if (space != std::string_view::npos && space + 1 < line.size())
    words.emplace_back(line.substr(space + 1));
  return words;
}

std::string fault_of_session(MosquittoDraft& draft) {
  MosquittoCommand& command = draft.command;
  const bool no_id = draft.id_prefix || !command.id;
  if (command.options.protocol != MqttProtocol::v5) {
    if (command.clean || !no_id) return {};
    return "Error: You must provide a client id if you are using the -c option.\n";
  }
  if (!command.clean && !draft.expiry) draft.expiry = kForEver;
  if (draft.expiry && *draft.expiry > 0) {
    if (*draft.expiry == kForEver && no_id)
      return "Error: You must provide a client id if you are using an infinite session expiry "
             "interval.\n";
    command.session_expiry = static_cast<std::uint32_t>(*draft.expiry);
  }
  return {};
}

// Of properties that may stand once.
std::string fault_of_properties(const MqttProperties& properties, std::string_view packet) {
  for (auto at = properties.begin(); at != properties.end(); ++at) {
    if (at->identifier == mqtt_property::kUserProperty) continue;
    const bool again = std::any_of(at + 1, properties.end(), [&](const MqttProperty& other) {
      return other.identifier == at->identifier;
    });
    if (again)
      return "Error in " + std::string(packet) +
             " properties: Duplicate property in property list\n";
  }
  return {};
}

// What can only be said of the whole line.
std::string fault_of(MosquittoDraft& draft) {
  MosquittoCommand& command = draft.command;
  Options& options = command.options;
  if (draft.will_payload && options.will_topic.empty())
    return "Error: Will payload given, but no will topic given.\n";
  if (options.will_retain && options.will_topic.empty())
    return "Error: Will retain given, but no will topic given.\n";
  if (options.tls.certificate_file.empty() != options.tls.key_file.empty())
    return "Error: Both certfile and keyfile must be provided if one of them is set.\n";
  if (!draft.key_form.empty() && options.tls.key_file.empty())
    return "Error: If keyform is set, keyfile must be also specified.\n";
  if (draft.psk && !(options.tls.ca_file.empty() && options.tls.ca_directory.empty()))
    return "Error: Only one of --psk or --cafile/--capath may be used at once.\n";
  if (draft.psk && !draft.psk_identity) return "Error: --psk-identity required if --psk used.\n";
  if (std::string wrong = fault_of_session(draft); !wrong.empty()) return wrong;
  if (command.tool == MosquittoTool::sub && options.topics.empty())
    return "Error: You must specify a topic to subscribe to.\n";
  const std::pair<const MqttProperties*, std::string_view> lists[] = {
      {&command.connect, "CONNECT"},       {&command.publish, "PUBLISH"},
      {&command.subscribe, "SUBSCRIBE"},   {&command.unsubscribe, "UNSUBSCRIBE"},
      {&command.disconnect, "DISCONNECT"}, {&command.will, "Will"}};
  for (const auto& [list, packet] : lists)
    if (std::string wrong = fault_of_properties(*list, packet); !wrong.empty()) return wrong;
  return {};
}

// What is told without the hint at --help.
std::string fault_of_use(const MosquittoDraft& draft, MosquittoEnd& end) {
  const MosquittoCommand& command = draft.command;
  const bool no_message = command.topic.empty() || command.input == MosquittoCommand::Input::none;
  if (command.tool == MosquittoTool::pub && no_message) {
    end.out = mosquitto_usage(command.tool);
    return "Error: Both topic and message must be supplied.\n";
  }
  if (command.tool == MosquittoTool::rr && (no_message || command.response_topic.empty()))
    return "Error: All of topic, message, and response topic must be supplied.\n\nUse "
           "'mosquitto_rr --help' to see usage.\n";
  if (command.options.no_retained && command.options.retained_only)
    return "\nError: Combining '-R' and '--retained-only' makes no sense.\n";
  if (draft.psk && hex_decode(*draft.psk).value_or("").empty())
    return "Error: Problem setting TLS-PSK options.\n";
  if (command.id && command.id->empty()) return "Error: Invalid id and/or clean_session.\n";
  return draft.unsupported;
}

// The place where all of it is put into our own words.
void complete(MosquittoDraft& draft, std::uint64_t process) {
  MosquittoCommand& command = draft.command;
  Options& options = command.options;
  if (draft.id_prefix) command.id = (*draft.id_prefix + std::to_string(process));
  const bool certificates = !options.tls.ca_file.empty() || !options.tls.ca_directory.empty();
  const bool tls = certificates || draft.psk || draft.tls || draft.port == 8883;
  if (draft.psk) {
    options.tls.psk = *hex_decode(*draft.psk);
    options.tls.psk_identity = *draft.psk_identity;
  }
  if (draft.port == 0) {
    options.network.unix_socket = draft.host;
    draft.host = "localhost";
    draft.port.reset();
  }
  const int port = draft.port.value_or(certificates || draft.psk ? 8883 : 1883);
  const bool v6 = draft.host.find(':') != std::string::npos;
  options.url = std::string(tls ? "mqtts://" : "mqtt://") + (v6 ? "[" : "") + draft.host +
                (v6 ? "]:" : ":") + std::to_string(port) + channel_of(command.topic);
  // The environment's is nothing to these clients.
  if (!options.network.proxy) options.network.proxy = "";
  switch (command.tool) {
    case MosquittoTool::pub:
      options.verb = Verb::pub;
      break;
    case MosquittoTool::sub:
      options.verb = Verb::sub;
      break;
    case MosquittoTool::rr:
      options.verb = Verb::rpc;
      options.response_topic = command.response_topic;
      break;
  }
}

}  // namespace

std::optional<MosquittoTool> mosquitto_tool(std::string_view name) {
  const auto found = std::find(kToolNames.begin(), kToolNames.end(), name);
  if (found == kToolNames.end()) return std::nullopt;
  return static_cast<MosquittoTool>(found - kToolNames.begin());
}

std::string mosquitto_name(MosquittoTool tool) {
  return "mosquitto_" + std::string(kToolNames[static_cast<std::size_t>(tool)]);
}

std::variant<MosquittoCommand, MosquittoEnd> parse_mosquitto(
    MosquittoTool tool, const std::vector<std::string>& arguments, std::string_view configuration,
    std::uint64_t process) {
  LineReader reader(tool);
  MosquittoEnd end;
  const auto ended = [&]() {
    if (!end.err.empty()) end.err += "\nUse '" + mosquitto_name(tool) + " --help' to see usage.\n";
    return end;
  };
  for (const std::string_view line : split(configuration, '\n'))
    if (reader.take(words_of(line), end)) return ended();
  if (reader.take(arguments, end)) return ended();
  MosquittoDraft& draft = reader.draft();
  end.err = fault_of(draft);
  if (!end.err.empty()) return ended();
  end.err = fault_of_use(draft, end);
  if (!end.err.empty()) return end;
  complete(draft, process);
  return std::move(draft.command);
}

}  // namespace rt
