#include "codec/sha1.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "codec/block_digest.hpp"

namespace rt {
namespace {

using Digest = std::array<std::uint32_t, 5>;

void add_block(Digest& digest, std::string_view block) {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t i = 0; i < kDigestBlock; ++i)
    words[i / 4] = words[i / 4] << 8 | static_cast<unsigned char>(block[i]);
  for (std::size_t t = 16; t < words.size(); ++t)
    words[t] = std::rotl(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1);
  auto [a, b, c, d, e] = digest;
  for (std::size_t t = 0; t < words.size(); ++t) {
    std::uint32_t mixed = 0;
    if (t < 20)
      mixed = ((b & c) | (~b & d)) + 0x5A827999;
    else if (t < 40)
      mixed = (b ^ c ^ d) + 0x6ED9EBA1;
    else if (t < 60)
      mixed = ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
    else
      mixed = (b ^ c ^ d) + 0xCA62C1D6;
    const std::uint32_t next = std::rotl(a, 5) + mixed + e + words[t];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const Digest added = {a, b, c, d, e};
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] += added[i];
}

}  // namespace

std::string sha1(std::string_view message) {
  return block_digest(message, Digest{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0},
                      WordOrder::most_significant_first, add_block);
}

}  // namespace rt
