#include "io/trace/wire.hpp"

#include <algorithm>
#include <span>

#include "base/text.hpp"
#include "codec/dump.hpp"
#include "codec/mqtt_describe.hpp"
#include "codec/ws_deflate_terms.hpp"
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

void hidden_frames(std::string_view way, std::string_view what) {
  ws::for_each_frame(what, [&](const ws::FrameFacts& facts, std::string_view) {
    line(way, ws::describe(facts, "(not shown)"));
  });
}

// The widest window reads what was compressed with any, and what refers to nothing before it.
bool Unpacking::begin(const ws::FrameFacts& facts) {
  const bool control = (facts.opcode & 8u) != 0;
  const bool continues = facts.opcode == static_cast<unsigned>(ws::Opcode::continuation);
  if (control) return false;
  if (!continues) in_message_ = facts.reserved;
  if (!in_message_) return false;
  if (!inflater_) inflater_ = std::make_unique<ws::Inflater>(ws::kMostWindowBits);
  out_.clear();
  length_ = 0;
  return true;
}

void Unpacking::receive(std::string_view piece) {
  char bytes[4096];
  const std::size_t most = shows_bytes() ? kKept : kExcerptKept;
  for (bool more = !bad_; more;) {
    std::span<char> room(bytes);
    bad_ = !inflater_->receive(piece, room);
    const std::size_t came = sizeof bytes - room.size();
    out_.append(bytes, std::min(came, most - std::min(most, out_.size())));
    length_ += came;
    more = !bad_ && room.empty();
  }
}

void Unpacking::end(ws::FrameFacts& facts, std::string& payload) {
  if (facts.fin) {
    receive(inflater_->tail());
    bad_ = bad_ || !inflater_->end_message();
    in_message_ = false;
  }
  if (bad_) return;
  facts.compressed = facts.length;
  facts.length = length_;
  payload = out_;
}

void LeavingFrames::show(std::string_view way, std::string_view frames) {
  ws::for_each_frame(frames, [&](ws::FrameFacts facts, std::string_view payload) {
    if (!unpacking_.begin(facts)) return frame(way, facts, payload);
    std::string whole(payload);
    unpacking_.receive(payload);
    unpacking_.end(facts, whole);
    frame(way, facts, whole);
  });
}

void ArrivingFrames::receive(std::string_view way, std::string_view bytes) {
  while (!bytes.empty() || (in_payload_ && left_ == 0)) {
    if (!in_payload_) {
      head_ += bytes.front();
      bytes.remove_prefix(1);
      if (ws::read_head(head_, facts_, mask_key_) == 0) continue;
      in_payload_ = true;
      left_ = facts_.length;
      // No server masks.
      unpacks_ = mask_key_ == 0 && unpacking_.begin(facts_);
    }
    const std::size_t most = shows_bytes() ? kKept : kExcerptKept;
    const std::string_view here = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
    payload_ += here.substr(0, most - std::min(most, payload_.size()));
    if (unpacks_ && !here.empty()) unpacking_.receive(here);
    bytes.remove_prefix(here.size());
    left_ -= here.size();
    if (left_ == 0) end_frame(way);
  }
}

void ArrivingFrames::end_frame(std::string_view way) {
  ws::mask(payload_.data(), payload_.size(), mask_key_);
  if (unpacks_) unpacking_.end(facts_, payload_);
  frame(way, facts_, payload_);
  facts_.compressed.reset();
  head_.clear();
  payload_.clear();
  in_payload_ = false;
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
