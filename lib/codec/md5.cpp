#include "codec/md5.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "codec/block_digest.hpp"

namespace rt {
namespace {

using Digest = std::array<std::uint32_t, 4>;

constexpr std::array<std::uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr std::array<std::array<int, 4>, 4> kTurns = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

void add_block(Digest& digest, std::string_view block) {
  std::array<std::uint32_t, 16> words{};
  for (std::size_t i = 0; i < kDigestBlock; ++i)
    words[i / 4] |= std::uint32_t{static_cast<unsigned char>(block[i])} << 8 * (i % 4);
  auto [a, b, c, d] = digest;
  for (std::size_t t = 0; t < kSines.size(); ++t) {
    std::uint32_t mixed = 0;
    std::size_t word = t;
    if (t < 16) {
      mixed = (b & c) | (~b & d);
    } else if (t < 32) {
      mixed = (d & b) | (~d & c);
      word = 5 * t + 1;
    } else if (t < 48) {
      mixed = b ^ c ^ d;
      word = 3 * t + 5;
    } else {
      mixed = c ^ (b | ~d);
      word = 7 * t;
    }
    mixed += a + kSines[t] + words[word % words.size()];
    a = d;
    d = c;
    c = b;
    b += std::rotl(mixed, kTurns[t / 16][t % 4]);
  }
  const Digest added = {a, b, c, d};
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] += added[i];
}

}  // namespace

std::string md5(std::string_view message) {
  return block_digest(message, Digest{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476},
                      WordOrder::least_significant_first, add_block);
}

}  // namespace rt
