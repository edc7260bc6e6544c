#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/cookies.hpp"
#include "io/websocket/client.hpp"

namespace rt {

// The subprotocols to offer.
std::vector<std::string> offered_subprotocols(const WsClientOptions& options);

// The header fields of an opening handshake for `at` (RFC 6455, section 4.1), but for what it
// offers (see ws::Offer). Credentials and the user's own fields stay away when a redirect has led
// to another origin: nobody knows which of them is a secret. An error (usage) for a header that
// cannot be sent or is not the user's to set. `digest` is Authorization's value in place of Basic.
Result<std::string> handshake_fields(const WsClientOptions& options, const Endpoint& at,
                                     bool same_origin, const http::Cookies& cookies,
                                     std::int64_t unix_now, const std::string& digest = {});

// Where cookies of and for an endpoint belong; the views lie in `path` and the endpoint.
http::CookiePlace cookie_place(const Endpoint& at, std::string_view path);

// Where a redirect of `from` leads to. Errors: protocol.
Result<Endpoint> redirect_target(const Endpoint& from, std::string_view location);

}  // namespace rt
