#include "io/websocket/random.hpp"

#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

#include <algorithm>
#include <random>

namespace rt {

void fill_with_random(std::string& out, std::size_t size) {
  constexpr std::size_t kMostAtOnce = 256;  // getentropy's limit
  out.resize(size);
  for (std::size_t at = 0; at < size;) {
    const std::size_t now = std::min(size - at, kMostAtOnce);
    if (getentropy(out.data() + at, now) != 0) {
      std::random_device device;
      for (std::size_t i = 0; i < now; ++i) out[at + i] = static_cast<char>(device());
    }
    at += now;
  }
}

}  // namespace rt
