#include "model/scheme.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::array<Scheme, 8> kSchemes = {{
    {"http", false, true, false, std::nullopt},
    {"https", true, true, false, std::nullopt},
    {"ws", false, true, true, std::nullopt},
    {"wss", true, true, true, std::nullopt},
    {"mqtt", false, false, false, std::nullopt},
    {"mqtts", true, false, false, std::nullopt},
    {"mqtt+ws", false, false, true, std::nullopt},
    {"mqtt+wss", true, false, true, std::nullopt},
}};
constexpr std::array kPrefixes = {Transport::poll, Transport::sse, Transport::ws};

// What other programs write for ours.
struct ForeignScheme {
  std::string_view written;
  std::string_view ours;
};
constexpr std::array<ForeignScheme, 16> kForeign = {{
    {"tcp", "mqtt"},
    {"ssl", "mqtts"},
    {"tls", "mqtts"},
    {"mqtt+tcp", "mqtt"},
    {"mqtt+ssl", "mqtts"},
    {"mqtt+tls", "mqtts"},
    {"mqttws", "mqtt+ws"},
    {"mqttwss", "mqtt+wss"},
    {"ws+mqtt", "mqtt+ws"},
    {"wss+mqtt", "mqtt+wss"},
    {"ws+tls", "wss"},
    {"sse", "sse+http"},
    {"sses", "sse+https"},
    {"poll", "poll+http"},
    {"polls", "poll+https"},
    {"http+sse", "sse+http"},
}};

std::string prefixed(Transport prefix, const Scheme& scheme) {
  return std::string(name_of(prefix)) + "+" + std::string(scheme.name);
}

}  // namespace

std::optional<std::string_view> scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || text.substr(colon, 3) != "://")
    return std::nullopt;
  const std::string_view scheme = text.substr(0, colon);
  const auto allowed = [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '.' ||
           c == '-';
  };
  if (!std::all_of(scheme.begin(), scheme.end(), allowed)) return std::nullopt;
  return scheme;
}

std::vector<std::string> scheme_names() {
  std::vector<std::string> names;
  for (const Scheme& scheme : kSchemes) names.emplace_back(scheme.name);
  for (const Transport prefix : kPrefixes) {
    for (const Scheme& scheme : kSchemes) {
      if (scheme.web) names.push_back(prefixed(prefix, scheme));
    }
  }
  return names;
}

std::string_view instead_of_scheme(std::string_view written) {
  const auto* const found =
      std::find_if(kForeign.begin(), kForeign.end(),
                   [&](const ForeignScheme& foreign) { return foreign.written == written; });
  return found == kForeign.end() ? std::string_view() : found->ours;
}

Result<Scheme> read_scheme(std::string_view written) {
  const std::string text = ascii_lower(written);
  for (const Scheme& scheme : kSchemes) {
    if (text == scheme.name) return scheme;
    for (const Transport prefix : kPrefixes) {
      if (!scheme.web || text != prefixed(prefix, scheme)) continue;
      Scheme found = scheme;
      found.prefix = prefix;
      return found;
    }
  }
  const std::vector<std::string> known = scheme_names();
  if (const std::string_view ours = instead_of_scheme(text); !ours.empty())
    return Error(Fault::usage,
                 "unknown scheme \"" + text + "\": did you mean " + std::string(ours) + "?");
  std::string error = "unknown scheme \"" + printable(written) + "\": ";
  if (const auto meant = suggestion(text, {known.begin(), known.end()}))
    error += "did you mean " + std::string(*meant) + "?";
  else
    error += "use http, https, ws, wss, mqtt or mqtts";
  return Error(Fault::usage, std::move(error));
}

std::optional<Error> fault_of_lost_slashes(std::string_view text) {
  const std::size_t slashes = text.find("//");
  for (const Scheme& scheme : kSchemes) {
    if (slashes != std::string_view::npos && iequals(text.substr(0, slashes), scheme.name))
      return Error(Fault::usage,
                   "a colon is missing: write " + std::string(scheme.name) + "://HOST");
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view after = text.substr(colon + 1);
  if (!after.empty() && after[0] >= '0' && after[0] <= '9') return std::nullopt;  // a host's port
  for (const Scheme& scheme : kSchemes) {
    const std::string name(scheme.name);
    if (iequals(text.substr(0, colon), name))
      return Error(Fault::usage, name + ": must be followed by two slashes: " + name + "://HOST");
  }
  // "htps:/h": no host has a port that begins so.
  if (after.empty() || after[0] != '/') return std::nullopt;
  const std::vector<std::string> known = scheme_names();
  const auto meant = suggestion(ascii_lower(text.substr(0, colon)), {known.begin(), known.end()});
  if (meant)
    return Error(Fault::usage, "unknown scheme \"" + printable(text.substr(0, colon)) +
                                   "\": did you mean " + std::string(*meant) + "://?");
  return std::nullopt;
}

std::uint16_t default_port(Transport transport, bool tls, bool websocket) {
  if (transport == Transport::mqtt && !websocket) return tls ? 8883 : 1883;
  return tls ? 443 : 80;
}

}  // namespace rt
