#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rt {

// SipHash-1-3 under a secret key: peers choose channel names, so with a known hash they could make
// all names collide and turn every lookup into a search of the whole table.
class NameHash {
 public:
  NameHash(std::uint64_t key0, std::uint64_t key1) : key0_(key0), key1_(key1) {}

  std::size_t operator()(std::string_view name) const;

 private:
  std::uint64_t key0_;
  std::uint64_t key1_;
};

}  // namespace rt
