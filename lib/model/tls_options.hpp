#pragma once

#include <cstdint>
#include <string>

namespace rt {

enum class Verify {
  peer,   // its certificate, for its name
  chain,  // its certificate, whatever its name
  none
};
enum class TlsVersion : std::uint8_t { newest, v1_2, v1_3 };

// How a client checks the other side and shows itself. Empty: the system's default.
struct TlsOptions {
  Verify verify = Verify::peer;
  std::string ca_file;                   // PEM
  std::string ca_directory;              // of such files, under their hashes
  std::string certificate_file;          // PEM, the client's own
  std::string key_file;                  // PEM
  std::string key_password;              // of a key that is encrypted
  TlsVersion most = TlsVersion::newest;  // spoken
  TlsVersion least = TlsVersion::v1_2;
  std::string ciphers;       // of TLS 1.2, as OpenSSL names them
  std::string alpn;          // what the server is told will be spoken; of MQTT alone
  std::string psk_identity;  // likewise: who we are by a pre-shared key; empty: by certificates
  std::string psk;           // that key, its bytes

  bool operator==(const TlsOptions&) const = default;
};

}  // namespace rt
