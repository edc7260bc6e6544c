// A challenge of Digest authentication.
#include "codec/http_digest.hpp"

#include "codec/http_values.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using rt::fuzz::require;
  const auto challenge = rt::http::parse_digest_challenge(rt::fuzz::text(data, size));
  if (!challenge) return 0;
  const std::string answer =
      rt::http::digest_authorization(*challenge, {"me", "s3cret", "GET", "/a", "c", 1});
  require(rt::http::valid_field_value(answer));
  require(answer.find("s3cret") == std::string::npos ||
          challenge->realm.find("s3cret") != std::string::npos ||
          challenge->nonce.find("s3cret") != std::string::npos ||
          challenge->opaque.find("s3cret") != std::string::npos);
  // What it says of the challenge is read as the same.
  const auto again = rt::http::parse_digest_challenge(answer);
  require(again.has_value());
  require(again->realm == challenge->realm && again->nonce == challenge->nonce);
  require(again->opaque == challenge->opaque && again->sha256 == challenge->sha256);
  require(again->session == challenge->session && again->qop == challenge->qop);
  return 0;
}
