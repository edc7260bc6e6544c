#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rt {

// How MD5, SHA-1 and SHA-256 are alike: blocks of 64 bytes, the last ones with a bit, zeros and the
// message's length behind it, and words of 32 bits.
enum class WordOrder : std::uint8_t { most_significant_first, least_significant_first };

inline void append_number(std::string& out, std::uint64_t number, unsigned bytes, WordOrder order) {
  for (unsigned i = 0; i < bytes; ++i) {
    const unsigned place = order == WordOrder::least_significant_first ? i : bytes - 1 - i;
    out += static_cast<char>(number >> 8 * place & 0xFF);
  }
}

// `add_block` takes a block of kDigestBlock bytes into the digest, which begins as `digest`.
inline constexpr std::size_t kDigestBlock = 64;
template <std::size_t N, class AddBlock>
std::string block_digest(std::string_view message, std::array<std::uint32_t, N> digest,
                         WordOrder order, AddBlock add_block) {
  const std::uint64_t bits = std::uint64_t{8} * message.size();
  for (; message.size() >= kDigestBlock; message.remove_prefix(kDigestBlock))
    add_block(digest, message.substr(0, kDigestBlock));
  std::string last(message);
  last += '\x80';
  while (last.size() % kDigestBlock != kDigestBlock - 8) last += '\0';
  append_number(last, bits, 8, order);
  for (std::size_t at = 0; at < last.size(); at += kDigestBlock)
    add_block(digest, std::string_view(last).substr(at, kDigestBlock));
  std::string out;
  for (const std::uint32_t word : digest) append_number(out, word, 4, order);
  return out;
}

}  // namespace rt
