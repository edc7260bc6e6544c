#pragma once

#include <string>

namespace rt {

enum class Verify { peer, none };

// How a client checks the other side and shows itself. Empty: the system's default.
struct TlsOptions {
  Verify verify = Verify::peer;
  std::string ca_file;           // PEM
  std::string certificate_file;  // PEM, the client's own
  std::string key_file;          // PEM
};

}  // namespace rt
