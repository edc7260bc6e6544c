#pragma once

#include <string>

namespace rt {

// What is set in the TLS library's own context, since libcurl has no option for it. Empty: nothing.
struct TlsContext {
  std::string alpn;          // what the server is told will be spoken, of 1 to 255 bytes
  std::string psk_identity;  // who we are by a pre-shared key, in the place of certificates
  std::string psk;           // that key, its bytes

  bool empty() const { return alpn.empty() && psk_identity.empty(); }
};

// For the handle's connection; the context outlives that. With a pre-shared key any certificate is
// refused. False: this libcurl has another TLS library than OpenSSL.
bool set_up_context(void* easy, const TlsContext& context);

}  // namespace rt
