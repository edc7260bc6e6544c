#pragma once

#include "cli/help/page.hpp"

namespace rt::cli {

// Of each kind of end of a relay, the options that it can have for itself.
HelpSection end_options_section();

}  // namespace rt::cli
