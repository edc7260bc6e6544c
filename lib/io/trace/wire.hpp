#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "codec/mqtt_packet.hpp"
#include "codec/ws_deflate.hpp"
#include "codec/ws_describe.hpp"

// What -v shows of an exchange, one line each, and -vv byte by byte. All of it is printable and
// without secrets. `way` stands before each line: ">" for what we send, "<" for what comes, at
// servers with the peer's address before it. Whoever calls has looked at on() first, once for a
// connection where that is possible: then nothing is spent without -v.
namespace rt::trace {

inline bool on() {
  return Log::level() >= LogLevel::verbose;
}
inline bool shows_bytes() {
  return Log::level() >= LogLevel::debug;
}

// The lines of a head of HTTP; nothing for empty ones.
void head(std::string_view way, std::string_view text);
// With -vv.
void bytes(std::string_view what, std::size_t omitted = 0);
// WebSocket frames as they go out, but nothing of what is in them.
void hidden_frames(std::string_view way, std::string_view what);
// One whose payload has come; of that the beginning, at least what a dump shows, is enough.
void frame(std::string_view way, const ws::FrameFacts& facts, std::string_view payload);

// What is in the compressed messages of one direction, frame by frame.
class Unpacking {
 public:
  // A frame begins. False: it is not of a compressed message.
  bool begin(const ws::FrameFacts& facts);
  // Its payload, in pieces.
  void receive(std::string_view piece);
  // And its end: the facts and the beginning of what has come out. What cannot be read stays as it
  // came.
  void end(ws::FrameFacts& facts, std::string& payload);

 private:
  std::unique_ptr<ws::Inflater> inflater_;
  std::string out_;           // the beginning of the frame's
  std::uint64_t length_ = 0;  // of all of it
  bool in_message_ = false;   // a compressed one
  bool bad_ = false;
};

// The frames of a WebSocket as they go out, each whole.
class LeavingFrames {
 public:
  void show(std::string_view way, std::string_view frames);

 private:
  Unpacking unpacking_;
};

// The frames of a WebSocket whose bytes come cut anywhere: each is shown when it is whole, without
// its mask.
class ArrivingFrames {
 public:
  void receive(std::string_view way, std::string_view bytes);

 private:
  void end_frame(std::string_view way);

  Unpacking unpacking_;
  bool unpacks_ = false;        // the frame whose payload comes
  std::string head_;            // as far as it has come
  std::string payload_;         // its beginning, as it came
  std::uint64_t left_ = 0;      // of the payload
  ws::FrameFacts facts_;        // of the frame whose payload comes
  std::uint32_t mask_key_ = 0;  // of it, or 0
  bool in_payload_ = false;
};

// Whether packets of MQTT are to be given to packet(), once for a connection.
bool shows_packets();
// From now on they go there, instead of being shown.
using PacketSink = std::function<void(std::string_view way, const mqtt::Packet& packet, bool v5)>;
void give_packets_to(PacketSink sink);
// A packet of MQTT.
void packet(std::string_view way, const mqtt::Packet& packet, bool v5);
// What came in its place.
void no_packet(std::string_view way, std::string_view what);

}  // namespace rt::trace
