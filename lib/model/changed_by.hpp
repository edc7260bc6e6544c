#pragma once

#include <cstdint>

namespace rt {

// By what a poll's answer counts as new.
enum class ChangedBy : std::uint8_t {
  automatic,  // body at an interval, validator in a long poll
  body,
  validator,  // and where there is none, the body
};

}  // namespace rt
