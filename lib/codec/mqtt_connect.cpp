#include "codec/mqtt_connect.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rt::mqtt {

std::string made_client_id(Random& random) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
  std::uint64_t bits = random.next();
  std::string id = "rtwire";
  for (int i = 0; i < 13; ++i, bits >>= 5) id += kDigits[bits & 31];
  return id;
}

void resume_session(std::string& connect) {
  constexpr std::size_t kFlags = 7;  // in the variable header, section 3.1.2.3
  constexpr char kCleanStart = 2;
  std::size_t at = 1;
  while (at < connect.size() && (connect[at] & '\x80') != 0) ++at;
  at += 1 + kFlags;
  if (at < connect.size()) connect[at] = static_cast<char>(connect[at] & ~kCleanStart);
}

}  // namespace rt::mqtt
