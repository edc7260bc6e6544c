#pragma once

#include <cstdint>
#include <string>

namespace rt {

enum class Verify { peer, none };
enum class TlsVersion : std::uint8_t { newest, v1_2, v1_3 };

// How a client checks the other side and shows itself. Empty: the system's default.
struct TlsOptions {
  Verify verify = Verify::peer;
  std::string ca_file;                   // PEM
  std::string certificate_file;          // PEM, the client's own
  std::string key_file;                  // PEM
  std::string key_password;              // of a key that is encrypted
  TlsVersion most = TlsVersion::newest;  // spoken
  std::string alpn;                      // what the server is told will be spoken; of MQTT alone

  bool operator==(const TlsOptions&) const = default;
};

}  // namespace rt
