#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/codec/ws_session_fixture.hpp"

namespace rt::ws {

struct SessionRow {
  std::vector<WireFrame> frames;
  std::string said;  // "EVENTS| OUTPUT| STATE"
};

// Each row for both roles, whole, cut at every byte, and byte by byte.
inline void check_rows(const std::vector<SessionRow>& rows,
                       std::size_t max_message = defaults::kMaxMessage,
                       const DeflateTerms& deflate = DeflateTerms()) {
  for (const SessionRow& row : rows) {
    for (const Role role : {Role::server, Role::client}) {
      const std::string bytes = wire(role, row.frames);
      CAPTURE(name_of(role));
      for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        CAPTURE(cut);
        REQUIRE(answers(role, bytes, cut, max_message, deflate) == row.said);
      }
      CHECK(answers_bytewise(role, bytes, max_message, deflate) == row.said);
    }
  }
}

}  // namespace rt::ws
