#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/message.hpp"

namespace rt {

// All variables that a command gets about its message begin so.
inline constexpr std::string_view kVariablePrefix = "RTMSG_";

// What a command's environment says about its message: RTMSG_PROTO, RTMSG_KIND (text or binary)
// and RTMSG_LENGTH always, and of RTMSG_CHANNEL, _ID, _EVENT, _TIME (RFC 3339), _CONTENT_TYPE,
// _ORIGIN_ID, _RETAIN (1), _QOS and _PROPERTIES (JSON, as in the envelope) those that
// have something to say. A value with NUL in it or of more than 32 KiB is left out: no environment
// holds the one, nor surely the other. The names are these and no others: what a peer calls its
// properties never becomes a variable's name.
std::vector<std::pair<std::string, std::string>> message_variables(const Message& message,
                                                                   Transport transport);

}  // namespace rt
