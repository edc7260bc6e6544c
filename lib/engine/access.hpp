#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rt {

// Who may come in over HTTP: decided from the Host and Origin fields alone.
class AccessPolicy {
 public:
  struct Options {
    std::vector<std::string> allow_origins;  // "https://app.example", or "*"
    std::vector<std::string> allow_hosts;    // host names, without port
  };
  explicit AccessPolicy(Options options) : options_(std::move(options)) {}

  // False (421): the Host is neither an IP address nor localhost nor one of those allowed. A page
  // whose name was made to lead here (DNS rebinding) has another one, whatever is bound.
  bool host_allowed(std::string_view host) const;

  // False (403): this Origin may neither publish nor open a WebSocket. No Origin is fine (not a
  // browser), the Host's own is, and those that are listed; "null" never is.
  bool origin_allowed(std::string_view origin, std::string_view host) const;

  // True when answers are to carry CORS fields for this Origin: it is listed.
  bool cors_allowed(std::string_view origin) const;
  // The same of one that is allowed by its name, not as any other.
  bool names_origin(std::string_view origin) const;
  // True when answers depend on Origin at all.
  bool has_cors() const { return !options_.allow_origins.empty(); }

 private:
  Options options_;
};

// "host:port" or "host" -> the host in lower case, without the brackets of IPv6 and a final dot.
std::string host_name(std::string_view authority);

}  // namespace rt
