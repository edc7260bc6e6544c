#include "model/relay_endpoint.hpp"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "model/scheme.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

constexpr std::string_view kServe = "serve+";
constexpr std::array<std::pair<std::string_view, Transport>, 5> kServed = {{
    {"http", Transport::poll},
    {"poll", Transport::poll},
    {"sse", Transport::sse},
    {"ws", Transport::ws},
    {"mqtt", Transport::mqtt},
}};

Error usage(std::string text) {
  return Error(Fault::usage, std::move(text));
}

bool begins(std::string_view text, std::string_view prefix) {
  return iequals(text.substr(0, prefix.size()), prefix);
}

// All that can stand before "://".
std::vector<std::string> url_schemes() {
  std::vector<std::string> names = scheme_names();
  for (const auto& [name, transport] : kServed) names.push_back(std::string(kServe).append(name));
  return names;
}

std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& names) {
  const auto found = suggestion(typed, {names.begin(), names.end()});
  if (!found) return std::nullopt;
  return std::string(*found);
}

Error unknown_scheme(std::string_view written) {
  std::vector<std::string> names = url_schemes();
  const std::string shown = "unknown scheme \"" + printable(written) + "\": ";
  if (const std::string_view ours = instead_of_scheme(ascii_lower(written)); !ours.empty())
    return usage(shown + "did you mean " + std::string(ours) + "?");
  if (const auto meant = nearest(ascii_lower(written), names))
    return usage(shown + "did you mean " + *meant + "?");
  return usage(shown + "use poll+http, sse+http, ws, mqtt, http, exec:, file: or serve+http");
}

// The text has no scheme that is known. It may hold a password.
Error without_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string before = ascii_lower(text.substr(0, colon));
  const std::string_view after =
      colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  const bool is_port = !after.empty() && after[0] >= '0' && after[0] <= '9';
  if (colon != std::string_view::npos && !is_port) {
    std::vector<std::string> names = url_schemes();
    for (const std::string& name : names) {
      if (before == name)
        return usage(name + ": must be followed by two slashes: " + name + "://" +
                     (begins(name, kServe) ? "[HOST]:PORT" : "HOST"));
    }
    for (const std::string_view other : {"cmd", "command", "sh", "sh-c", "run", "pipe"}) {
      if (before == other) return usage("unknown scheme \"" + before + "\": did you mean exec:?");
    }
    const std::vector<std::string> plain = {"exec", "file"};
    if (const auto meant = nearest(before, plain))
      return usage("unknown scheme \"" + printable(before) + "\": did you mean " + *meant + ":?");
  }
  if (auto fault = fault_of_lost_slashes(text)) return *std::move(fault);
  if (text[0] == '/' || begins(text, "./") || begins(text, "../") || begins(text, "~/"))
    return usage("a path needs its scheme: write file:PATH");
  return usage(
      "a relay cannot guess the transport: write poll+http://, sse+http://, ws://, mqtt:// or "
      "http:// before HOST:PORT, or serve+http:// to listen");
}

Result<RelayEndpoint> read_exec(std::string_view command) {
  if (trim(command).empty()) return usage("exec: needs a command: write exec:CMD");
  if (begins(command, "//")) return usage("exec: is followed by the command itself, not by //");
  if (command.find('\0') != std::string_view::npos) return usage("a NUL in the command of exec:");
  RelayEndpoint out;
  out.kind = Kind::exec;
  out.text = command;
  return out;
}

Result<RelayEndpoint> read_file(std::string_view path) {
  // RFC 8089: file:///PATH and file://localhost/PATH.
  if (begins(path, "//localhost/"))
    path.remove_prefix(std::string_view("//localhost").size());
  else if (begins(path, "///"))
    path.remove_prefix(2);
  else if (begins(path, "//"))
    return usage("file:// is followed by a host: write file:PATH");
  if (path.empty()) return usage("file: needs a path: write file:PATH");
  if (path.find('\0') != std::string_view::npos) return usage("a NUL in the path of file:");
  RelayEndpoint out;
  out.kind = Kind::file;
  out.text = path;
  return out;
}

