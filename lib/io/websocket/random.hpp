#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace rt {

// Makes `out` so many unpredictable bytes of the operating system's.
void fill_with_random(std::string& out, std::size_t size);

// Keys for masks (RFC 6455, section 5.3), of which many are made at a time.
class MaskKeys {
 public:
  std::uint32_t next();

 private:
  std::string bytes_;
};

}  // namespace rt
