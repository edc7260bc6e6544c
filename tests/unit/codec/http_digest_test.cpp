#include "codec/http_digest.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt::http {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("digest: the examples of RFC 7616 (3.9.1) and RFC 2617 (3.5)") {
  const std::string realm =
      "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
      "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
      "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
  const std::string old =
      "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
      "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
  const std::string cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  const struct {
    std::string challenge;
    std::string_view password, cnonce, response;
  } rows[] = {
      {"Digest " + realm + ", algorithm=SHA-256", "Circle of Life", cnonce,
       "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
      {"digest " + realm + ", algorithm=md5", "Circle of Life", cnonce,
       "8ca523f5e9506fed4657c9700eebdbec"},
      {old, "Circle Of Life", "0a4f113b", "6629fae49393a05397450978507c4ef1"},
  };
  for (const auto& row : rows) {
    const auto challenge = parse_digest_challenge(row.challenge);
    REQUIRE(challenge);
    const std::string answer = digest_authorization(
        *challenge, {"Mufasa", row.password, "GET", "/dir/index.html", row.cnonce, 1});
    CHECK(answer.starts_with("Digest username=\"Mufasa\", realm=\""));
    CHECK(has(answer, ", uri=\"/dir/index.html\""));
    CHECK(has(answer, ", qop=auth, nc=00000001, response=\"" + std::string(row.response) + "\""));
  }
}

TEST_CASE("digest: what is taken for a challenge") {
  const std::string good = R"(Digest realm="a \"b\"", nonce=n)";
  const auto challenge = parse_digest_challenge(good);
  REQUIRE(challenge);
  CHECK(challenge->realm == "a \"b\"");
  CHECK_FALSE(challenge->qop);
  CHECK_FALSE(challenge->has_opaque);
  const std::string answer =
      digest_authorization(*challenge, {"u\"\\", "p", "GET", "/", "c", 0x1a2b});
  CHECK(has(answer, R"(username="u\"\\", realm="a \"b\"", nonce="n", uri="/", response=")"));
  CHECK_FALSE(has(answer, "cnonce"));

  CHECK(parse_digest_challenge(good + ", stale=TRUE")->stale);
  CHECK(parse_digest_challenge(good + ", opaque=\"\"")->has_opaque);
  const auto session = parse_digest_challenge(good + ", algorithm=SHA-256-sess, qop=auth");
  REQUIRE(session);
  CHECK((session->session && session->sha256 && session->qop));
  CHECK(has(digest_authorization(*session, {"u", "p", "GET", "/", "c", 0x1a2b}), "nc=00001a2b"));
  for (const char* const bad :
       {"", "Digest", "Basic realm=\"a\"", "Digest realm=\"a\"", "Digest nonce=\"a\"",
        "Digest realm=\"a, nonce=b", "Digest realm=\"a\", nonce=b, algorithm=SHA-512",
        "Digest realm=\"a\", nonce=b, qop=auth-int", "Digest realm=\"a\", nonce=b, Basic realm=x",
        "Digest realm=\"a\r\nX: y\", nonce=b"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_digest_challenge(bad));
  }
  // Cut anywhere it is none, or says the same of what it has.
  for (std::size_t i = 0; i < good.size(); ++i) {
    const auto cut = parse_digest_challenge(good.substr(0, i));
    CHECK((!cut || cut->realm == "a \"b\""));
  }
}

}  // namespace
}  // namespace rt::http
