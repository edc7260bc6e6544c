#include "io/net/faults.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {
namespace {

struct Expected {
  Fault fault;
  bool fatal;
  std::string text;
};

void check(const Error& error, const Expected& expected) {
  CHECK(error.fault() == expected.fault);
  CHECK(error.fatal() == expected.fatal);
  CHECK(error.text() == expected.text);
}

TEST_CASE("faults: a name without an address") {
  check(cannot_resolve("h.example\n"),
        {Fault::network, false,
         "cannot resolve h.example\\x0A: the name is unknown, or no name server answers"});
}

TEST_CASE("faults: what may speak at a port that does not speak HTTP") {
  CHECK(another_protocol(80, "https://h:80/") == "perhaps the port speaks TLS: https://h:80/");
  CHECK(another_protocol(80, "").empty());
  for (const unsigned port : {1883u, 8883u}) {
    CHECK(another_protocol(port, "wss") == "perhaps the port speaks MQTT: rtmqtt");
    CHECK(another_protocol(port, "") == "perhaps the port speaks MQTT: rtmqtt");
  }
}

TEST_CASE("faults: a proxy that opens no tunnel") {
  const std::string said = "the proxy did not open a tunnel: HTTP ";
  const struct {
    unsigned status;
    Expected expected;
  } rows[] = {
      {400, {Fault::network, true, said + "400 (is it a proxy?)"}},
      {401, {Fault::refused, true, said + "401 (who are you?)"}},
      {403, {Fault::refused, true, said + "403"}},
      {404, {Fault::network, true, said + "404 (is it a proxy?)"}},
      {407, {Fault::refused, true, said + "407 (who are you?)"}},
      {502, {Fault::network, false, said + "502"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    check(proxy_refusal(row.status, "who are you?"), row.expected);
  }
}

TEST_CASE("faults: the server's certificate") {
  const std::string start = "the server's certificate is ";
  const struct {
    const char* said;
    const char* text;
  } rows[] = {
      {"certificate subject name 'a' does not match target host name 'b'",
       "for another name (certificate subject name 'a' does not match target host name 'b'); "
       "-k skips the check"},
      {"hostname mismatch", "for another name (hostname mismatch); -k skips the check"},
      {"certificate has expired", "not valid now (certificate has expired); -k skips the check"},
      {"certificate is not yet valid",
       "not valid now (certificate is not yet valid); -k skips the check"},
      {"self-signed certificate",
       "not trusted (self-signed certificate); -k skips the check, --cacert names a CA"},
      {"a\x1b[31m", "not trusted (a\\x1B[31m); -k skips the check, --cacert names a CA"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.said);
    check(certificate_fault(row.said), {Fault::tls, true, start + row.text});
  }
  check(certificate_fault("expired", CertificateOf::proxy),
        {Fault::tls, true, "the proxy's certificate is not valid now (expired)"});
  check(certificate_fault("self-signed", CertificateOf::proxy),
        {Fault::tls, true,
         "the proxy's certificate is not trusted (self-signed); --cacert names a CA"});
}

TEST_CASE("faults: this client's certificate") {
  const auto fault = own_certificate_fault("error:0A00045C: tlsv13 alert certificate required");
  REQUIRE(fault);
  check(*fault, {Fault::tls, true,
                 "the server does not accept this client's certificate (certificate required); "
                 "--cert and --key give one"});
  for (const char* const said : {"", "certificate required", "alert handshake failure"})
    CHECK_FALSE(own_certificate_fault(said));
}

TEST_CASE("faults: TLS handshakes") {
  const struct {
    const char* said;
    const char* text;
  } rows[] = {
      {"sslv3 alert handshake failure",
       "the server refuses the TLS handshake (it may want a certificate: --cert)"},
      {"wrong version number",
       "the TLS handshake failed (perhaps the port speaks clear text: mqtt://h:1/t)"},
      {"unexpected eof while reading",
       "the TLS handshake failed (perhaps the port speaks clear text: mqtt://h:1/t)"},
      {"anything else", "the TLS handshake failed: anything else"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.said);
    check(tls_handshake_fault(row.said, "mqtt://h:1/t"), {Fault::tls, false, row.text});
  }
}

TEST_CASE("faults: which refusals another attempt may overcome") {
  for (const int status : {408, 425, 429, 500, 503, 599}) CHECK(may_pass(status));
  for (const int status : {200, 301, 400, 401, 403, 404, 407, 499, 501, 505})
    CHECK_FALSE(may_pass(status));
  CHECK(advice_on(401) == "credentials are missing or wrong: -u, --bearer-file");
  CHECK(advice_on(500).empty());
}

}  // namespace
}  // namespace rt
