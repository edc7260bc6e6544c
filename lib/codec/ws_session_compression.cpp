#include <algorithm>
#include <utility>

#include "codec/ws_session.hpp"
#include "codec/ws_session_state.hpp"

namespace rt::ws {
namespace {

// A shorter message gains too little by it, unless it may refer to those before it.
constexpr std::size_t kLeastAlone = 128;
constexpr std::size_t kLeastInContext = 16;
// The first memory for what comes out of a compressed message.
constexpr std::size_t kLeastRoom = 256;

Opcode opcode_of(PayloadKind kind) {
  return kind == PayloadKind::text ? Opcode::text : Opcode::binary;
}

}  // namespace

// --- in

// False: the message has come to its end.
bool Session::inflate(std::string_view input) {
  Incoming& in = *incoming_;
  if (!inflater_) {
    const std::uint8_t bits =
        is_client() ? deflate_.server_max_window_bits : deflate_.client_max_window_bits;
    inflater_ = options_.contexts ? options_.contexts->take_inflater(bits)
                                  : std::make_unique<Inflater>(bits);
  }
  for (;;) {
    char beyond = 0;
    const std::size_t left = options_.max_message - in.filled;
    if (left > 0 && in.filled == in.message.size() &&
        !make_room(std::min(left, std::max({kLeastRoom, 3 * input.size(), in.filled}))))
      return false;
    std::span<char> room =
        left > 0 ? std::span(in.message).subspan(in.filled) : std::span(&beyond, 1);
    const char* const start = room.data();
    const bool sound = inflater_->receive(input, room);
    const auto came = static_cast<std::size_t>(room.data() - start);
    if (left == 0 && came > 0) return fail(too_long());
    if (in.kind == PayloadKind::text && !in.text.receive({start, came}))
      return fail({1007, "text that is not UTF-8"});
    in.filled += came;
    if (!sound) return fail({1007, "compressed data that is broken"});
    if (!room.empty()) return true;
  }
}

bool Session::end_inflating() {
  if (inflater_ || incoming_->taken > 0) {
    if (!inflate(inflater_->tail())) return false;
    if (!inflater_->end_message()) return fail({1007, "compressed data that is broken"});
  }
  if (is_client() ? deflate_.server_no_context_takeover : deflate_.client_no_context_takeover)
    release_inflater();
  return true;
}

void Session::release_inflater() {
  if (!inflater_) return;
  const std::uint8_t bits =
      is_client() ? deflate_.server_max_window_bits : deflate_.client_max_window_bits;
  if (options_.contexts) options_.contexts->give_back(std::move(inflater_), bits);
  inflater_.reset();
}

// --- out

void Session::append_message(std::string& out, PayloadKind kind, std::string_view payload) {
  const Opcode opcode = opcode_of(kind);
  if (deflate_.on && append_compressed(out, opcode, payload)) return;
  if (is_client())
    append_masked_message(out, opcode, payload, options_.mask_key);
  else
    ws::append_message(out, opcode, payload);
}

bool Session::append_compressed(std::string& out, Opcode opcode, std::string_view payload) {
  const bool alone =
      is_client() ? deflate_.client_no_context_takeover : deflate_.server_no_context_takeover;
  if (payload.size() < (alone ? kLeastAlone : kLeastInContext)) return false;
  const std::uint8_t bits =
      is_client() ? deflate_.client_max_window_bits : deflate_.server_max_window_bits;
  // What others have compressed before is none of this peer's.
  const bool fresh = std::exchange(context_lost_, false) || !deflater_;
  std::unique_ptr<Deflater> deflater = std::move(deflater_);
  if (!deflater)
    deflater = options_.contexts ? options_.contexts->take_deflater(bits)
                                 : std::make_unique<Deflater>(bits);
  std::string compressed;
  deflater->append(compressed, payload, fresh);
  if (!alone)
    deflater_ = std::move(deflater);
  else if (options_.contexts)
    options_.contexts->give_back(std::move(deflater), bits);
  // What a context knows the peer must know, too.
  if (alone && compressed.size() >= payload.size()) return false;
  append_compressed_message(out, opcode, compressed, is_client() ? &options_.mask_key : nullptr);
  return true;
}

bool append_shared_message(std::string& out, PayloadKind kind, std::string_view payload,
                           DeflateContexts& contexts) {
  if (payload.size() < kLeastAlone) return false;
  std::unique_ptr<Deflater> deflater = contexts.take_deflater(kMostWindowBits);
  std::string compressed;
  deflater->append(compressed, payload, true);
  contexts.give_back(std::move(deflater), kMostWindowBits);
  if (compressed.size() >= payload.size()) return false;
  append_compressed_message(out, opcode_of(kind), compressed, nullptr);
  return true;
}

}  // namespace rt::ws
