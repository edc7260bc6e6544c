#include "io/stdio/standard_input.hpp"

#include <utility>

namespace rt {
namespace {

// Not where a message may end elsewhere, or where bytes count that no key sends.
bool takes_lines(const Framing& framing) {
  switch (framing.kind) {
    case FramingKind::lines:
    case FramingKind::json:
    case FramingKind::json_values:
    case FramingKind::base64:
    case FramingKind::hex:
    case FramingKind::raw:
      return true;
    case FramingKind::null_byte:
    case FramingKind::delimiter:
    case FramingKind::length_prefix:
      break;
  }
  return false;
}

}  // namespace

void StandardInput::prepare(const Framing& framing) {
  if (std::exchange(prepared_, true) || !takes_lines(framing)) return;
  lines_ = EditedLines::open(reactor_);
}

asio::awaitable<Result<std::string>> StandardInput::read() {
  if (lines_) return lines_->read();
  return bytes_.read();
}

}  // namespace rt
