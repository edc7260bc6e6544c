#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "codec/dialect.hpp"

// How Engine.IO 4 puts its packets into the bodies of HTTP.
namespace rt {

// Takes the next packet off the front of a body. Nothing: what stands there as bytes is no base64.
std::optional<DialectFrame> take_engine_io_packet(std::string_view& body);
// Appends a packet to a body, behind others.
void append_engine_io_packet(std::string& body, const DialectFrame& packet);

// What the first packet of a server says of the session.
struct EngineIoOpening {
  std::string session;
  std::size_t most = 0;  // bytes of a body; 0: nothing is said
};
// Nothing for another packet.
std::optional<EngineIoOpening> read_engine_io_opening(std::string_view packet);

}  // namespace rt
