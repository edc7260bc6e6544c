#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/websocket/client.hpp"

namespace rt {

// The subprotocols to offer, as one field value; empty: none.
std::string offered_subprotocols(const WsClientOptions& options);

// The header fields of an opening handshake for `at` (RFC 6455, section 4.1), but for those that
// libwebsockets makes (Sec-WebSocket-Key). Credentials and the user's own fields stay away when a
// redirect has led to another origin: nobody knows which of them is a secret. An error (usage) for
// a header that cannot be sent or is not the user's to set.
Result<std::string> handshake_fields(const WsClientOptions& options, const Endpoint& at,
                                     bool same_origin);

// The whole request, made of the one that libwebsockets wrote: its key, our target and fields.
// Empty when it cannot be recognised.
std::string handshake_request(std::string_view written, std::string_view target,
                              std::string_view fields);

// Where a redirect of `from` leads to. Errors: protocol.
Result<Endpoint> redirect_target(const Endpoint& from, std::string_view location);

}  // namespace rt
