#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "codec/message_pieces.hpp"
#include "engine/hub.hpp"
#include "io/hub/wire.hpp"

namespace rt {

// The bytes of one message for a wire, made a piece at a time as a reader takes them: for a message
// that would be much longer there than it is in the log.
class WirePieces {
 public:
  // True when the message is one of those.
  static bool wanted(const Message& message, Wire wire);

  // `payload` is what wire_bytes gave for the entry; it is held until the end.
  WirePieces(const Hub& hub, const Entry& entry, SharedBytes payload, Wire wire);

  // Some 64 KiB more, whole frames where the wire has frames; empty at the end.
  std::string next();
  // Whole frames, or lines, that come after the message.
  void push(std::string_view bytes) { after_ += bytes; }

 private:
  SharedBytes payload_;
  v1::MessagePieces pieces_;
  std::string after_;
  Wire wire_;
  bool begun_ = false;
  bool whole_ = false;
};

}  // namespace rt
