// The input is a line. If it is an envelope, then what is written of the message reads as the same
// message again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "codec/envelope.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool same(const rt::Message& a, const rt::Message& b) {
  if ((a.gap == nullptr) != (b.gap == nullptr)) return false;
  if (a.gap && (a.gap->from != b.gap->from || a.gap->missed != b.gap->missed)) return false;
  return a.payload == b.payload && a.kind == b.kind && a.retain == b.retain && a.qos == b.qos &&
         a.time == b.time && a.content_type == b.content_type && a.channel == b.channel &&
         a.id == b.id && a.event == b.event && a.origin_id == b.origin_id && a.via == b.via &&
         a.properties == b.properties;
}

void check_string(rt::envelope::Reader& reader, std::string_view text) {
  std::string line = "{\"data\":";
  rt::envelope::append_json_string(line, text);
  line += '}';
  const auto message = reader.read(line);
  require(message.ok());
  require(!rt::valid_utf8(text) || message->payload == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static rt::envelope::Reader reader;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  check_string(reader, line);
  const auto message = reader.read(line);
  if (!message) {
    require(!message.error().text().empty());
    return 0;
  }
  std::string written;
  rt::envelope::append(written, *message, "sse");
  require(written.find('\n') == std::string::npos);
  const auto again = reader.read(written);
  require(again.ok() && same(*message, *again));
  // The input without the reader's copy: another reader must agree.
  const auto other = rt::envelope::Reader().read(line);
  require(other.ok() && same(*message, *other));
  return 0;
}
