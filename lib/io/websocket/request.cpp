#include "io/websocket/request.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "codec/http_values.hpp"
#include "codec/rt_v1.hpp"

namespace rt {
namespace {

// More than any server takes.
constexpr std::size_t kMaxFields = 32u << 10;

constexpr std::array<std::string_view, 6> kOurs = {"upgrade",
                                                   "connection",
                                                   "sec-websocket-key",
                                                   "sec-websocket-version",
                                                   "sec-websocket-extensions",
                                                   "sec-websocket-accept"};

template <std::size_t N>
bool among(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view one) { return iequals(one, name); });
}

// The fields as they grow: what the user gave under a name stands for what would be sent.
class Fields {
 public:
  Fields(const WsClientOptions& options, bool same_origin)
      : options_(options), same_origin_(same_origin) {}

  void add_default(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    for (const auto& header : options_.headers)
      if (same_origin_ && iequals(header.first, name)) return;
    add(name, value);
  }
  void add(std::string_view name, std::string_view value) {
    out_ += name;
    out_ += ": ";
    out_ += value;
    out_ += "\r\n";
  }
  std::string take() { return std::move(out_); }

 private:
  const WsClientOptions& options_;
  bool same_origin_;
  std::string out_;
};

std::string authorization(const WsClientOptions& options, const Endpoint& at) {
  if (!options.bearer.empty()) return "Bearer " + options.bearer;
  if (!options.user.empty() || !options.password.empty())
    return "Basic " + base64_encode(options.user + ":" + options.password);
  if (!at.user.empty() || at.has_password)
    return "Basic " + base64_encode(at.user + ":" + at.password);
  return {};
}

// The user's own come first; an empty one says that none are to be sent.
std::string cookie(const WsClientOptions& options, const Endpoint& at, bool same_origin,
                   const http::Cookies& cookies, std::int64_t unix_now) {
  std::string own;
  for (const auto& [name, value] : options.headers) {
    if (!same_origin || !iequals(name, "Cookie")) continue;
    if (trim(value).empty()) return {};
    if (!own.empty()) own += "; ";
    own += trim(value);
  }
  const std::string path = at.path();
  return cookies.value_for(cookie_place(at, path), unix_now, own);
}

Result<void> check(const WsClientOptions& options) {
  for (const auto& [name, value] : options.headers) {
    if (!http::valid_field_name(name) || !http::valid_field_value(value))
      return Error(Fault::usage, "'" + printable(name) + "' cannot be sent as a header");
    if (iequals(name, "sec-websocket-protocol"))
      return Error(Fault::usage, "subprotocols are offered with --subprotocol, not with -H");
    if (among(name, kOurs))
      return Error(Fault::usage, "the header '" + name + "' belongs to the WebSocket handshake");
  }
  for (const std::string& name : options.subprotocols)
    if (!http::valid_field_name(name))
      return Error(Fault::usage, "'" + printable(name) + "' is no name for a subprotocol");
  if (!http::valid_field_value(options.bearer) || !http::valid_field_value(options.origin))
    return Error(Fault::usage, "a control character cannot be sent in a header");
  return {};
}

// RFC 3986, section 5.2.4, as far as it matters: "a/b" seen from "/x/y" is "/x/a/b".
std::string relative_target(const Endpoint& from, std::string_view location) {
  if (location.front() == '?') return from.path() + std::string(location);
  std::string path = from.path();
  path.resize(path.rfind('/') + 1);
  return path + std::string(location);
}

}  // namespace

std::vector<std::string> offered_subprotocols(const WsClientOptions& options) {
  std::vector<std::string> out;
  if (options.hub) out.emplace_back(v1::kName);
  for (const std::string& name : options.subprotocols)
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  return out;
}

http::CookiePlace cookie_place(const Endpoint& at, std::string_view path) {
  return {at.host, at.tls, path};
}

Result<std::string> handshake_fields(const WsClientOptions& options, const Endpoint& at,
                                     bool same_origin, const http::Cookies& cookies,
                                     std::int64_t unix_now, const std::string& digest) {
  if (auto checked = check(options); !checked) return checked.error();
  Fields fields(options, same_origin);
  fields.add_default("Host", at.authority());
  fields.add_default("User-Agent", "rtwire/" RT_VERSION);
  fields.add_default("Origin", options.origin);
  fields.add("Upgrade", "websocket");
  fields.add("Connection", "Upgrade");
  fields.add("Sec-WebSocket-Version", "13");
  if (same_origin) {
    fields.add_default("Authorization", digest.empty() ? authorization(options, at) : digest);
    for (const auto& [name, value] : options.headers)
      if (!trim(value).empty() && !iequals(name, "Cookie")) fields.add(name, trim(value));
  }
  if (const std::string value = cookie(options, at, same_origin, cookies, unix_now); !value.empty())
    fields.add("Cookie", value);
  std::string out = fields.take();
  if (out.size() + at.target.size() > kMaxFields)
    return Error(Fault::usage,
                 "the request is longer than " + std::to_string(kMaxFields) + " bytes");
  return out;
}

Result<Endpoint> redirect_target(const Endpoint& from, std::string_view location) {
  const auto nowhere = [&] {
    return Error(Fault::protocol,
                 "redirected to '" + printable(location) + "', which is no WebSocket's URL");
  };
  location = trim(location);
  location = location.substr(0, location.find('#'));
  if (location.empty()) return nowhere();
  const std::string scheme = from.tls ? "wss:" : "ws:";
  std::string url;
  if (location.substr(0, 2) == "//") {
    url = scheme + std::string(location);
  } else if (const std::size_t colon = location.find("://");
             colon != std::string_view::npos && colon < location.find_first_of("/?")) {
    url = location;
  } else {
    Endpoint out = from;
    out.target = location.front() == '/' ? std::string(location) : relative_target(from, location);
    // Read again: what a server wrote goes into a request line.
    url = scheme + "//" + from.authority() + out.target;
  }
  auto to = parse_endpoint(url, Transport::ws);
  if (!to) return nowhere();
  if (from.tls && !to->tls)
    return Error(Fault::protocol, "redirected from wss to ws, which would give up encryption");
  if (to->host == from.host && to->port == from.port && to->user.empty() && !to->has_password) {
    to->user = from.user;
    to->password = from.password;
    to->has_password = from.has_password;
  }
  return to;
}

}  // namespace rt
