// The first byte of an input is where it is cut; the rest is a recording. However it is cut, the
// same lines come of it, and what has been read is read again from what is written of it.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/recording.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using Kind = rt::RecordedLine::Kind;

struct Outcome {
  std::vector<rt::RecordedLine> lines;
  std::string error;
  bool cut = false;
};

Outcome decode(std::string_view bytes, std::size_t piece) {
  rt::recording::Decoder decoder(1000);
  Outcome out;
  rt::Result<void> done;
  while (done && !bytes.empty()) done = decoder.receive(rt::fuzz::take(bytes, piece), out.lines);
  if (done) done = decoder.finish(out.lines);
  if (!done) out.error = done.error().text();
  out.cut = decoder.cut();
  return out;
}

void require_same(const rt::RecordedLine& a, const rt::RecordedLine& b) {
  using rt::fuzz::require;
  require(a.kind == b.kind && a.from == b.from && a.relayed == b.relayed);
  require((a.message == nullptr) == (b.message == nullptr));
  if (a.message)
    require(a.message->payload == b.message->payload && a.message->event == b.message->event);
}

void write(std::string& out, const rt::RecordedLine& line) {
  const rt::Microseconds at = line.at.value_or(rt::Microseconds(0));
  switch (line.kind) {
    case Kind::begin:
      return rt::recording::append(out, {line.command, "0", "ws://h/", line.time});
    case Kind::message:
      return rt::recording::append(out, at, {line.from, line.relayed}, *line.message, {});
    case Kind::opened:
      return rt::recording::append_opened(out, at);
    case Kind::closed:
      return rt::recording::append_closed(out, at, {line.from}, line.code, line.reason);
    case Kind::failed:
      return rt::recording::append_failed(out, at, {}, line.reason);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = rt::fuzz::text(data, size);
  const std::size_t piece = 1 + rt::fuzz::take_number(input, 1);
  const Outcome whole = decode(input, input.size() + 1);
  for (const std::size_t each : {piece, std::size_t{1}}) {
    const Outcome pieces = decode(input, each);
    rt::fuzz::require(pieces.error == whole.error && pieces.cut == whole.cut);
    rt::fuzz::require(pieces.lines.size() == whole.lines.size());
    for (std::size_t i = 0; i < whole.lines.size(); ++i) {
      require_same(pieces.lines[i], whole.lines[i]);
      rt::fuzz::require(pieces.lines[i].number == whole.lines[i].number &&
                        pieces.lines[i].end == whole.lines[i].end);
    }
  }
  std::string written;
  for (const rt::RecordedLine& line : whole.lines)
    if (line.kind == Kind::begin || line.from != rt::RecordedSide::unknown) write(written, line);
  const Outcome again = decode(written, written.size() + 1);
  rt::fuzz::require(again.error.empty() && !again.cut);
  std::size_t next = 0;
  for (const rt::RecordedLine& line : whole.lines)
    if (line.kind == Kind::begin || line.from != rt::RecordedSide::unknown) {
      rt::fuzz::require(next < again.lines.size());
      rt::RecordedLine wanted = line;
      // What has no side of its own is written without one.
      if (line.kind != Kind::message && line.kind != Kind::closed)
        wanted.from = rt::RecordedSide::unknown;
      if (line.kind != Kind::message) wanted.relayed = false;
      require_same(again.lines[next++], wanted);
    }
  return 0;
}
