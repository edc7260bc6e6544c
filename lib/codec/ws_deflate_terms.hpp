#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

// Agreeing on permessage-deflate (RFC 7692 section 7.1) in the opening handshake.
namespace rt::ws {

inline constexpr std::uint8_t kMostWindowBits = 15;

// What two ends have agreed on, or one of them wishes for: a window of fewer bits than 15 and no
// context takeover each cost some of the compression and spare memory.
struct DeflateTerms {
  bool on = false;
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::uint8_t server_max_window_bits = kMostWindowBits;  // 8 to 15
  std::uint8_t client_max_window_bits = kMostWindowBits;

  friend bool operator==(const DeflateTerms&, const DeflateTerms&) = default;
};

// For a server: the first offer in a Sec-WebSocket-Extensions value that can be met with what the
// server itself wishes, or terms that are not on. The client's window can be bounded only where it
// offers that.
DeflateTerms accept_deflate(std::string_view offers, const DeflateTerms& wishes);
// The Sec-WebSocket-Extensions value that tells the client of it; empty when it is not on.
std::string deflate_answer(const DeflateTerms& agreed);

// For a client: the Sec-WebSocket-Extensions value that offers what it wishes; empty when it is not
// on. Any bound on its own window is taken.
std::string deflate_offer(const DeflateTerms& wishes);
// What the server's Sec-WebSocket-Extensions value (empty: there was none) agrees to;
// Fault::protocol for what was not offered, and for what the extension does not know.
Result<DeflateTerms> check_deflate_answer(std::string_view answer, const DeflateTerms& wishes);

}  // namespace rt::ws
