#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"

// What can go wrong on the way to a server, in words and with what to do about it: the same for all
// transports.
namespace rt {

// For a name that has no address.
Error cannot_resolve(std::string_view host);

// For whoever met at `port` what does not answer as HTTP does: a hint, "perhaps ...". Without the
// URL for TLS only where the port says what it may be.
std::string another_protocol(unsigned port, std::string_view secure_url);

// For a proxy's answer to CONNECT other than 2xx; `credentials` is what to do about
// 407 and 401.
Error proxy_refusal(std::uint64_t status, std::string_view credentials);

// For a connection on which nothing has come for so long.
Error silence(Milliseconds time);

// What the TLS library said about a certificate: the server's, or that of a proxy, which -k does
// not let in.
enum class CertificateOf : std::uint8_t { server, proxy };
Error certificate_fault(std::string_view said, CertificateOf whose = CertificateOf::server);
// The server's view of this client's certificate, when that is what was said.
std::optional<Error> own_certificate_fault(std::string_view said);
// Of a TLS handshake that failed for anything else; `clear_url` is the same place in clear text.
Error tls_handshake_fault(std::string_view said, std::string_view clear_url);

// --- of a server that answers with an HTTP status

// True for refusals that another attempt may overcome: 408, 425, 429 and 5xx, but for
// 501 and 505.
bool may_pass(int status);
// What the user can do about a refusal with this status, or nothing.
std::string_view advice_on(int status);

}  // namespace rt
