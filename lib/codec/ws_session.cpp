#include "codec/ws_session.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/growing.hpp"
#include "base/text.hpp"
#include "codec/ws_session_state.hpp"

namespace rt::ws {
namespace {

constexpr std::size_t kMaxHeader = 14;
// Less is not worth a system call of its own.
constexpr std::size_t kLeastLanding = 16u << 10;
constexpr std::size_t kMostProven = 1u << 20;

// Unmasks bytes that lie `offset` bytes behind the beginning of what the key masks.
void unmask(std::span<char> bytes, std::uint32_t key, std::size_t offset) {
  const unsigned shift = 8 * (offset % 4);
  if (shift > 0) key = key << shift | key >> (32 - shift);
  mask(bytes.data(), bytes.size(), key);
}

std::string_view view(std::span<const char> bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

Session::Session(const SessionOptions& options, SessionListener& listener,
                 const DeflateTerms& deflate)
    : options_(options), listener_(listener), deflate_(deflate) {}

Session::~Session() = default;

Session::Incoming& Session::incoming() {
  if (!incoming_) incoming_ = std::make_unique<Incoming>();
  return *incoming_;
}

Session::Ending& Session::ending() {
  if (!ending_) ending_ = std::make_unique<Ending>();
  return *ending_;
}

// --- bytes in

std::size_t Session::receive(std::span<char> bytes) {
  paused_ = false;
  std::span<char> rest = bytes;
  while (!rest.empty() && !paused_ && state_ != State::ended)
    rest = rest.subspan(incoming_ ? resume(rest) : take_header(rest));
  return state_ == State::ended ? bytes.size() : bytes.size() - rest.size();
}

std::size_t Session::resume(std::span<char> bytes) {
  switch (incoming_->stage) {
    case Stage::header:
      return take_header(bytes);
    case Stage::payload:
      return take_payload(bytes);
    case Stage::control:
      return take_control(bytes);
    case Stage::passing_over:
      break;
  }
  return pass_over(bytes);
}

std::size_t Session::take_header(std::span<char> bytes) {
  FrameHeader header;
  const std::size_t before = incoming_ ? incoming_->gathered : 0;
  if (before == 0) {
    if (read_header(view(bytes), header))
      return header.size + begin_frame(header, bytes.subspan(header.size));
    incoming().gather(bytes);
    return bytes.size();
  }
  const std::size_t more = std::min(kMaxHeader - before, bytes.size());
  incoming_->gather(bytes.first(more));
  if (!read_header({incoming_->bytes.data(), incoming_->gathered}, header)) return more;
  incoming_->gathered = 0;
  const std::size_t taken = header.size - before;
  return taken + begin_frame(header, bytes.subspan(taken));
}

// Takes what is there of the payload.
std::size_t Session::begin_frame(const FrameHeader& header, std::span<char> bytes) {
  if (!passing_over_) {
    if (const Breach breach = breach_of(header); breach.code != 0) fail(breach);
  }
  const bool control = is_control(header.opcode);
  if (passing_over_ && (header.opcode != Opcode::close || header.payload > kMaxControl)) {
    incoming().begin(Stage::passing_over, header);
    return pass_over(bytes);
  }
  if (!control) return begin_data(header, bytes);
  if (header.payload > bytes.size()) {
    incoming().begin(Stage::control, header);
    return take_control(bytes);
  }
  const std::span<char> payload = bytes.first(static_cast<std::size_t>(header.payload));
  if (header.masked) unmask(payload, header.key, 0);
  // A header that came in pieces leaves nothing behind.
  if (incoming_ && !incoming_->in_message) incoming_.reset();
  on_control(header.opcode, view(payload));
  return payload.size();
}

std::size_t Session::begin_data(const FrameHeader& header, std::span<char> bytes) {
  const bool first = header.opcode != Opcode::continuation;
  const PayloadKind kind = header.opcode == Opcode::text ? PayloadKind::text : PayloadKind::binary;
  const bool compressed = header.reserved != 0;
  if (first && header.fin && !compressed && header.payload <= bytes.size()) {
    const std::span<char> payload = bytes.first(static_cast<std::size_t>(header.payload));
    if (header.masked) unmask(payload, header.key, 0);
    incoming_.reset();
    if (kind == PayloadKind::text && !options_.in_pieces && !valid_utf8(view(payload)))
      fail({1007, "text that is not UTF-8"});
    else
      listener_.on_message(kind, Payload(view(payload)));
    return payload.size();
  }
  Incoming& in = incoming();
  in.begin(Stage::payload, header);
  if (first) {
    in.in_message = true;
    in.kind = kind;
    in.compressed = compressed;
  }
  return take_payload(bytes);
}

std::size_t Session::take_payload(std::span<char> bytes) {
  Incoming& in = *incoming_;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(in.remaining, bytes.size()));
  if (size > 0 && options_.in_pieces) {
    const std::span<char> payload = bytes.first(size);
    if (in.masked) unmask(payload, in.key, in.taken % 4);
    in.advance(size);
    listener_.on_message(in.kind, Payload(view(payload)));
    if (passing_over_) return size;
  } else if (size > 0 && in.compressed) {
    const std::span<char> payload = bytes.first(size);
    if (in.masked) unmask(payload, in.key, in.taken % 4);
    in.advance(size);
    if (!inflate(view(payload))) return size;
  } else if (size > 0) {
    // Without room the frame under way is passed over.
    if (!make_room(size)) return 0;
    std::memcpy(in.message.data() + in.filled, bytes.data(), size);
    if (!payload_landed(size)) return size;
  }
  if (in.remaining == 0) end_frame();
  return size;
}

// So many bytes lie behind what is filled. False: they must not be there.
bool Session::payload_landed(std::size_t bytes) {
  Incoming& in = *incoming_;
  const std::span<char> payload = std::span(in.message).subspan(in.filled, bytes);
  if (in.masked) unmask(payload, in.key, in.taken % 4);
  in.filled += bytes;
  in.advance(bytes);
  if (in.kind == PayloadKind::binary || in.text.receive(view(payload))) return true;
  return fail({1007, "text that is not UTF-8"});
}

std::size_t Session::take_control(std::span<char> bytes) {
  Incoming& in = *incoming_;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(in.remaining, bytes.size()));
  in.gather(bytes.first(size));
  in.advance(size);
  if (in.remaining > 0) return size;
  std::array<char, kMaxControl> payload = in.bytes;
  const std::size_t length = std::exchange(in.gathered, std::uint8_t{0});
  if (in.masked) unmask(std::span(payload).first(length), in.key, 0);
  const Opcode opcode = in.opcode;
  in.stage = Stage::header;
  if (!in.in_message) incoming_.reset();
  on_control(opcode, {payload.data(), length});
  return size;
}

std::size_t Session::pass_over(std::span<char> bytes) {
  Incoming& in = *incoming_;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(in.remaining, bytes.size()));
  in.advance(size);
  if (in.remaining > 0) return size;
  const bool close = in.opcode == Opcode::close;
  incoming_.reset();
  if (close) on_close({}, state_ == State::open);
  return size;
}

