// The first byte of an input chooses the framing, the next two are sizes of pieces, in turns; the
// rest is a stream. However it is cut, the decoder must make the same of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "codec/framing.hpp"

namespace {

using rt::Framing;
using rt::FramingKind;

const std::vector<Framing>& framings() {
  static const std::vector<Framing> all = {
      {.kind = FramingKind::lines},
      {.kind = FramingKind::lines, .max_message = 5},
      {.kind = FramingKind::null_byte, .max_message = 5},
      {.kind = FramingKind::delimiter, .delimiter = "\r\n"},
      {.kind = FramingKind::delimiter, .delimiter = "aab", .max_message = 5},
      {.kind = FramingKind::delimiter, .delimiter = "abab"},
      {.kind = FramingKind::length_prefix, .max_message = 300},
      {.kind = FramingKind::json},
      {.kind = FramingKind::json, .max_message = 5},
      {.kind = FramingKind::raw},
  };
  return all;
}

struct Outcome {
  std::vector<std::string> payloads;
  std::vector<std::string> ids;
  std::string error;

  bool operator==(const Outcome&) const = default;
};

void require(bool holds) {
  if (!holds) std::abort();
}

template <class NextSize>
Outcome decode(const Framing& framing, std::string_view stream, NextSize next_size) {
  rt::FrameDecoder decoder(framing);
  rt::Batch batch;
  rt::Result<void> result;
  while (!stream.empty() && result) {
    const std::size_t size = std::min<std::size_t>(stream.size(), next_size());
    result = decoder.receive(stream.substr(0, size), batch);
    stream.remove_prefix(size);
  }
  if (result) result = decoder.finish(batch);
  Outcome outcome;
  if (!result) outcome.error = result.error().text();
  for (const rt::MessagePtr& message : batch) {
    require(message->payload.size() <= framing.max_message);
    require(framing.kind == FramingKind::json ||
            (message->kind == rt::PayloadKind::text) == rt::valid_utf8(message->payload));
    outcome.payloads.push_back(message->payload);
    outcome.ids.push_back(message->id);
  }
  return outcome;
}

// Framings that carry every payload give back what was written.
void check_written(const Framing& framing, const Outcome& outcome) {
  if (framing.kind != FramingKind::length_prefix && framing.kind != FramingKind::json) return;
  rt::FrameEncoder encoder(framing, rt::Transport::ws);
  std::string stream;
  for (const std::string& payload : outcome.payloads) {
    rt::Message message;
    message.payload = payload;
    require(encoder.append(stream, message) == rt::FrameFate::whole);
  }
  const Outcome again = decode(framing, stream, [&] { return stream.size(); });
  require(again.error.empty() && again.payloads == outcome.payloads);
}

std::string join(const Outcome& outcome) {
  std::string all;
  for (const std::string& payload : outcome.payloads) all += payload;
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const Framing& framing = framings()[data[0] % framings().size()];
  const std::string_view stream(reinterpret_cast<const char*>(data) + 3, size - 3);
  const Outcome whole = decode(framing, stream, [&] { return stream.size(); });
  const Outcome single = decode(framing, stream, [] { return std::size_t{1}; });
  bool odd = false;
  const Outcome pieces = decode(framing, stream, [&] {
    odd = !odd;
    return std::size_t{1} + (odd ? data[1] : data[2]);
  });
  if (framing.kind == FramingKind::raw) {
    require(join(whole) == stream && join(single) == stream && join(pieces) == stream);
    return 0;
  }
  require(single == whole && pieces == whole);
  check_written(framing, whole);
  return 0;
}
