#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/http1.hpp"

namespace rt::http1 {

// Why a request is refused. Each has a status and a line of text.
enum class Refusal : std::uint8_t {
  none,
  line_end,
  empty_lines,
  request_line,
  method_size,
  target_size,
  target,
  version,
  head_size,
  field,
  folded_field,
  field_count,
  host_missing,
  host,
  content_length,
  two_framings,
  transfer_coding,
  transfer_coding_unknown,
  body_size,
  expectation,
  chunk,
  chunk_extension,
  trailer,
  trailer_size,
};

int status_of(Refusal refusal);
std::string_view reason_of(Refusal refusal);

// Classes of bytes, as bits of kByteClass.
inline constexpr std::uint8_t kTokenByte = 1;   // tchar, RFC 9110 section 5.6.2
inline constexpr std::uint8_t kTextByte = 2;    // in a field value: HTAB, SP, VCHAR, obs-text
inline constexpr std::uint8_t kTargetByte = 4;  // in a request target: VCHAR but '#', and obs-text
inline constexpr std::uint8_t kHostByte = 8;    // in a registered name; no comma, so no list
inline constexpr std::uint8_t kAddressByte = 16;  // in an IP literal, between the brackets

constexpr std::array<std::uint8_t, 256> byte_classes() {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&table](std::string_view bytes, std::uint8_t bits) {
    for (const char c : bytes) table[static_cast<unsigned char>(c)] |= bits;
  };
  for (std::size_t c = 0; c < table.size(); ++c) {
    if (c == '\t' || (c >= 0x20 && c != 0x7F)) table[c] |= kTextByte;
    if (c > 0x20 && c != 0x7F && c != '#') table[c] |= kTargetByte;
  }
  constexpr std::string_view alphanumeric =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  mark(alphanumeric, kTokenByte | kHostByte | kAddressByte);
  mark("!#$%&'*+-.^_`|~", kTokenByte);
  mark("-._~!$&'()*+;=%", kHostByte);
  mark("-._~!$&'()*+;=:", kAddressByte);
  return table;
}

inline constexpr std::array<std::uint8_t, 256> kByteClass = byte_classes();

inline bool is(char c, std::uint8_t byte_class) {
  return (kByteClass[static_cast<unsigned char>(c)] & byte_class) != 0;
}

// How the body is delimited. Neither chunked nor a length: there is none.
struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;
};

// How much of a head has been read: whole lines only.
struct HeadProgress {
  std::size_t bytes = 0;
  std::size_t lines = 0;
};

// The bytes that a head may have before its line number `lines` has ended, and the refusal when it
// has not.
std::size_t head_window(const Limits& limits, std::size_t lines);
Refusal window_refusal(std::size_t lines);

// One line of a head, which ends in LF. `last` is set at the empty line.
Refusal read_request_line(std::string_view line, const Limits& limits, Request& request);
Refusal read_field_line(std::string_view line, Header& header, bool& last);

enum class HeadOutcome { whole, partial, refused };

// Reads a head from the start of `bytes`, which do not begin with an empty line. When whole,
// `progress.bytes` is its length, `request` is filled but for its body, and `framing` is set.
HeadOutcome read_head(std::string_view bytes, const Limits& limits, Request& request,
                      Framing& framing, HeadProgress& progress, Refusal& refusal);

}  // namespace rt::http1
