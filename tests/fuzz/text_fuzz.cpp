// The input as everything that a text can be read as: UTF-8, base64, percent-encoding, a number, a
// size, a time span, an id.
#include "base/text.hpp"

#include <string>

#include "codec/utf8_repair.hpp"
#include "fuzz.hpp"
#include "model/message_id.hpp"

namespace {

using rt::fuzz::require;

void check_utf8(std::string_view bytes) {
  std::string repaired;
  rt::append_valid_utf8(repaired, bytes);
  require(rt::valid_utf8(repaired));
  require((repaired == bytes) == rt::valid_utf8(bytes));
}

// What a terminal gets has no control characters, those of U+0080 to U+009F included.
void check_printable(std::string_view bytes) {
  for (const std::size_t limit : {std::size_t{80}, std::size_t{7}, std::size_t{0}}) {
    const std::string shown = rt::printable(bytes, limit);
    require(rt::valid_utf8(shown) && shown.size() <= 4 * limit + 3);
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const auto c = static_cast<unsigned char>(shown[i]);
      require(c >= 0x20 && c != 0x7F);
      if (c == 0xC2) require(static_cast<unsigned char>(shown[i + 1]) >= 0xA0);
    }
  }
}

void check_encodings(std::string_view bytes) {
  require(rt::base64_decode(rt::base64_encode(bytes)) == bytes);
  require(rt::percent_decode(rt::percent_encode(bytes)) == bytes);
  require(rt::percent_decode(rt::percent_encode_path(bytes, true)) == bytes);
  require(rt::percent_decode(rt::percent_encode_path(bytes, false)) == bytes);
  // Strict: there is one spelling.
  if (const auto decoded = rt::base64_decode(bytes)) require(rt::base64_encode(*decoded) == bytes);
}

void check_numbers(std::string_view text) {
  if (const auto number = rt::parse_uint(text)) {
    const std::size_t digits = text.find_first_not_of('0');
    require(std::to_string(*number) ==
            (digits == std::string_view::npos ? "0" : text.substr(digits)));
  }
  if (const auto size = rt::parse_size(text)) require(*size <= INT64_MAX);
  if (const auto span = rt::parse_duration_ms(text))
    require(*span >= 0 && *span <= 100'000'000'000'000);
  if (const auto id = rt::parse_message_id(text)) require(rt::to_string(*id) == text);
}

void check_split(std::string_view text) {
  std::string joined;
  for (const std::string_view part : rt::split(text, ',')) joined.append(part).append(",");
  joined.pop_back();
  require(joined == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = rt::fuzz::text(data, size);
  check_utf8(text);
  check_printable(text);
  check_encodings(text);
  check_numbers(text);
  check_split(text);
  require(rt::iequals(text, rt::ascii_lower(text)));
  return 0;
}
