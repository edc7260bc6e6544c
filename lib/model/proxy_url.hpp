#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rt {

// Whether it is the URL of a proxy, as curl reads it: "[SCHEME://][USER:PASSWORD@]HOST[:PORT]", the
// scheme being http, https, socks4, socks4a, socks5 or socks5h. Errors (usage) have no login in
// them.
Result<void> check_proxy_url(std::string_view url);

// For people: "host:port", with a scheme before it that is not http; without credentials.
std::string shown_proxy(std::string_view url);

bool has_login(std::string_view proxy_url);

}  // namespace rt
