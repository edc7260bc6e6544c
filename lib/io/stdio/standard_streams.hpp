#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.hpp"

namespace rt {

// The error for a standard stream, or a file in its place, that cannot be used.
Error stream_error(std::string_view name, int error_number);

// Makes sure that descriptors 0, 1 and 2 are open, so that no socket takes their place, and that
// writing to a closed pipe, or more to a file than is allowed, is an error and not a signal. Call
// it first in main().
void prepare_standard_streams();

// How many bytes there are from where stdin stands to its end, when it is a regular file.
std::optional<std::uint64_t> stdin_bytes_left();
// Something can be read from stdin at once; never of a terminal.
bool stdin_waits();
// True when stdin is the end of a pipe, or a regular file.
bool stdin_is_piped();
// True when stdin is a terminal.
bool stdin_is_terminal();
// The width of the terminal on stdout, or 80.
std::size_t terminal_columns();
// True when stdout is a terminal that is to show colours: not a dumb one, and NO_COLOR is not set
// (no-color.org).
bool stdout_has_colour();

}  // namespace rt
