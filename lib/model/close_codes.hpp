#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace rt {

// Some of the codes that a WebSocket may be closed with (RFC 6455 section 7.4).
class CloseCodes {
 public:
  // What applications close with as HTTP does with 4xx.
  CloseCodes() : ranges_{{4400, 4499}} {}
  // "4001,4100-4199": codes and ranges from 1000 to 4999; "none". Nothing for all else.
  static std::optional<CloseCodes> parse(std::string_view text);

  bool has(std::uint16_t code) const;

 private:
  std::vector<std::pair<std::uint16_t, std::uint16_t>> ranges_;
};

}  // namespace rt
