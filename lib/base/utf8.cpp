#include "base/utf8.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#include "base/text.hpp"

namespace rt {
namespace {

// The states of a UTF-8 reader (RFC 3629 section 4), as the bit positions that they have in
// kUtf8Transitions.
enum : std::uint64_t {
  kBetween = 0,
  kIllFormed = 6,
  kOneMore = 12,
  kTwoMore = 18,
  kThreeMore = 24,
  kAfterE0 = 30,
  kAfterED = 36,
  kAfterF0 = 42,
  kAfterF4 = 48,
};

// For each byte the next states of all states, six bits each. So a step is one shift, without a
// branch to mispredict.
constexpr std::array<std::uint64_t, 256> kUtf8Transitions = [] {
  std::array<std::uint64_t, 256> rows{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    const auto when = [byte](std::uint64_t from, std::uint64_t to, std::uint64_t state) {
      return byte >= from && byte <= to ? state : std::uint64_t{kIllFormed};
    };
    std::uint64_t start = kIllFormed;
    if (byte <= 0x7F) start = kBetween;
    if (byte >= 0xC2 && byte <= 0xDF) start = kOneMore;
    if (byte >= 0xE0 && byte <= 0xEF) start = kTwoMore;
    if (byte >= 0xF0 && byte <= 0xF4) start = kThreeMore;
    if (byte == 0xE0) start = kAfterE0;
    if (byte == 0xED) start = kAfterED;
    if (byte == 0xF0) start = kAfterF0;
    if (byte == 0xF4) start = kAfterF4;
    rows[byte] = start << kBetween | std::uint64_t{kIllFormed} << kIllFormed |
                 when(0x80, 0xBF, kBetween) << kOneMore | when(0x80, 0xBF, kOneMore) << kTwoMore |
                 when(0x80, 0xBF, kTwoMore) << kThreeMore | when(0xA0, 0xBF, kOneMore) << kAfterE0 |
                 when(0x80, 0x9F, kOneMore) << kAfterED | when(0x90, 0xBF, kTwoMore) << kAfterF0 |
                 when(0x80, 0x8F, kTwoMore) << kAfterF4;
  }
  return rows;
}();

std::uint64_t utf8_step(std::uint64_t state, char c) {
  return kUtf8Transitions[static_cast<unsigned char>(c)] >> state & 63;
}

// True when the 8 * N bytes are ASCII.
template <std::size_t N>
bool ascii_words(const char* bytes) {
  std::uint64_t words[N];
  std::memcpy(words, bytes, sizeof words);
  std::uint64_t all = 0;
  for (const std::uint64_t word : words) all |= word;
  return (all & 0x8080808080808080ull) == 0;
}

}  // namespace

bool Utf8Reader::receive(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  std::uint64_t state = state_;
  while (state != kBetween && state != kIllFormed && at != end) state = utf8_step(state, *at++);
  while (state == kBetween) {
    while (end - at >= 32 && ascii_words<4>(at)) at += 32;
    while (end - at >= 8 && ascii_words<1>(at)) at += 8;
    if (at == end) break;
    // At least so far before ASCII is looked for again: text of most languages mixes both.
    const char* const stop = end - at > 32 ? at + 32 : end;
    while (at != stop) state = utf8_step(state, *at++);
    while (state != kBetween && state != kIllFormed && at != end) state = utf8_step(state, *at++);
  }
  state_ = static_cast<std::uint8_t>(state);
  return state != kIllFormed;
}

bool valid_utf8(std::string_view bytes) {
  Utf8Reader reader;
  return reader.receive(bytes) && reader.between_characters();
}

}  // namespace rt
