#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/tls_options.hpp"

namespace rt {

// The file of certificates that are trusted: the user's, SSL_CERT_FILE's, or the system's bundle
// where there is one. (Without any, libwebsockets would trust a directory relative to the current
// one.)
std::string trusted_file(const TlsOptions& options);
// True when the TLS library's own places count besides (SSL_CERT_DIR, or no bundle was found).
bool trust_is_more_than_file(const TlsOptions& options);

// Whether the files that the user named can be read and look right; libwebsockets only logs it.
Result<void> check_tls_files(const TlsOptions& options);

}  // namespace rt
