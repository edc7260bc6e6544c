#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "app/end.hpp"
#include "app/end_options.hpp"
#include "app/keeping_source.hpp"
#include "app/relay.hpp"
#include "app/relay_losses.hpp"
#include "app/run.hpp"
#include "app/selecting_source.hpp"
#include "app/shaping_sink.hpp"

namespace rt {

// What stands around an end's source and sink in a relay, and does with messages what its options
// say. The end outlives it; it is not moved.
struct AroundEnd {
  // `from` and `to`: the end's own, or what stands around them already.
  void read_by(Reactor& reactor, Shutdown& shutdown, End& end, Source& from, EndHandling& handling);
  // `keep`: takes what its command refuses.
  void write_by(Reactor& reactor, End& end, Sink& to, EndHandling& handling,
                const Skipped::Keep& keep);
  RelayFrom from(const End& end) const;
  RelayTo to(const End& end) const;

  Source* source = nullptr;
  Sink* sink = nullptr;
  std::optional<KeepingSource> keeping;
  std::optional<SelectingSource> selecting;
  std::optional<Skipped> skipped;
  std::optional<ShapingSink> shaping;
  bool allow_doubles = false;
  std::size_t gather = 1;
  Milliseconds gather_time = 0ms;
};

// Warns of many topics that go into one place, which nothing tells apart there.
void tell_lost_topics(const std::vector<EndOptions>& from, const std::vector<EndOptions>& to);

}  // namespace rt
