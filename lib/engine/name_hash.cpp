#include "engine/name_hash.hpp"

#include <bit>

namespace rt {
namespace {

// By shifts, so that the hash is the same on every byte order.
std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    word = word << 8 | static_cast<unsigned char>(bytes[i]);
  return word;
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

std::size_t NameHash::operator()(std::string_view name) const {
  State state{key0_ ^ 0x736F6D6570736575ull, key1_ ^ 0x646F72616E646F6Dull,
              key0_ ^ 0x6C7967656E657261ull, key1_ ^ 0x7465646279746573ull};
  const std::uint64_t length = name.size();
  for (; name.size() >= 8; name.remove_prefix(8)) state.take(little_endian(name.substr(0, 8)));
  state.take(length << 56 | little_endian(name));
  state.v2 ^= 0xFF;
  for (int i = 0; i < 3; ++i) state.round();
  return static_cast<std::size_t>(state.v0 ^ state.v1 ^ state.v2 ^ state.v3);
}

}  // namespace rt
