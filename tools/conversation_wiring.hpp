#pragma once

#include "base/result.hpp"
#include "cli/options/options.hpp"
#include "io/websocket/conversation.hpp"

namespace rt {

// What a WebSocket client says by itself. Reads the files that --send names. Errors: usage.
Result<WsConversation> conversation_of(const Options& options);

}  // namespace rt
