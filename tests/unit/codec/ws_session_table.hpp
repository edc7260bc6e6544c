#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/text.hpp"
#include "unit/codec/ws_session_fixture.hpp"

namespace rt::ws {

struct SessionRow {
  std::vector<WireFrame> frames;
  std::string said;  // "EVENTS| OUTPUT| STATE"
};

// Where to cut: everywhere, or, in what is long, near the ends and here and there.
inline std::vector<std::size_t> cuts_of(std::size_t size) {
  std::vector<std::size_t> cuts;
  for (std::size_t cut = 0; cut < size; cut += size < 2000 || cut < 16 || cut > size - 3 ? 1 : 9973)
    cuts.push_back(cut);
  return cuts;
}

inline void check_bytes(Role role, const std::string& bytes, const std::string& said,
                        std::size_t max_message = defaults::kMaxMessage,
                        const DeflateTerms& deflate = DeflateTerms()) {
  CAPTURE(name_of(role));
  for (const std::size_t cut : cuts_of(bytes.size())) {
    CAPTURE(cut);
    // REQUIRE would put long texts together for each cut.
    if (answers(role, bytes, cut, max_message, deflate) != said)
      REQUIRE(answers(role, bytes, cut, max_message, deflate) == said);
  }
  CHECK(answers_bytewise(role, bytes, max_message, deflate) == said);
}

// Each row for both roles, whole, cut at every byte, and byte by byte.
inline void check_rows(const std::vector<SessionRow>& rows,
                       std::size_t max_message = defaults::kMaxMessage,
                       const DeflateTerms& deflate = DeflateTerms()) {
  for (const SessionRow& row : rows)
    for (const Role role : {Role::server, Role::client})
      check_bytes(role, wire(role, row.frames), row.said, max_message, deflate);
}

// What hexadecimal digits stand for; spaces are for the eye.
inline std::string hex_bytes(std::string_view digits) {
  std::string out;
  int high = -1;
  for (const char digit : digits) {
    const int value = hex_value(digit);
    if (value < 0) continue;
    if (high >= 0) out += static_cast<char>(high * 16 + value);
    high = high >= 0 ? -1 : value;
  }
  return out;
}

}  // namespace rt::ws
