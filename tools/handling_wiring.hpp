#pragma once

#include "app/end.hpp"
#include "app/end_options.hpp"
#include "cli/options/options.hpp"

namespace rt {

// What a relay does with the messages of an end, and where it keeps the end's way; `own` are its
// options. The end has its endpoint, name and connection. Errors: usage, and as StateFile's.
Result<void> fill_handling(EndOptions& end, const Options& own, EndUse use);

}  // namespace rt
