#pragma once

#include <cstdint>
#include <string_view>

#include "model/identity.hpp"

namespace rt {

enum class Action : std::uint8_t {
  subscribe,  // read a channel, in whatever way
  publish,    // publish to a channel
  presence,   // see who reads a channel
  admin,      // see what concerns all channels; asked with an empty channel
};

// Who may do what in which channel (a canonical name). Here everybody may do everything.
class Grants {
 public:
  Grants() = default;
  Grants(const Grants&) = delete;
  Grants& operator=(const Grants&) = delete;
  virtual ~Grants() = default;

  virtual bool allow(const Identity& /*who*/, Action /*what*/, std::string_view /*channel*/) const {
    return true;
  }
};

}  // namespace rt
