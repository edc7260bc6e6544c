#pragma once

#include <cstdint>

namespace rt {

// What a client's messages are sent as, where a transport tells text and binary apart.
enum class SendAs : std::uint8_t {
  by_content,  // text when it is valid UTF-8, binary otherwise
  text,
  binary,
};

}  // namespace rt
