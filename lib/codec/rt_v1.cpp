#include "codec/rt_v1.hpp"

#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace rt::v1 {
namespace {

constexpr std::string_view kGapEvent = "rt.gap";
constexpr std::string_view kEnvelopeEvent = "rt.envelope";

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

// `"gap":{…}`
void append_gap_member(std::string& out, std::string_view from,
                       std::optional<std::uint64_t> missed) {
  out += R"("gap":{"from":)";
  envelope::append_json_string(out, from);
  if (missed) {
    out += R"(,"missed":)";
    append_number(out, *missed);
  }
  out += '}';
}

bool take(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

}  // namespace

bool closed_for_gap(std::uint16_t code, std::string_view reason) {
  return code == kGapCloseCode && reason == kGapCloseReason;
}

void append(std::string& out, const Ack& ack) {
  out += R"({"v":1,"ack":")";
  out += ack.id;
  out += R"(","count":)";
  append_number(out, ack.count);
  out += '}';
}

// Without a JSON parser: there may be one for each message.
std::optional<Ack> read_ack(std::string_view text) {
  if (!take(text, R"({"v":1,"ack":")") && !take(text, R"({"ack":")")) return std::nullopt;
  Ack ack;
  ack.id = text.substr(0, text.find_first_of("\"\\"));
  text.remove_prefix(ack.id.size());
  if (!take(text, "\"")) return std::nullopt;
  // Within a string the quotes would be escaped.
  constexpr std::string_view kCount = R"("count":)";
  const std::size_t at = text.find(kCount);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + kCount.size());
  const std::size_t end = text.find_first_of(",}");
  if (end == std::string_view::npos) return std::nullopt;
  const auto count = parse_uint(trim(text.substr(0, end)));
  if (!count) return std::nullopt;
  ack.count = *count;
  return ack;
}

void append_gap(std::string& out, std::string_view from, std::optional<std::uint64_t> missed) {
  out += R"({"v":1,)";
  append_gap_member(out, from, missed);
  out += '}';
}

void append_gap_event(std::string& out, std::string_view from,
                      std::optional<std::uint64_t> missed) {
  std::string data = "{";
  append_gap_member(data, from, missed);
  data += '}';
  sse::append_event(out, {}, kGapEvent, data);
}

// Names that the hub (rt.*) or EventSource (open, error) uses itself are no plain ones, nor those
// that would become such a one without their line ends.
bool fits_plain_event(const Message& message) {
  return message.kind == PayloadKind::text && sse::can_carry(message.payload) &&
         sse::can_carry(message.event) && message.event.find('\n') == std::string::npos &&
         !message.event.starts_with("rt.") && message.event != "open" && message.event != "error";
}

void append_plain_event(std::string& out, const Message& message, std::string_view id) {
  sse::append_event(out, id, message.event, message.payload);
}

void append_envelope_event(std::string& out, const Message& message, std::string_view id,
                           std::string_view channel) {
  std::string data;
  envelope::append(data, message, {}, id, channel);
  sse::append_event(out, id, kEnvelopeEvent, data);
}

void begin_envelope_event(std::string& out, std::string_view id) {
  sse::append_event(out, id, kEnvelopeEvent, {});
  out.resize(out.size() - 2);
}

Result<void> read_event(envelope::Reader& reader, sse::Event event, Message& message) {
  if (event.event == kGapEvent || event.event == kEnvelopeEvent) {
    if (auto read = reader.read(event.data, message); !read)
      return Error(Fault::protocol, event.event + " of the hub: " + read.error().text());
  } else {
    message.payload = std::move(event.data);
    message.event = std::move(event.event);
  }
  if (!message.gap) message.id = std::move(event.last_event_id);
  return {};
}

}  // namespace rt::v1
