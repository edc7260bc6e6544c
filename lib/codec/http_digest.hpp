#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Digest authentication (RFC 7616), a client's side.
namespace rt::http {

struct DigestChallenge {
  std::string realm;
  std::string nonce;
  std::string opaque;
  std::string algorithm;  // as it was written; empty: MD5
  bool has_opaque = false;
  bool sha256 = false;   // else MD5
  bool session = false;  // the algorithm's name ends with -sess
  bool qop = false;      // "auth" is offered; else none is
  bool stale = false;    // only the nonce of the last answer was wrong
};

// What a value of WWW-Authenticate asks for; nothing where that is no Digest, where another scheme
// stands beside it, and of what is not known here: other algorithms, and the body's integrity
// alone.
std::optional<DigestChallenge> parse_digest_challenge(std::string_view field);

struct DigestRequest {
  std::string_view user;
  std::string_view password;
  std::string_view method;
  std::string_view target;
  std::string_view cnonce;  // of chance, without quotes and backslashes
  std::uint32_t count = 1;  // how often this nonce has been used
};

// The value of Authorization.
std::string digest_authorization(const DigestChallenge& challenge, const DigestRequest& request);

}  // namespace rt::http
