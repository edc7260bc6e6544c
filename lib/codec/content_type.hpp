#pragma once

#include <string_view>

#include "model/message.hpp"

namespace rt {

// What a payload is served as when nobody named its type.
std::string_view content_type_of(PayloadKind kind);
std::string_view content_type_of(const Message& message);
// What a body published with this Content-Type is: type (empty for untyped, which includes what
// forms and curl -d send) and kind.
void set_content_type(Message& message, std::string_view declared);

}  // namespace rt
