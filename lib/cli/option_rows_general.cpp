#include "cli/generate.hpp"
#include "cli/option_rows.hpp"

namespace rt::cli {
namespace {

constexpr OptionRow kRows[] = {
    // --- General
    {.letter = 'h',
     .scope = {kAll, kAny},
     .summary = "Show a short help",
     .from_environment = false},
    {.name = "help",
     .scope = {kAll, kAny},
     .summary = "Show the whole help, with examples",
     .from_environment = false},
    {.name = "version",
     .letter = 'V',
     .scope = {kAll, kAny},
     .summary = "Show the version",
     .from_environment = false},
    {.name = "generate",
     .scope = {kAll, kAny},
     .arity = Arity::value,
     .value = "FORMAT",
     .choices = kFaceNames,
     .summary = "Print the man page, or completions for a shell",
     .from_environment = false},
};

}  // namespace

std::span<const OptionRow> general_rows() {
  return kRows;
}

}  // namespace rt::cli
