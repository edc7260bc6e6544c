// What libwebsockets tells of an opening handshake.
#pragma once

#include <libwebsockets.h>

#include <string>
#include <string_view>
#include <vector>

namespace peer {

// The value of a field that libwebsockets knows, or nothing.
std::string field_of(lws* wsi, lws_token_indexes token);

// The request's target, query included.
std::string target_of(lws* wsi);

// Its fields as [[name, value], ...]: those that libwebsockets knows, and of the others those that
// are in `look_at`, for it does not list them.
std::string fields_of(lws* wsi, const std::vector<std::string>& look_at);

}  // namespace peer
