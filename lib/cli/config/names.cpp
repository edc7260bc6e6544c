#include <algorithm>

#include "base/text.hpp"
#include "cli/config/config.hpp"
#include "cli/options/wording.hpp"
#include "model/scheme.hpp"

namespace rt::cli {
namespace {

// "sse+" of "sse+@hub/x"; empty when there is none.
std::string_view prefix_of(std::string_view address) {
  for (const std::string_view prefix : {"poll+", "sse+", "ws+"}) {
    if (iequals(address.substr(0, prefix.size()), prefix) &&
        address.substr(prefix.size(), 1) == "@")
      return prefix;
  }
  return {};
}

// The name in "@name/path".
std::string_view name_in(std::string_view address) {
  return address.substr(1, address.find_first_of("/?") - 1);
}

const ConfigEndpoint* endpoint_named(const ConfigSection& section, std::string_view name) {
  for (const ConfigEndpoint& endpoint : section.endpoints) {
    if (endpoint.name == name) return &endpoint;
  }
  return nullptr;
}

Error unknown_name(const Config& config, const ConfigSection* profile, std::string_view name) {
  constexpr std::size_t kFew = 5;
  const std::string shown = name.empty() ? "an endpoint's name is missing behind @: "
                                         : "unknown endpoint @" + printable(name) + ": ";
  if (config.file.empty())
    return Error(Fault::usage, shown + "there is no configuration file (--config FILE)");
  const std::vector<std::string> names = endpoint_names(config, profile);
  if (names.empty()) return Error(Fault::usage, shown + config.file + " names no endpoints");
  const auto meant = suggestion(name, {names.begin(), names.end()});
  if (meant && !name.empty())
    return Error(Fault::usage, shown + "did you mean @" + std::string(*meant) + "?");
  std::vector<std::string> some;
  for (std::size_t i = 0; i < names.size() && i < kFew; ++i) some.push_back("@" + names[i]);
  if (names.size() > kFew) some.emplace_back("others");
  return Error(Fault::usage,
               shown + config.file + " has " + listed({some.begin(), some.end()}, "and"));
}

// `more` begins with '/' or '?', or is empty.
std::string joined_url(const std::string& url, std::string_view more, bool mqtt) {
  if (more.empty()) return url;
  // In a topic '?' is a character like others.
  const std::size_t mark = mqtt ? std::string::npos : url.find('?');
  std::string path = url.substr(0, mark);
  std::string query = mark == std::string::npos ? "" : url.substr(mark + 1);
  const std::size_t more_mark = mqtt ? std::string_view::npos : more.find('?');
  const std::string_view more_path = more.substr(0, more_mark);
  if (!more_path.empty() && path.ends_with('/')) path.pop_back();
  path += more_path;
  if (more_mark != std::string_view::npos) {
    if (!query.empty()) query += '&';
    query += more.substr(more_mark + 1);
  }
  return query.empty() ? path : path + "?" + query;
}

}  // namespace

bool is_named(std::string_view address) {
  address.remove_prefix(prefix_of(address).size());
  return address.starts_with('@');
}

Result<NamedAddress> resolve_address(const Config& config, const ConfigSection* profile,
                                     std::string_view address) {
  if (!is_named(address)) return NamedAddress{std::string(address), nullptr};
  const std::string_view prefix = prefix_of(address);
  address.remove_prefix(prefix.size());
  const std::string_view name = name_in(address);
  const ConfigEndpoint* endpoint = profile ? endpoint_named(*profile, name) : nullptr;
  if (endpoint == nullptr) endpoint = endpoint_named(config.own, name);
  if (endpoint == nullptr) return unknown_name(config, profile, name);
  const std::string_view more = address.substr(1 + name.size());
  const auto scheme = scheme_of(endpoint->url);
  const bool mqtt = scheme && ascii_lower(*scheme).starts_with("mqtt");
  if (mqtt && more.starts_with('?'))
    return Error(Fault::usage,
                 "@" + std::string(name) + " is an MQTT broker: a topic follows after /");
  return NamedAddress{std::string(prefix) + joined_url(endpoint->url, more, mqtt), endpoint};
}

std::vector<std::string> endpoint_names(const Config& config, const ConfigSection* profile) {
  std::vector<std::string> names;
  for (const ConfigSection* section : {profile, &config.own}) {
    if (section == nullptr) continue;
    for (const ConfigEndpoint& endpoint : section->endpoints) {
      if (std::find(names.begin(), names.end(), endpoint.name) == names.end())
        names.push_back(endpoint.name);
    }
  }
  return names;
}

}  // namespace rt::cli
