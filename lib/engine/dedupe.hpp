#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "model/message.hpp"

namespace rt {

// How a relay keeps messages from going round in circles: each leaves its id in `via` and drops
// what bears it already.
class Dedupe {
 public:
  enum class Verdict : std::uint8_t {
    fresh,
    own,      // it has passed this relay
    too_far,  // it has passed so many others that they must be a circle
  };
  static constexpr std::size_t kMostRelays = 32;

  explicit Dedupe(std::string relay_id) : relay_id_(std::move(relay_id)) {}

  const std::string& relay_id() const { return relay_id_; }

  Verdict judge(const Message& message) const;
  // The message as it leaves the relay: with its id in `via`, and with an origin.
  void mark(Message& message) const;

 private:
  std::string relay_id_;
};

}  // namespace rt
