// The first two bytes of an input are sizes of pieces, in turns; the rest is an event stream.
// However it is cut, the decoder must make the same of it. What it makes of it is then written and
// read again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sse.hpp"

namespace {

using rt::sse::Decoder;
using rt::sse::Event;

struct Outcome {
  std::vector<Event> events;
  std::string last_event_id;
  std::optional<std::uint64_t> retry;
  bool mid_event = false;
  bool failed = false;

  bool operator==(const Outcome&) const = default;
};

void require(bool holds) {
  if (!holds) std::abort();
}

template <class NextSize>
Outcome decode(std::string_view stream, std::size_t max_event, NextSize next_size) {
  Decoder decoder(max_event);
  Outcome outcome;
  while (!stream.empty() && !outcome.failed) {
    const std::size_t size = std::min<std::size_t>(stream.size(), next_size());
    outcome.failed = !decoder.receive(stream.substr(0, size));
    stream.remove_prefix(size);
    while (auto event = decoder.next()) outcome.events.push_back(*event);
  }
  outcome.last_event_id = decoder.last_event_id();
  outcome.retry = decoder.reconnection_time();
  // After a failure it is unspecified.
  outcome.mid_event = !outcome.failed && decoder.mid_event();
  return outcome;
}

void check_written(const Event& event) {
  if (!rt::sse::can_carry(event.data)) return;
  std::string out;
  rt::sse::append_comment(out, event.data);
  rt::sse::append_event(out, event.last_event_id, event.event, event.data);
  Decoder decoder;
  require(decoder.receive(out).ok());
  const auto again = decoder.next();
  require(again && again->data == event.data);
  require(!decoder.next() && !decoder.mid_event());
  if (event.event.find('\0') == std::string::npos) require(again->event == event.event);
  require(again->last_event_id == event.last_event_id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  for (const std::size_t max_event : {std::size_t{16} << 20, std::size_t{8}}) {
    const Outcome whole = decode(stream, max_event, [&] { return stream.size(); });
    const Outcome single = decode(stream, max_event, [] { return std::size_t{1}; });
    bool odd = false;
    const Outcome pieces = decode(stream, max_event, [&] {
      odd = !odd;
      return std::size_t{1} + (odd ? data[0] : data[1]);
    });
    require(single == whole && pieces == whole);
    for (const Event& event : whole.events) check_written(event);
  }
  return 0;
}
