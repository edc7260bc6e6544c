#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "app/selection.hpp"
#include "app/shaping_sink.hpp"
#include "base/clock.hpp"
#include "io/stdio/state_file.hpp"

namespace rt {

// What a relay does with the messages of one end, whatever it is.
struct EndHandling {
  // Of a source
  std::optional<SelectionOptions> selection;  // what of its messages goes on
  std::shared_ptr<StateFile> state;           // where its way is kept; null: nowhere
  bool allow_doubles = false;                 // what comes again goes on, too

  // Of a sink
  ShapingSink::Options shaping;    // what it gets
  std::size_t gather = 1;          // messages that it would have at once
  Milliseconds gather_time = 0ms;  // for how long they are waited for
};

}  // namespace rt
