#include "io/hub/wire_pieces.hpp"

#include <utility>

#include "codec/rt_v1.hpp"
#include "codec/ws_frame.hpp"

namespace rt {
namespace {

constexpr std::size_t kPiece = 32u << 10;        // at least, where there is so much
constexpr std::size_t kPayloadPiece = 5u << 10;  // becomes no more than about that

v1::Saying saying_of(const Message& message, Wire wire) {
  if (uncompressed(wire) == Wire::ws_v1) return v1::Saying::envelope;
  const bool plain = wire == Wire::sse && v1::fits_plain_event(message);
  return plain ? v1::Saying::plain_event : v1::Saying::envelope_event;
}

}  // namespace

bool WirePieces::wanted(const Message& message, Wire wire) {
  using v1::Saying;
  switch (wire) {
    case Wire::ws_plain:
    case Wire::ws_plain_deflated:
      return false;
    case Wire::ws_v1:
    case Wire::ws_v1_deflated:
    case Wire::sse_envelope:
      return v1::grows_much(message, Saying::envelope);
    case Wire::sse:
      // Whether it fits a plain event costs more to know.
      return (v1::grows_much(message, Saying::plain_event) ||
              v1::grows_much(message, Saying::envelope)) &&
             v1::grows_much(message, saying_of(message, wire));
  }
  return false;
}

WirePieces::WirePieces(const Hub& hub, const Entry& entry, SharedBytes payload, Wire wire)
    : payload_(std::move(payload)),
      pieces_(entry.message, saying_of(*entry.message, wire), to_string(hub.id_of(entry)),
              entry.home().name()),
      wire_(wire) {}

std::string WirePieces::next() {
  std::string piece;
  while (!whole_ && piece.size() < kPiece) whole_ = !pieces_.next(piece, kPayloadPiece);
  if (piece.empty()) return std::exchange(after_, {});
  if (is_stream(wire_)) return piece;
  std::string frame;
  frame.reserve(piece.size() + 16);
  ws::append_fragment(frame,
                      std::exchange(begun_, true) ? ws::Opcode::continuation : ws::Opcode::text,
                      piece, whole_);
  return frame;
}

}  // namespace rt
