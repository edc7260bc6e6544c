#include "base/text.hpp"
#include "cli/dry_run/parts.hpp"
#include "cli/dry_run/shell_words.hpp"

namespace rt::cli {
namespace {

std::string websocket_url(const Options& options, const Endpoint& endpoint) {
  const std::string http = endpoint.http_url();
  return started_url("ws" + http.substr(std::string_view("http").size()), options);
}

void add_credentials(const Options& options, const Endpoint& endpoint, const DryRunFacts& facts,
                     ShellCommand& command, EqualCommand& out) {
  const EqualLogin login = login_of(options, endpoint, facts);
  if (!login.user.empty()) {
    command.raw("--basic-auth=" + login_word(login));
    note_password(login, out.notes);
  }
  const std::string bearer = bearer_word(options, facts, out.notes);
  if (!bearer.empty()) command.raw("-H=" + bearer);
}

// What goes into websocat's stdin, when it is not stdin itself.
std::string input_of(const Options& options) {
  std::string words;
  for (const std::string& message : options.messages) words += " " + shell_word(message);
  for (const DataArgument& data : options.data) words += " " + shell_word(data.text);
  return words.empty() ? std::string() : "printf '%s\\n'" + words + " | ";
}

bool has_newline(const Options& options) {
  for (const std::string& message : options.messages) {
    if (message.find('\n') != std::string::npos) return true;
  }
  for (const DataArgument& data : options.data) {
    if (data.from_file || data.text.find('\n') != std::string::npos) return true;
  }
  return false;
}

}  // namespace

EqualCommand websocat_command(const Options& options, const Endpoint& endpoint,
                              const DryRunFacts& facts) {
  if (options.hub) return no_command("websocat does not know what a hub adds.");
  const NetworkOptions& network = options.network;
  if (!network.resolve.empty() || !network.unix_socket.empty() || !network.interface.empty() ||
      network.family != AddressFamily::any)
    return no_command("websocat connects in its own way alone.");
  if (!options.cookie_jar.empty()) return no_command("websocat keeps no cookies.");
  if (!facts.proxy.empty()) return no_command("websocat takes no HTTP proxy.");
  if (!options.tls.certificate_file.empty())
    return no_command("websocat takes no certificate in PEM.");
  const bool null = options.framing == FramingKind::null_byte;
  if (options.framing != FramingKind::lines && !null)
    return no_command("websocat does not frame messages like this.");
  if (null && options.count) return no_command("websocat cannot stop behind so many messages.");
  if (!options.opening.empty() || !options.answers.empty() || !options.ping_message.empty())
    return no_command("websocat says nothing by itself.");
  if (has_newline(options)) return no_command("websocat sends lines, and these are none.");

  EqualCommand out;
  out.with = "websocat";
  ShellCommand command("websocat");
  if (options.verb == Verb::sub) command.option("-U");
  if (options.verb == Verb::pub) command.option("-u");
  const std::string input = input_of(options);
  if (null && input.empty()) command.option("-0");
  if (options.verb != Verb::sub && options.send_as == SendAs::binary) command.option("-b");
  if (options.verb != Verb::sub && options.send_as != SendAs::binary) command.option("-t");
  if (endpoint.tls && options.tls.verify == Verify::none) command.option("-k");
  for (const auto& header : options.headers) command.raw("-H=" + shell_header(header, out.notes));
  if (!options.origin.empty()) command.raw("--origin=" + shell_word(options.origin));
  for (const std::string& name : options.subprotocols)
    command.raw("--protocol=" + shell_word(name));
  add_credentials(options, endpoint, facts, command, out);
  command.raw(shell_url(websocket_url(options, endpoint), out.notes));

  std::string line = command.text();
  if (endpoint.tls && !options.tls.ca_file.empty())
    line = "SSL_CERT_FILE=" + shell_word(options.tls.ca_file) + " " + line;
  line.insert(0, input);
  if (options.count) line += " | head -n " + std::to_string(*options.count);
  line += redirection_of(options);
  out.lines.push_back(std::move(line));
  if (options.verb != Verb::pub) out.notes.emplace_back("websocat does not reconnect.");
  if (options.compress) out.notes.emplace_back("websocat does not compress.");
  return out;
}

}  // namespace rt::cli
