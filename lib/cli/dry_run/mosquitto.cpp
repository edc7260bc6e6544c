#include "base/text.hpp"
#include "cli/dry_run/parts.hpp"
#include "cli/dry_run/shell_words.hpp"
#include "model/topic.hpp"

namespace rt::cli {
namespace {

long long whole_seconds(Milliseconds value) {
  return (value.count() + 999) / 1000;
}

void add_credentials(const Options& options, const Endpoint& endpoint, const DryRunFacts& facts,
                     ShellCommand& command, EqualCommand& out) {
  const EqualLogin login = login_of(options, endpoint, facts);
  if (login.user.empty()) return;
  command.option("-u", login.user).raw("-P");
  command.raw(login.file.empty() ? "\"$RT_PASSWORD\"" : first_line_of(login.file));
  note_password(login, out.notes);
}

void add_tls(const Options& options, ShellCommand& command, EqualCommand& out) {
  if (!options.tls.psk_identity.empty()) {
    command.option("--psk-identity", options.tls.psk_identity).raw("--psk");
    const bool file = !options.psk_file.empty();
    command.raw(file ? first_line_of(options.psk_file) : "\"$RT_PSK\"");
    if (!file && options.tls.psk.empty())
      out.notes.emplace_back("Set RT_PSK to the key, in hexadecimal, first.");
  } else if (options.tls.ca_file.empty())
    command.option("--tls-use-os-certs");
  else
    command.option("--cafile", options.tls.ca_file);
  if (!options.tls.alpn.empty()) command.option("--tls-alpn", options.tls.alpn);
  if (!options.tls.certificate_file.empty()) {
    command.option("--cert", options.tls.certificate_file);
    const bool own = !options.tls.key_file.empty();
    command.option("--key", own ? options.tls.key_file : options.tls.certificate_file);
  }
}

void add_session(const Options& options, ShellCommand& command, EqualCommand& out) {
  command.option("-V", options.protocol == MqttProtocol::v311 ? "311" : "5");
  if (!options.client_id.empty()) {
    command.option("-i", options.client_id);
    if (!options.clean) command.option("-c");
  }
  if (options.session_expiry)
    command.option("-x", std::to_string(whole_seconds(*options.session_expiry)));
  if (options.mqtt_keepalive != Options().mqtt_keepalive)
    command.option("-k", std::to_string(whole_seconds(options.mqtt_keepalive)));
  if (options.will_topic.empty()) return;
  command.option("--will-topic", options.will_topic);
  if (!options.will_payload.empty()) {
    command.option("--will-payload").raw("\"$RT_WILL_PAYLOAD\"");
    out.notes.emplace_back("Set RT_WILL_PAYLOAD to what the will says first.");
  }
  if (options.will_qos != 0) command.option("--will-qos", std::to_string(options.will_qos));
  if (options.will_retain) command.option("--will-retain");
}

ShellCommand begun(std::string_view program, const Options& options, const Endpoint& endpoint,
                   const DryRunFacts& facts, EqualCommand& out) {
  ShellCommand command(program);
  command.option("-h", endpoint.host).option("-p", std::to_string(endpoint.port));
  if (!options.network.unix_socket.empty()) command.option("--unix", options.network.unix_socket);
  if (!options.network.interface.empty()) command.option("-A", options.network.interface);
  add_session(options, command, out);
  if (options.qos) command.option("-q", std::to_string(*options.qos));
  if (endpoint.tls) add_tls(options, command, out);
  add_credentials(options, endpoint, facts, command, out);
  return command;
}

EqualCommand subscription(const Options& options, const Endpoint& endpoint,
                          const DryRunFacts& facts) {
  if (options.framing != FramingKind::lines && options.framing != FramingKind::raw)
    return no_command("mosquitto_sub does not frame messages like this.");
  EqualCommand out;
  out.with = "mosquitto_sub";
  ShellCommand command = begun(out.with, options, endpoint, facts, out);
  if (options.framing == FramingKind::raw) command.option("-N");
  if (options.count) command.option("-C", std::to_string(*options.count));
  if (options.timeout) {
    command.option("-W", std::to_string(whole_seconds(*options.timeout)));
    out.notes.emplace_back("When that time is up, mosquitto_sub ends with 27.");
  }
  if (options.retained_only) command.option("--retained-only");
  if (options.no_retained) command.option("-R");
  if (options.remove_retained) command.option("--remove-retained");
  if (!endpoint.topic().empty()) command.option("-t", endpoint.topic());
  for (const std::string& url : options.more_urls) {
    if (const auto more = parse_endpoint(url, Transport::mqtt)) command.option("-t", more->topic());
  }
  for (const std::string& topic : options.topics) command.option("-t", topic);
  for (const std::string& filter : options.excludes) command.option("-T", filter);
  std::string line = command.text();
  line += redirection_of(options);
  out.lines.push_back(std::move(line));
  return out;
}

EqualCommand publication(const Options& options, const Endpoint& endpoint,
                         const DryRunFacts& facts) {
  EqualCommand out;
  out.with = "mosquitto_pub";
  ShellCommand command = begun(out.with, options, endpoint, facts, out);
  if (endpoint.topic().empty() || !options.topic_from.empty())
    return no_command("mosquitto_pub needs a topic.");
  command.option("-t", endpoint.topic());
  if (options.retain) command.option("-r");
  if (!options.content_type.empty())
    command.raw("-D publish").option("content-type", options.content_type);
  if (options.send_as == SendAs::text)
    command.raw("-D publish").option("payload-format-indicator", "1");
  if (!options.response_topic.empty())
    command.raw("-D publish").option("response-topic", options.response_topic);
  if (!options.correlation.empty())
    command.raw("-D publish").option("correlation-data", options.correlation);
  if (options.expiry)
    command.raw("-D publish")
        .option("message-expiry-interval", std::to_string(whole_seconds(*options.expiry)));
  for (const auto& [name, value] : options.properties)
    command.raw("-D publish")
        .option("user-property", name)
        .raw(shell_property({name, value}, out.notes));
  const auto add = [&](const std::string& what) {
    out.lines.push_back(command.text() + " " + what);
  };
  const auto message = [&](const std::string& text) {
    add(text.empty() ? "-n" : "-m " + shell_word(text));
  };
  for (const std::string& text : options.messages) message(text);
  for (const DataArgument& data : options.data) {
    if (!data.from_file)
      message(data.text);
    else
      add(data.text == "-" ? "-s" : "-f " + shell_word(data.text));
  }
  if (!out.lines.empty()) return out;
  if (options.framing != FramingKind::lines)
    return no_command("mosquitto_pub reads no messages framed like these.");
  add("-l");
  return out;
}

}  // namespace

EqualCommand mosquitto_command(const Options& options, const Endpoint& endpoint,
                               const DryRunFacts& facts) {
  if (options.verb == Verb::pipe)
    return no_command("mosquitto_sub and mosquitto_pub go one way each.");
  if (options.verb == Verb::rpc)
    return no_command("mosquitto_rr asks once, and takes what comes first for the answer.");
  if (endpoint.websocket)
    return no_command("Mosquitto's clients speak MQTT over WebSocket from version 2.1 on.");
  const NetworkOptions& network = options.network;
  if (!network.resolve.empty() || network.family != AddressFamily::any)
    return no_command("Mosquitto's clients take the addresses that the system gives.");
  if (!facts.proxy.empty()) return no_command("Mosquitto's clients know no HTTP proxies.");
  if (endpoint.tls && options.tls.verify == Verify::none)
    return no_command("Mosquitto's clients always check who signed a certificate.");
  const bool sub = options.verb == Verb::sub;
  return sub ? subscription(options, endpoint, facts) : publication(options, endpoint, facts);
}

}  // namespace rt::cli
