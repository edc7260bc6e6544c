#pragma once

#include <string>

#include "cli/options/end_kinds.hpp"
#include "cli/options/options.hpp"

namespace rt::cli {

// Appends what is done with the messages of a relay's end, a sentence a line: --dry-run.
void append_end_sentences(std::string& out, const Options& own, EndKind kind, EndWays ways);
// Of what is wanted of messages.
void append_selection_sentences(std::string& out, const Options& own);

}  // namespace rt::cli
