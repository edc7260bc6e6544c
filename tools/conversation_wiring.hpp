#pragma once

#include <optional>

#include "base/result.hpp"
#include "cli/options/options.hpp"
#include "codec/dialect.hpp"
#include "io/websocket/conversation.hpp"

namespace rt {

// What a WebSocket client says by itself. Reads the files that --send names. Errors: usage.
// Of --protocol; nullopt: none. Credentials are for the caller.
Result<std::optional<DialectOptions>> dialect_of(const Options& options);
Result<WsConversation> conversation_of(const Options& options);

}  // namespace rt