void Session::end_frame() {
  incoming_->stage = Stage::header;
  if (incoming_->fin) end_message();
}

void Session::end_message() {
  if (options_.in_pieces) return incoming_.reset();
  if (incoming_->compressed && !end_inflating()) return;
  Incoming& in = *incoming_;
  if (in.kind == PayloadKind::text && !in.text.between_characters()) {
    fail({1007, "text that is not UTF-8"});
    return;
  }
  const PayloadKind kind = in.kind;
  proven_ = static_cast<std::uint32_t>(std::min(in.filled, kMostProven));
  std::string message = std::move(in.message);
  message.resize(in.filled);
  incoming_.reset();
  if (message.capacity() > std::string().capacity()) (void)listener_.on_hold(0);
  listener_.on_message(kind, Payload(message));
}

// --- memory

// For so many more bytes of a message that is not whole.
bool Session::make_room(std::size_t more) {
  Incoming& in = *incoming_;
  const std::size_t needed = in.filled + more;
  if (needed <= in.message.size()) return true;
  // No further than to the end of the message where that is known; else a quarter behind the frame
  // under way, or to the length of the last one. What is announced alone gets no room, but for as
  // much as the peer has sent before.
  std::size_t limit = in.filled + static_cast<std::size_t>(in.remaining);
  if (!in.fin || in.compressed)
    limit = std::min(std::max({limit, needed + needed / 4, std::size_t{proven_}}),
                     options_.max_message);
  const std::size_t capacity =
      std::max(grown_capacity(in.message, needed, limit), std::min<std::size_t>(limit, proven_));
  if (capacity > in.message.capacity()) {
    const bool room = listener_.on_hold(capacity + (in.compressed ? kInflaterBytes : 0));
    if (passing_over_) {
      // It was given up meanwhile, which came before what was just said.
      (void)listener_.on_hold(0);
      return false;
    }
    if (!room) {
      give_up(1013, "too much memory is held for messages that are not whole");
      return false;
    }
    in.message.resize(in.filled);
    grow_exactly(in.message, capacity);
  }
  in.message.resize(capacity);
  return true;
}

std::span<char> Session::landing() {
  if (!incoming_ || incoming_->stage != Stage::payload || incoming_->compressed) return {};
  Incoming& in = *incoming_;
  // No more than as much again as has come.
  if (in.remaining < kLeastLanding || in.filled < kLeastLanding) return {};
  if (in.message.size() - in.filled < kLeastLanding && !make_room(kLeastLanding)) return {};
  return std::span(in.message)
      .subspan(in.filled)
      .first(static_cast<std::size_t>(
          std::min<std::uint64_t>(in.remaining, in.message.size() - in.filled)));
}

void Session::landed(std::size_t bytes) {
  if (payload_landed(bytes) && incoming_->remaining == 0) end_frame();
}

void Session::drop_message() {
  release_inflater();
  if (!incoming_) return;
  Incoming& in = *incoming_;
  const bool held = in.message.capacity() > std::string().capacity();
  std::string().swap(in.message);  // what is assigned to keeps its room
  in.filled = 0;
  in.in_message = false;
  if (in.stage == Stage::payload) in.stage = Stage::passing_over;
  if (held) (void)listener_.on_hold(0);
}

bool Session::in_message() const {
  return incoming_ && incoming_->in_message;
}

std::size_t Session::message_bytes() const {
  return incoming_ ? incoming_->filled : 0;
}

std::size_t Session::announced() const {
  return incoming_ && incoming_->stage == Stage::payload
             ? static_cast<std::size_t>(incoming_->remaining)
             : 0;
}

void Session::give_up(std::uint16_t code, std::string_view reason) {
  passing_over_ = true;
  drop_message();
  close(code, reason);
}

}  // namespace rt::ws
