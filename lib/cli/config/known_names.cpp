#include "cli/config/known_names.hpp"

#include "base/text.hpp"
#include "model/endpoint.hpp"
#include "model/relay_endpoint.hpp"

namespace rt::cli {
namespace {

// Whether the program can be given the URL. A prefix ("sse+") is for those alone who need it.
bool reaches(Program program, const std::string& url, bool prefixed) {
  if (program == Program::rtrelay) return parse_relay_endpoint(url).ok();
  return !prefixed && parse_endpoint(url, transport_of(program)).ok();
}

bool unreadable(const std::string& url) {
  const auto end = parse_relay_endpoint(url);
  return end && !check_source(*end);
}

}  // namespace

std::string endpoint_list(Program program, const Config& config, const ConfigSection* profile,
                          bool readable) {
  std::string text;
  for (const std::string& name : endpoint_names(config, profile)) {
    for (const char* prefix : {"@", "sse+@", "poll+@"}) {
      const auto address = resolve_address(config, profile, prefix + name);
      if (!address || !reaches(program, address->url, *prefix != '@')) continue;
      if (!readable || !unreadable(address->url)) text += prefix + name + "\n";
    }
  }
  return text;
}

std::string url_list(Program program, const Config& config, const ConfigSection* profile) {
  std::string text;
  for (const std::string& name : endpoint_names(config, profile)) {
    const auto address = resolve_address(config, profile, "@" + name);
    // What has a user may have a password, too.
    if (!address || address->url.find('@') != std::string::npos) continue;
    const auto endpoint = parse_any_endpoint(address->url, transport_of(program));
    if (endpoint && endpoint->transport != Transport::mqtt)
      text += "@" + name + " " + address->url + "\n";
  }
  return text;
}

std::optional<std::string> fault_of_named_source(const Config& config, const ConfigSection* profile,
                                                 std::string_view text, std::string_view place) {
  const auto address = resolve_address(config, profile, text);
  if (!address || address->endpoint == nullptr || !unreadable(address->url)) return std::nullopt;
  const std::string shown = printable(text);
  return std::string(place) + ": nothing says how to read from " + shown + ": write sse+" + shown +
         " or poll+" + shown;
}

}  // namespace rt::cli
