#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "codec/ws_frame.hpp"
#include "unit/io/http/test_server.hpp"

namespace rt::test {

// SHA-1 (FIPS 180-4), for Sec-WebSocket-Accept.
inline std::string sha1(std::string text) {
  const auto rotate = [](std::uint32_t x, unsigned n) { return x << n | x >> (32 - n); };
  const std::uint64_t bits = text.size() * 8;
  text += '\x80';
  while (text.size() % 64 != 56) text += '\0';
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(bits >> shift & 0xFF);
  std::array<std::uint32_t, 5> h = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  for (std::size_t block = 0; block < text.size(); block += 64) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 80; ++i) {
      if (i >= 16) {
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        continue;
      }
      for (std::size_t j = 0; j < 4; ++j)
        w[i] = w[i] << 8 | static_cast<unsigned char>(text[block + 4 * i + j]);
    }
    auto [a, b, c, d, e] = h;
    for (std::size_t i = 0; i < 80; ++i) {
      const std::uint32_t f = i < 20   ? (b & c) | (~b & d)
                              : i < 40 ? b ^ c ^ d
                              : i < 60 ? (b & c) | (b & d) | (c & d)
                                       : b ^ c ^ d;
      const std::uint32_t k = i < 20   ? 0x5A827999
                              : i < 40 ? 0x6ED9EBA1
                              : i < 60 ? 0x8F1BBCDC
                                       : 0xCA62C1D6;
      const std::uint32_t next = rotate(a, 5) + f + e + k + w[i];
      e = d;
      d = c;
      c = rotate(b, 30);
      b = a;
      a = next;
    }
    h = {h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e};
  }
  std::string out;
  for (const std::uint32_t word : h)
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(word >> shift & 0xFF);
  return out;
}

inline std::string header_of(std::string_view request, std::string_view name) {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = request.find(start);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = request.substr(at + start.size());
  return std::string(rest.substr(0, rest.find("\r\n")));
}

inline std::string accept_for(std::string_view request) {
  return base64_encode(
      sha1(header_of(request, "Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

inline std::string switching(std::string_view request, std::string_view more = {}) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         accept_for(request) + "\r\n" + std::string(more) + "\r\n";
}

struct Frame {
  bool end = true;  // no frame: the connection has ended
  bool fin = false;
  bool masked = false;
  int opcode = 0;
  std::uint32_t key = 0;
  std::string payload;
};

inline std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// Reads the next frame from a client, its payload unmasked.
inline asio::awaitable<Frame> read_frame(Peer& peer) {
  Frame frame;
  const std::string head = co_await peer.bytes(2);
  if (head.size() < 2) co_return frame;
  const auto first = static_cast<unsigned char>(head[0]);
  const auto second = static_cast<unsigned char>(head[1]);
  frame.fin = (first & 0x80) != 0;
  frame.opcode = first & 0x0F;
  frame.masked = (second & 0x80) != 0;
  std::uint64_t size = second & 0x7F;
  if (size >= 126) {
    const std::string longer = co_await peer.bytes(size == 126 ? 2 : 8);
    size = big_endian(longer);
  }
  if (frame.masked) {
    const std::string key = co_await peer.bytes(4);
    frame.key = static_cast<std::uint32_t>(big_endian(key));
  }
  frame.payload = co_await peer.bytes(size);
  if (frame.payload.size() < size) co_return frame;
  if (frame.masked) ws::mask(frame.payload.data(), frame.payload.size(), frame.key);
  frame.end = false;
  co_return frame;
}

// A server's frame.
inline std::string frame(ws::Opcode opcode, std::string_view payload, bool fin = true) {
  std::string out;
  ws::append_frame(out, opcode, payload);
  if (!fin) out[0] = static_cast<char>(out[0] & 0x7F);
  return out;
}
inline std::string text_frame(std::string_view payload) {
  std::string out;
  ws::append_message(out, ws::Opcode::text, payload);
  return out;
}
inline std::string close_frame(std::uint16_t code, std::string_view reason = {}) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  payload += reason;
  return frame(ws::Opcode::close, payload);
}

// Takes the opening handshake; gives the request.
inline asio::awaitable<std::string> take_handshake(Peer& peer, std::string more = {}) {
  std::string request = co_await peer.request();
  co_await peer.send(switching(request, more));
  co_return request;
}

}  // namespace rt::test
