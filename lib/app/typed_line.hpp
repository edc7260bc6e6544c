#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rt {

// A line that somebody types before a WebSocket: a message, or a command that begins with "/".
struct TypedLine {
  enum class What : std::uint8_t { message, ping, close, help, wrong };
  What what = What::message;
  std::string_view text = {};  // the message: of a line that begins with "//" without one of them
  std::uint16_t code = 1000;   // of close
  std::string problem = {};    // of wrong, for people
};

TypedLine read_typed_line(std::string_view line);

inline constexpr std::string_view kTypedHelp =
    "/ping: how long the server takes to answer; /close [CODE]: end; a message that begins with / "
    "is written with two";

}  // namespace rt
