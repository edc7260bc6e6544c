#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rt {

// By what a server that speaks a dialect gives itself away to whoever does not. Each gives what
// --protocol would have to say, or nothing: what might as well be something else is no sign.

// The first message that comes.
std::string_view dialect_of_greeting(std::string_view text);
// The body of an answer in HTTP that is an error.
std::string_view dialect_of_refusal(std::string_view body);
// A close that was not agreed on.
std::string_view dialect_of_close(std::uint16_t code, std::string_view reason);

// For people: "this looks like Socket.IO: rtws --protocol socket.io"; empty for no protocol.
std::string hint_at_dialect(std::string_view protocol, std::string_view option);

}  // namespace rt
