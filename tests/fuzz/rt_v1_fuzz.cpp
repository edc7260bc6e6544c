// The input is a text frame of a hub; then the id of an acknowledgement and of a gap; then an
// event: its name up to the first line end, its data behind it.
#include "codec/rt_v1.hpp"

#include <string>

#include "base/text.hpp"
#include "fuzz.hpp"

namespace {

using rt::fuzz::require;

void check_ack(std::string_view text) {
  const auto ack = rt::v1::read_ack(text);
  if (!ack) return;
  // It lies in the text, and is written and read as the same.
  require(ack->id.empty() || (ack->id.data() >= text.data() &&
                              ack->id.data() + ack->id.size() <= text.data() + text.size()));
  std::string again;
  rt::v1::append(again, *ack);
  require(rt::v1::read_ack(again) == ack);
}

void check_gap(rt::envelope::Reader& reader, const std::string& from) {
  std::string line;
  rt::v1::append_gap(line, from, from.size());
  require(!rt::v1::read_ack(line));
  const auto read = reader.read(line);
  require(read.ok() && read->gap && read->gap->missed == from.size());
  if (rt::valid_utf8(from)) require(read->gap->from == from);
}

void check_event(rt::envelope::Reader& reader, const rt::sse::Event& event) {
  rt::Message message;
  if (!rt::v1::read_event(reader, event, message)) return;
  require(message.gap || message.id == event.last_event_id);
  if (message.gap) return;
  std::string stream;
  if (rt::v1::fits_plain_event(message))
    rt::v1::append_plain_event(stream, message, "x-1");
  else
    rt::v1::append_envelope_event(stream, message, "x-1", {});
  rt::sse::Decoder decoder;
  require(decoder.receive(stream).ok());
  auto written = decoder.next();
  require(written.has_value());
  rt::Message again;
  require(rt::v1::read_event(reader, std::move(*written), again).ok());
  require(again.payload == message.payload && again.id == "x-1");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static rt::envelope::Reader reader;
  const std::string_view input = rt::fuzz::text(data, size);
  check_ack(input);
  check_gap(reader, std::string(input));
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  check_event(reader, {std::string(input.substr(0, end)), std::string(input.substr(end + 1)), "1"});
  return 0;
}
