#include "app/input_source.hpp"

#include <string>
#include <utility>

#include "base/log.hpp"
#include "io/stdio/standard_streams.hpp"

namespace rt {
namespace {

std::string what_to_type(const Framing& framing) {
  const std::string ends = "; Ctrl-D ends";
  switch (framing.kind) {
    case FramingKind::lines:
      return "each line is a message" + ends;
    case FramingKind::json:
      return "each line is a message as a JSON envelope" + ends;
    case FramingKind::json_values:
      return "each JSON value is a message" + ends;
    case FramingKind::base64:
      return "each line is a message in base64" + ends;
    case FramingKind::hex:
      return "each line is a message in hexadecimal" + ends;
    case FramingKind::null_byte:
      return "each message ends with NUL (Ctrl-@)" + ends;
    case FramingKind::delimiter:
      return "each message ends with the delimiter" + ends;
    case FramingKind::length_prefix:
      return "each message stands behind its length, 4 bytes" + ends;
    case FramingKind::raw:
      break;
  }
  if (framing.whole) return "all up to Ctrl-D is one message";
  return "each line is a message, with its newline" + ends;
}

}  // namespace

void tell_if_cut(FrameDecoder& decoder) {
  if (!decoder.take_cut_binary()) return;
  Log::warn(
      "stdin is not UTF-8, and each newline in it ends a message (--raw --whole: all of it is one "
      "message; --length-prefix, --base64 and --hex take any bytes)");
}

void tell_what_to_type(const Framing& framing, bool commands) {
  if (!stdin_is_terminal()) return;
  Log::notice(what_to_type(framing) + (commands ? ", /help tells more" : ""));
}

asio::awaitable<Result<Batch>> InputSource::read() {
  if (!std::exchange(asked_, true)) {
    input_.prepare(framing_);
    tell_what_to_type(framing_);
  }
  Batch batch;
  while (batch.empty()) {
    if (bad_) co_return bad_->within("stdin");
    if (ended_) break;
    Result<std::string> bytes = co_await input_.read();
    if (!bytes) co_return bytes.error();
    ended_ = bytes->empty();
    const Result<void> decoded = ended_ ? decoder_.finish(batch) : decoder_.receive(*bytes, batch);
    tell_if_cut(decoder_);
    if (!decoded) bad_ = decoded.error();
  }
  co_return batch;
}

}  // namespace rt
