// The first eight bytes of an input are a time, the rest is a date.
#include "codec/http_date.hpp"

#include "fuzz.hpp"

namespace {

constexpr std::int64_t kFirst = -62167219200;  // 0000-01-01T00:00:00Z
constexpr std::int64_t kLast = 253402300799;   // 9999-12-31T23:59:59Z

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using rt::fuzz::require;
  std::string_view text = rt::fuzz::text(data, size);
  const auto now = static_cast<std::int64_t>(rt::fuzz::take_number(text, 8));
  const std::string written = rt::format_http_date(now);
  require(written.size() == 29);
  require(rt::parse_http_date(written, 0) == std::clamp(now, kFirst, kLast));

  const auto read = rt::parse_http_date(text, now);
  // A leap second may end the last year.
  require(!read || (*read >= kFirst && *read <= kLast + 1));
  if (read && *read <= kLast)
    require(rt::parse_http_date(rt::format_http_date(*read), now) == *read);
  return 0;
}
