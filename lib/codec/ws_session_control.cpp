#include <string>
#include <utility>

#include "base/text.hpp"
#include "codec/ws_session.hpp"
#include "codec/ws_session_state.hpp"

namespace rt::ws {
namespace {

// Above so much that has not been taken from the output, pings are answered with one pong.
constexpr std::size_t kMostWaiting = 4u << 10;

// What may stand in a close frame (section 7.4, and IANA's registry).
bool may_be_sent(unsigned code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

unsigned code_of(std::string_view close_payload) {
  return static_cast<unsigned char>(close_payload[0]) * 256u +
         static_cast<unsigned char>(close_payload[1]);
}

}  // namespace

Session::Breach Session::breach_of(const FrameHeader& header) const {
  // RSV1 marks a compressed message in its first frame (RFC 7692 section 6).
  const bool data = header.opcode == Opcode::text || header.opcode == Opcode::binary;
  const bool compressed = header.reserved == kRsv1 && data && deflate_.on;
  if (header.reserved != 0 && !compressed) return {1002, "a frame with reserved bits"};
  switch (header.opcode) {
    case Opcode::continuation:
    case Opcode::text:
    case Opcode::binary:
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      break;
    default:
      return {1002, "a frame with an unknown opcode"};
  }
  if (header.masked == is_client())
    return {1002, is_client() ? "a masked frame" : "a frame that is not masked"};
  if (!header.minimal || header.payload >> 63 != 0)
    return {1002, "a frame whose length is malformed"};
  if (is_control(header.opcode)) {
    if (!header.fin) return {1002, "a fragmented control frame"};
    if (header.payload > kMaxControl) return {1002, "a control frame of more than 125 bytes"};
    return {};
  }
  if (in_message() != (header.opcode == Opcode::continuation))
    return {1002, in_message() ? "a message within another" : "a continuation of no message"};
  return length_breach(header.payload, compressed || (incoming_ && incoming_->compressed));
}

Session::Breach Session::too_long() const {
  return {1009, "a message of more than " + std::to_string(options_.max_message) + " bytes",
          "message too big"};
}

// So many more bytes are announced.
Session::Breach Session::length_breach(std::uint64_t payload, bool compressed) const {
  const std::size_t most = options_.max_message;
  // What cannot be compressed becomes a little longer.
  if (compressed) return payload > most + most / 64 + 1024 ? too_long() : Breach();
  return payload > most || message_bytes() > most - payload ? too_long() : Breach();
}

void Session::on_control(Opcode opcode, std::string_view payload) {
  // It may have been under way when the session was given up.
  if (passing_over_ && opcode != Opcode::close) return;
  const bool was_open = state_ == State::open;
  listener_.on_control(opcode, payload);
  if (opcode == Opcode::close)
    on_close(payload, was_open);
  else if (opcode == Opcode::ping)
    answer_ping(payload);
}

// `was_open`: we had not closed when it came.
void Session::on_close(std::string_view payload, bool was_open) {
  Ending& end = ending();
  end.by_peer = was_open;
  end.peer_code = 1005;
  Breach breach;
  if (payload.size() == 1) breach = {1002, "a close frame of one byte"};
  if (payload.size() >= 2) {
    const unsigned code = code_of(payload);
    const std::string_view reason = payload.substr(2);
    if (!may_be_sent(code))
      breach = {1002, "the close code " + std::to_string(code)};
    else if (!valid_utf8(reason))
      breach = {1007, "a close reason that is not UTF-8"};
    else
      end.peer_code = static_cast<std::uint16_t>(code);
    if (breach.code == 0) end.peer_reason = reason;
  }
  if (breach.code != 0) fail(breach);
  if (state_ == State::open) append_control(Opcode::close, payload);
  drop_message();
  incoming_.reset();
  state_ = State::ended;
}

void Session::answer_ping(std::string_view payload) {
  if (state_ != State::open) return;
  if (output_.size() >= kMostWaiting && output_.size() == pong_end_)
    output_.resize(output_.size() - last_pong_);
  const std::size_t before = output_.size();
  append_control(Opcode::pong, payload);
  last_pong_ = static_cast<std::uint8_t>(output_.size() - before);
  pong_end_ = static_cast<std::uint32_t>(output_.size());
}

void Session::ping(std::string_view payload) {
  if (state_ == State::open && output_.size() < kMostWaiting) append_control(Opcode::ping, payload);
}

void Session::close(std::uint16_t code, std::string_view reason) {
  if (state_ != State::open) return;
  append_control(Opcode::close, close_payload(code, reason));
  ending().own_code = code;
  ending().own_reason = reason;
  state_ = State::closing;
}

void Session::append_control(Opcode opcode, std::string_view payload) {
  pong_end_ = 0;
  if (is_client())
    append_masked_frame(output_, opcode, payload, options_.mask_key());
  else
    append_frame(output_, opcode, payload);
}

bool Session::fail(const Breach& breach) {
  if (!ending().violation)
    ending().violation = Error(
        Fault::protocol, (is_client() ? "the server sent " : "the client sent ") + breach.what);
  passing_over_ = true;
  drop_message();
  close(breach.code, breach.reason.empty() ? breach.what : breach.reason);
  return false;
}

bool Session::closed_by_peer() const {
  return ending_ && ending_->by_peer;
}

std::uint16_t Session::peer_code() const {
  return ending_ ? ending_->peer_code : 1006;
}

const std::string& Session::peer_reason() const {
  static const std::string kNone;
  return ending_ ? ending_->peer_reason : kNone;
}

std::uint16_t Session::own_code() const {
  return ending_ ? ending_->own_code : std::uint16_t{0};
}

const std::string& Session::own_reason() const {
  static const std::string kNone;
  return ending_ ? ending_->own_reason : kNone;
}

const std::optional<Error>& Session::violation() const {
  static const std::optional<Error> kNone;
  return ending_ ? ending_->violation : kNone;
}

}  // namespace rt::ws