Result<RelayEndpoint> read_served(std::string_view written, std::string_view rest) {
  const std::string name = ascii_lower(written.substr(kServe.size()));
  if (name == "https" || name == "wss" || name == "mqtts")
    return usage("serving over TLS is not possible yet: listen in clear text behind a TLS proxy");
  for (const auto& [known, transport] : kServed) {
    if (name != known) continue;
    const std::string form = std::string(kServe).append(name) + "://[HOST]:PORT[/CHANNEL]";
    if (rest.empty() || scheme_of(rest)) return usage("where to listen is missing: write " + form);
    auto listen = parse_listen_address(rest);
    if (!listen) return listen.error();
    if (!listen->inherited.empty())
      return usage("a relay opens its own ports: an inherited socket is for serve fd:" +
                   listen->inherited);
    RelayEndpoint out;
    out.kind = Kind::serve;
    out.served = transport;
    out.listen = *std::move(listen);
    return out;
  }
  return unknown_scheme(written);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

// What is to stand for each message's topic is no percent-encoding, but is written as one.
std::string with_topic_place(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool here = text.substr(i, 2) == "%c" && (i + 2 == text.size() || !is_hex(text[i + 2]));
    if (here) {
      out += RelayEndpoint::kTopicPlace;
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<RelayEndpoint> read_remote(std::string_view text, std::string_view written) {
  const auto scheme = read_scheme(written);
  if (!scheme) return unknown_scheme(written);
  const bool posts = scheme->web && !scheme->prefix && with_topic_place(text) != text;
  const std::string placed = posts ? with_topic_place(text) : std::string(text);
  auto endpoint = parse_any_endpoint(placed, Transport::poll);
  if (!endpoint) return endpoint.error();
  RelayEndpoint out;
  switch (endpoint->transport) {
    case Transport::poll:
      out.kind = scheme->prefix ? Kind::poll : Kind::http;
      break;
    case Transport::sse:
      out.kind = Kind::sse;
      break;
    case Transport::ws:
      out.kind = Kind::ws;
      break;
    case Transport::mqtt:
      out.kind = Kind::mqtt;
      break;
  }
  out.remote = *std::move(endpoint);
  out.topic_in_url = posts && out.kind == Kind::http;
  return out;
}

}  // namespace

bool RelayEndpoint::is_remote() const {
  return kind == Kind::poll || kind == Kind::sse || kind == Kind::ws || kind == Kind::mqtt ||
         kind == Kind::http;
}

std::string RelayEndpoint::display() const {
  switch (kind) {
    case Kind::stdio:
      return "-";
    case Kind::poll:
      return "poll+" + remote.display();
    case Kind::sse:
      return "sse+" + remote.display();
    case Kind::ws:
    case Kind::mqtt:
      return remote.display();
    case Kind::http: {
      std::string url = remote.display();
      for (std::size_t at = 0;
           topic_in_url && (at = url.find(kTopicPlace, at)) != std::string::npos; ++at)
        url.replace(at, kTopicPlace.size(), "%c");
      return url;
    }
    case Kind::exec: {
      const std::string_view command = trim(text);
      const std::size_t end = command.find_first_of(" \t\n");
      return "exec:" + printable(command.substr(0, end)) +
             (end == std::string_view::npos ? "" : " ...");
    }
    case Kind::file:
      return "file:" + printable(text, 256);
    case Kind::serve:
      break;
  }
  const std::string transport(served == Transport::poll ? "http" : name_of(served));
  const bool v6 = listen.host.find(':') != std::string::npos;
  return std::string(kServe) + transport + "://" + (v6 ? "[" + listen.host + "]" : listen.host) +
         ":" + std::to_string(listen.port) + listen.channel;
}

Result<RelayEndpoint> parse_relay_endpoint(std::string_view text) {
  if (text.empty()) return usage("an endpoint is empty");
  if (text == "-") return RelayEndpoint{};
  if (begins(text, "exec:")) return read_exec(text.substr(5));
  if (begins(text, "file:")) return read_file(text.substr(5));
  const auto written = scheme_of(text);
  if (!written) return without_scheme(text);
  if (begins(*written, kServe)) return read_served(*written, text.substr(written->size() + 3));
  return read_remote(text, *written);
}

Result<void> check_source(const RelayEndpoint& endpoint) {
  if (endpoint.kind != Kind::http) return {};
  const std::string url = endpoint.remote.display();
  return usage("nothing says how to read from " + url + ": write poll+" + url + " or sse+" + url);
}

}  // namespace rt
