#pragma once

// The Sec-WebSocket-Accept value for a Sec-WebSocket-Key (RFC 6455, section 4.2.2), without a
// library, so that the bare server depends on nothing.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace rt::bench {

// SHA-1 (RFC 3174).
inline std::array<std::uint8_t, 20> sha1(std::string_view text) {
  std::string padded(text);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) {
    padded += static_cast<char>(std::uint64_t{text.size()} * 8 >> shift & 0xff);
  }
  std::array<std::uint32_t, 5> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  for (std::size_t block = 0; block < padded.size(); block += 64) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 64; ++i) {
      w[i / 4] = w[i / 4] << 8 | static_cast<std::uint8_t>(padded[block + i]);
    }
    for (std::size_t i = 16; i < 80; ++i) {
      w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    }
    auto [a, b, c, d, e] = state;
    for (std::size_t i = 0; i < 80; ++i) {
      const auto [f, k] = i < 20   ? std::pair{(b & c) | (~b & d), 0x5a827999U}
                          : i < 40 ? std::pair{b ^ c ^ d, 0x6ed9eba1U}
                          : i < 60 ? std::pair{(b & c) | (b & d) | (c & d), 0x8f1bbcdcU}
                                   : std::pair{b ^ c ^ d, 0xca62c1d6U};
      const auto next = std::rotl(a, 5) + f + e + k + w[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
  }
  std::array<std::uint8_t, 20> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)) & 0xff);
  }
  return digest;
}

inline std::string websocket_accept(std::string_view key) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto digest = sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  std::string out;
  // 20 bytes are six groups of three and one of two, hence the one '=' at the end.
  for (std::size_t i = 0; i < 21; i += 3) {
    const auto third = i + 2 < digest.size() ? digest[i + 2] : 0;
    const auto group = digest[i] << 16 | digest[i + 1] << 8 | third;
    for (int shift = 18; shift >= 0; shift -= 6) {
      out += kAlphabet[static_cast<std::size_t>(group >> shift & 0x3f)];
    }
  }
  out.back() = '=';
  return out;
}

}  // namespace rt::bench
