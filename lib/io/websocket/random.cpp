#include "io/websocket/random.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace rt {
namespace {

constexpr std::size_t kBytesOfKeys = 16u << 10;

// How many bytes were written; 0 when the system has none.
std::size_t from_system(char* out, std::size_t size) {
#ifdef __linux__
  // One call for all, unlike getentropy.
  const ssize_t got = getrandom(out, size, 0);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
#else
  constexpr std::size_t kMostAtOnce = 256;  // getentropy's limit
  const std::size_t now = std::min(size, kMostAtOnce);
  return getentropy(out, now) == 0 ? now : 0;
#endif
}

}  // namespace

void fill_with_random(std::string& out, std::size_t size) {
  out.resize(size);
  std::size_t at = 0;
  while (at < size) {
    const std::size_t got = from_system(out.data() + at, size - at);
    if (got == 0) break;
    at += got;
  }
  if (at == size) return;
  std::random_device device;
  for (; at < size; ++at) out[at] = static_cast<char>(device());
}

std::uint32_t MaskKeys::next() {
  if (bytes_.empty()) fill_with_random(bytes_, kBytesOfKeys);
  std::uint32_t key = 0;
  std::memcpy(&key, bytes_.data() + bytes_.size() - sizeof key, sizeof key);
  bytes_.resize(bytes_.size() - sizeof key);
  return key;
}

}  // namespace rt
