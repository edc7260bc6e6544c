#include <algorithm>

#include "base/text.hpp"
#include "cli/dry_run/parts.hpp"
#include "cli/dry_run/shell_words.hpp"
#include "cli/options/values.hpp"
#include "model/proxy_url.hpp"

namespace rt::cli {
namespace {

std::string seconds(Milliseconds value) {
  const auto ms = value.count();
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 == 0) return text;
  std::string rest = std::to_string(1000 + ms % 1000).substr(1);
  while (rest.ends_with('0')) rest.pop_back();
  return text + "." + rest;
}

void add_credentials(const Options& options, const Endpoint& endpoint, const DryRunFacts& facts,
                     ShellCommand& command, EqualCommand& out) {
  const EqualLogin login = login_of(options, endpoint, facts);
  if (!login.user.empty()) {
    command.raw("-u");
    if (!login.file.empty() || login.variable) {
      command.raw(login_word(login));
    } else {
      command.word(login.user);
      out.notes.emplace_back("curl asks for the password.");
    }
  } else if (options.netrc && options.bearer.empty() && options.bearer_file.empty()) {
    command.option("--netrc-optional");
    if (!options.netrc_file.empty()) command.option("--netrc-file", options.netrc_file);
  }
  const std::string bearer = bearer_word(options, facts, out.notes);
  if (!bearer.empty()) command.raw("-H").raw(bearer);
}

// A login is no part of a command that is shown.
std::string proxy_word(const std::string& proxy, std::vector<std::string>& notes) {
  if (!has_login(proxy)) return shell_word(proxy);
  notes.emplace_back("Set RT_PROXY to the proxy's URL first.");
  return "\"$RT_PROXY\"";
}

void add_network(const Options& options, ShellCommand& command, EqualCommand& out) {
  const NetworkOptions& network = options.network;
  if (network.proxy) command.raw("-x").raw(proxy_word(*network.proxy, out.notes));
  for (const std::string& entry : network.resolve) command.option("--resolve", entry);
  if (!network.unix_socket.empty()) command.option("--unix-socket", network.unix_socket);
  if (!network.interface.empty()) command.option("--interface", network.interface);
  if (network.family == AddressFamily::v4) command.option("-4");
  if (network.family == AddressFamily::v6) command.option("-6");
  if (!options.cookie_jar.empty())
    command.option("-b", options.cookie_jar).option("-c", options.cookie_jar);
}

void add_tls(const Options& options, ShellCommand& command, EqualCommand& out) {
  const TlsOptions& tls = options.tls;
  if (tls.verify == Verify::none) command.option("-k");
  if (tls.most == TlsVersion::v1_2) command.option("--tls-max", "1.2");
  if (tls.most == TlsVersion::v1_3) command.option("--tls-max", "1.3");
  if (!tls.ca_file.empty()) command.option("--cacert", tls.ca_file);
  if (!tls.certificate_file.empty()) command.option("--cert", tls.certificate_file);
  if (!tls.key_file.empty()) command.option("--key", tls.key_file);
  if (!tls.key_password.empty() || !options.key_password_file.empty())
    out.notes.emplace_back("curl asks for the password of the key.");
}

void add_connection(const Options& options, const Endpoint& endpoint, const DryRunFacts& facts,
                    ShellCommand& command, EqualCommand& out) {
  if (options.connect_timeout != Options().connect_timeout)
    command.option("--connect-timeout", seconds(options.connect_timeout));
  if (options.timeout) {
    command.option("--max-time", seconds(*options.timeout));
    out.notes.emplace_back("When that time is up, curl ends with 28.");
  }
  add_network(options, command, out);
  if (endpoint.tls) add_tls(options, command, out);
  for (const auto& header : options.headers) command.raw("-H").raw(shell_header(header, out.notes));
  add_credentials(options, endpoint, facts, command, out);
  const std::string& target = endpoint.target;
  if (target.find("/.") != std::string::npos) command.option("--path-as-is");
  if (target.find_first_of("[]{}") != std::string::npos) command.option("-g");
}

// The body of a request that is answered by what is read, as curl's own -d joins it.
void add_request(const Options& options, ShellCommand& command, EqualCommand& out) {
  if (!options.method.empty()) command.option("-X", options.method);
  if (options.data.empty()) return;
  if (!options.content_type.empty())
    command.option("-H", "Content-Type: " + options.content_type);
  else
    out.notes.emplace_back(
        "curl calls the body a form's, this program calls JSON application/json.");
  for (const DataArgument& data : options.data)
    if (data.from_file)
      command.option("--data-binary", "@" + data.text);
    else
      command.option("--data-raw", data.text);
}

EqualCommand stream(const Options& options, const Endpoint& endpoint, const DryRunFacts& facts) {
  EqualCommand out;
  out.with = "curl";
  ShellCommand command("curl");
  command.option(options.no_location ? "-sSfN" : "-sSfNL")
      .option("-H", options.hub ? "Accept: text/event-stream;profile=\"rt.v1\""
                                : "Accept: text/event-stream");
  if (!options.last_event_id.empty())
    command.option("-H", "Last-Event-ID: " + options.last_event_id);
  add_connection(options, endpoint, facts, command, out);
  add_request(options, command, out);
  command.raw(shell_url(started_url(endpoint.http_url(), options), out.notes));
  std::string line = command.text();
  const bool lines = options.framing == FramingKind::lines && !options.hub;
  if (lines) {
    line += " | sed -u -n 's/^data: \\{0,1\\}//p'";
    if (options.count) {
      line += " | head -n " + std::to_string(*options.count);
      out.notes.emplace_back("It ends with the event after the last one that is wanted.");
    }
  } else {
    out.notes.emplace_back("curl prints the event stream as it is.");
  }
  line += redirection_of(options);
  out.lines.push_back(std::move(line));
  out.notes.emplace_back("curl neither reconnects nor resumes.");
  return out;
}

EqualCommand poll(const Options& options, const Endpoint& endpoint, const DryRunFacts& facts) {
  EqualCommand out;
  out.with = "curl";
  ShellCommand command("curl");
  command.option(options.no_location ? "-sSf" : "-sSfL");
  add_connection(options, endpoint, facts, command, out);
  add_request(options, command, out);
  const bool window = options.since || options.last;
  if (window)
    out.notes.emplace_back("A hub answers with envelopes, as --json prints them.");
  else if (options.framing == FramingKind::lines)
    command.option("-w", "\\n");
  command.raw(shell_url(started_url(endpoint.http_url(), options), out.notes));
  std::string line = command.text();
  line += redirection_of(options);
  out.lines.push_back(std::move(line));
  if (options.count != 1u)
    out.notes.emplace_back("It asks once, and prints the answer also when it is not new.");
  return out;
}

// One message whose body `data` says, in sh's language.
std::string post(const Options& options, const Endpoint& endpoint, const DryRunFacts& facts,
                 bool text, const std::string& data, EqualCommand& out) {
  ShellCommand command("curl");
  command.option("-sSf").option("-o", "/dev/null");
  const std::string fallback = text ? "text/plain; charset=utf-8" : "application/octet-stream";
  command.option(
      "-H", "Content-Type: " + (options.content_type.empty() ? fallback : options.content_type));
  add_connection(options, endpoint, facts, command, out);
  command.raw(data).raw(shell_url(endpoint.http_url(), out.notes));
  return command.text();
}

EqualCommand publication(const Options& options, const Endpoint& endpoint,
                         const DryRunFacts& facts) {
  EqualCommand out;
  out.with = "curl";
  const auto add = [&](bool text, const std::string& data, const std::string& before = {},
                       const std::string& behind = {}) {
    std::vector<std::string> notes = std::move(out.notes);
    out.notes.clear();
    out.lines.push_back(before + post(options, endpoint, facts, text, data, out) + behind);
    for (std::string& note : out.notes) {
      if (std::find(notes.begin(), notes.end(), note) == notes.end())
        notes.push_back(std::move(note));
    }
    out.notes = std::move(notes);
  };
  for (const std::string& message : options.messages)
    add(valid_utf8(message), "--data-raw " + shell_word(message));
  for (const DataArgument& data : options.data) {
    if (!data.from_file)
      add(valid_utf8(data.text), "--data-raw " + shell_word(data.text));
    else
      add(true, "--data-binary " + shell_word("@" + data.text));
    if (data.from_file && options.content_type.empty())
      out.notes.emplace_back(
          "What is no UTF-8 would be sent as application/octet-stream by this program.");
  }
  if (!out.lines.empty()) return out;
  if (options.framing != FramingKind::lines)
    return no_command("curl reads no messages framed like these.");
  add(true, "--data-raw \"$line\"", "while IFS= read -r line || [ -n \"$line\" ]; do ", "; done");
  return out;
}

}  // namespace

EqualCommand curl_command(Program program, const Options& options, const Endpoint& endpoint,
                          const DryRunFacts& facts) {
  if (options.verb == Verb::pipe)
    return no_command("curl does not send and receive at the same time.");
  if (login_of(options, endpoint, facts).user.find(':') != std::string::npos)
    return no_command("curl takes what stands behind a colon in the user's name for the password.");
  if (options.verb == Verb::pub) return publication(options, endpoint, facts);
  const bool window = program == Program::rtpoll && (options.since || options.last);
  if (options.framing == FramingKind::json && !window)
    return no_command("curl makes no envelopes.");
  return program == Program::rtsse ? stream(options, endpoint, facts)
                                   : poll(options, endpoint, facts);
}

}  // namespace rt::cli
