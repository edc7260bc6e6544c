#include "codec/mqtt_connect.hpp"

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

}  // namespace rt::mqtt
