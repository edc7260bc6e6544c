#pragma once

#include <string_view>

#include "base/error.hpp"

// Why there is no WebSocket, in words (see io/net/faults.hpp).
namespace rt {

// For an answer of which libwebsockets could make nothing.
Error answer_is_not_http(unsigned port);
// For what libwebsockets said when the handshake failed after the connection stood.
Error handshake_fault(std::string_view said, bool tls, unsigned port);
// For an answer other than 101. `status_line` is "404 Not Found"; `explained`: the body, which
// libwebsockets keeps to itself, says why.
Error handshake_refusal(int status, std::string_view status_line, bool explained);

}  // namespace rt
