// The first byte of an input says how much of the rest is a file; what stands behind it is set by a
// server.
#include "codec/cookies.hpp"

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using rt::fuzz::require;
  constexpr std::int64_t kNow = 1'700'000'000;
  std::string_view text = rt::fuzz::text(data, size);
  const auto length = static_cast<std::size_t>(rt::fuzz::take_number(text, 1));
  const rt::http::CookiePlace place{"h.example", true, "/a/b"};
  rt::http::Cookies cookies;
  cookies.read(rt::fuzz::take(text, length), kNow);
  cookies.store(text, place, kNow);

  const std::string sent = cookies.value_for(place, kNow, {});
  for (const char c : sent) require(c != '\r' && c != '\n' && c != '\0');
  // As it is written it is read.
  const std::string file = cookies.file(kNow);
  rt::http::Cookies again;
  again.read(file, kNow);
  require(again.file(kNow) == file);
  require(again.value_for(place, kNow, {}) == sent);
  return 0;
}
