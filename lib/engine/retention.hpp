#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "engine/name_hash.hpp"

namespace rt {

// What a broker of our own, whose memory is bounded, is given to retain. What it retains it never
// lets go of, so this is to stay a part of its memory: the rest is for what passes through. Others
// may fill it all the same; then it is begun anew, and retains nothing for a while that grows, or
// it would be full again at once.
class Retention {
 public:
  // `memory`: the broker's; 0: no bound.
  Retention(std::size_t memory, NameHash hash) : memory_(memory), hash_(hash) {}

  // Whether a message of that length may be retained, and counts it then in the place of the
  // topic's last one. An empty one ends what is retained. One that takes the place of another may
  // always be: readers that come later would get the old one for it.
  bool take(std::string_view topic, std::size_t payload);

  // A broker begins: it has nothing, and retains unless closed_until() is still to come.
  void begin(SteadyTime now);
  // It had to be ended because its memory was full. Returns for how long nothing is retained now:
  // 10 s, then twice the last time up to 10 minutes, and 10 s again after an hour without it.
  Milliseconds note_full(SteadyTime now);
  // Until when nothing is retained; nullopt: it is.
  std::optional<SteadyTime> closed_until() const { return closed_until_; }

  std::size_t bytes() const { return bytes_; }
  std::uint64_t refused() const { return refused_; }

 private:
  std::size_t memory_;
  NameHash hash_;
  std::unordered_map<std::uint64_t, std::size_t> kept_;  // by the topic's hash: what it costs
  std::size_t bytes_ = 0;
  std::uint64_t refused_ = 0;
  std::optional<SteadyTime> closed_until_;
  std::optional<SteadyTime> last_full_;
  Milliseconds closed_for_{0};
};

}  // namespace rt
