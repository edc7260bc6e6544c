#include "io/trace/wire.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "codec/dump.hpp"
#include "codec/mqtt_describe.hpp"
#include "io/trace/redact.hpp"

namespace rt::trace {
namespace {

constexpr std::size_t kKept = kMostDumped;
constexpr std::size_t kExcerptKept = 256;

void line(std::string_view way, std::string_view text) {
  std::string out(way);
  out += ' ';
  out += text;
  Log::info(out);
}

}  // namespace

void head(std::string_view way, std::string_view text) {
  for (std::string_view one : split(text, '\n')) {
    one = one.substr(0, one.find('\r'));
    if (!one.empty()) line(way, way == ">" ? redacted_request(one) : redacted(one));
  }
}

void bytes(std::string_view what, std::size_t omitted) {
  if (shows_bytes()) hex_dump(what, omitted, [](const std::string& row) { Log::debug(row); });
}

void frame(std::string_view way, const ws::FrameFacts& facts, std::string_view payload) {
  line(way, ws::describe(facts, payload));
  bytes(payload, static_cast<std::size_t>(facts.length) - payload.size());
}

void frames(std::string_view way, std::string_view what) {
  ws::for_each_frame(what, [&](const ws::FrameFacts& facts, std::string_view payload) {
    frame(way, facts, payload);
  });
}

void hidden_frames(std::string_view way, std::string_view what) {
  ws::for_each_frame(what, [&](const ws::FrameFacts& facts, std::string_view) {
    line(way, ws::describe(facts, "(not shown)"));
  });
}

void ArrivingFrame::receive(std::string_view way, std::string_view piece, bool binary,
                            std::size_t rest, bool fin) {
  const std::size_t most = shows_bytes() ? kKept : kExcerptKept;
  payload_ += piece.substr(0, most - std::min(most, payload_.size()));
  length_ += piece.size();
  if (rest > 0) return;
  const ws::Opcode first = binary ? ws::Opcode::binary : ws::Opcode::text;
  ws::FrameFacts facts;
  facts.opcode = static_cast<unsigned>(continues_ ? ws::Opcode::continuation : first);
  facts.fin = fin;
  facts.length = length_;
  frame(way, facts, payload_);
  payload_.clear();
  length_ = 0;
  continues_ = !fin;
}

void ArrivingFrames::receive(std::string_view way, std::string_view bytes) {
  while (!bytes.empty() || (in_payload_ && left_ == 0)) {
    if (!in_payload_) {
      head_ += bytes.front();
      bytes.remove_prefix(1);
      if (ws::read_head(head_, facts_, mask_key_) == 0) continue;
      in_payload_ = true;
      left_ = facts_.length;
    }
    const std::size_t most = shows_bytes() ? kKept : kExcerptKept;
    const std::string_view here = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
    payload_ += here.substr(0, most - std::min(most, payload_.size()));
    bytes.remove_prefix(here.size());
    left_ -= here.size();
    if (left_ > 0) continue;
    ws::mask(payload_.data(), payload_.size(), mask_key_);
    frame(way, facts_, payload_);
    head_.clear();
    payload_.clear();
    in_payload_ = false;
  }
}

static PacketSink& packet_sink() {
  static PacketSink sink;
  return sink;
}

bool shows_packets() {
  return on() || packet_sink();
}

void give_packets_to(PacketSink sink) {
  packet_sink() = std::move(sink);
}

void packet(std::string_view way, const mqtt::Packet& packet, bool v5) {
  if (const PacketSink& sink = packet_sink()) return sink(way, packet, v5);
  line(way, mqtt::describe(packet, v5));
  if (shows_bytes()) bytes(mqtt::without_secrets(packet, v5), packet.omitted);
}

void no_packet(std::string_view way, std::string_view what) {
  line(way, std::to_string(what.size()) + " bytes that are no MQTT packet");
  bytes(what);
}

}  // namespace rt::trace
