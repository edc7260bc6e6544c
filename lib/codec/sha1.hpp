#pragma once

#include <string>
#include <string_view>

namespace rt {

// The 20 bytes of the message's SHA-1 (RFC 3174). WebSocket's opening handshake asks for it; it
// protects nothing.
std::string sha1(std::string_view message);

}  // namespace rt
