// The first byte of an input chooses how messages end, the second what is done with what has that
// in it, the next four are lengths: of the template, the payload, the channel and the id, which
// follow. Whatever they are: a template is read or refused; a message that is written whole is
// found again as one, what is refused leaves nothing behind, and escapes read back.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "codec/backslash.hpp"
#include "codec/framing.hpp"

namespace {

using rt::Escape;
using rt::FrameFate;
using rt::Framing;
using rt::FramingKind;

constexpr std::string_view kDelimiters[] = {"\n", ";", "<end>", "--", "abab", "\r\n", "n;", "\""};
constexpr Escape kEscapes[] = {Escape::warn, Escape::none, Escape::refuse, Escape::backslash};

void require(bool holds) {
  if (!holds) std::abort();
}

std::string_view take(std::string_view& input, std::size_t most) {
  const std::string_view taken = input.substr(0, most);
  input.remove_prefix(taken.size());
  return taken;
}

// How many messages a reader finds that knows nothing of escapes.
std::size_t count(std::string_view stream, std::string_view delimiter) {
  std::size_t messages = 0;
  for (std::size_t end = 0; (end = stream.find(delimiter)) != std::string_view::npos; ++messages)
    stream.remove_prefix(end + delimiter.size());
  return messages;
}

std::string read_one(const Framing& framing, std::string_view stream) {
  rt::FrameDecoder decoder(framing);
  rt::Batch batch;
  require(decoder.receive(stream, batch).ok());
  require(decoder.finish(batch).ok());
  require(batch.size() == 1);
  return batch[0]->payload;
}

void check_escapes(std::string_view text) {
  const rt::Result<std::string> resolved = rt::resolve_escapes(text);
  if (!resolved) return;
  require(resolved->size() <= text.size());
  std::string again;
  rt::BackslashWriter("\n").append(again, *resolved);
  const rt::Result<std::string> back = rt::resolve_escapes(again);
  require(back.ok() && *back == *resolved);
}

void check(const Framing& framing, const rt::Message& message) {
  rt::FrameEncoder encoder(framing, rt::Transport::ws);
  std::string stream = "kept";
  const FrameFate fate = encoder.append(stream, message);
  const std::string_view written = std::string_view(stream).substr(4);
  require(stream.starts_with("kept"));
  require((fate == FrameFate::refused) == written.empty());
  if (written.empty()) return;
  require(written.ends_with(framing.delimiter));
  if (framing.format != nullptr || fate == FrameFate::split || framing.escape == Escape::none)
    return;
  require(count(written, framing.delimiter) == 1);
  require(read_one(framing, written) == message.payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6) return 0;
  std::string_view input(reinterpret_cast<const char*>(data) + 6, size - 6);
  const std::string_view text = take(input, data[2]);
  rt::Message message;
  message.payload = take(input, data[3]);
  message.channel = take(input, data[4]);
  message.id = take(input, data[5]);
  message.event = input;
  message.properties = {{"a", message.payload}, {"a", message.id}};
  message.time = rt::WallTime(std::chrono::microseconds(1'767'323'045'678'901));
  check_escapes(text);

  Framing framing;
  framing.kind = FramingKind::delimiter;
  framing.delimiter = kDelimiters[data[0] % std::size(kDelimiters)];
  framing.escape = kEscapes[data[1] % std::size(kEscapes)];
  check(framing, message);
  if (rt::Result<rt::MessageFormat> format = rt::parse_format(text)) {
    framing.format = std::make_shared<const rt::MessageFormat>(*std::move(format));
    check(framing, message);
  }
  return 0;
}
