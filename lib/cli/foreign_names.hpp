#pragma once

#include <optional>
#include <string_view>

#include "cli/options.hpp"

// What people bring along from curl, websocat, wscat, kcat and Mosquitto's clients.
namespace rt::cli {

// What to write instead of an option that is unknown here and known there: a clause that names our
// option or says why none is needed. `typed` is as it was written, without "=value": "--cafile" or
// "-t". nullopt: it is not of theirs.
std::optional<std::string_view> instead_of_option(Program program, std::optional<Verb> verb,
                                                  std::string_view typed);

// The verb that stands here for one of theirs: sub for "subscribe".
std::optional<Verb> instead_of_verb(Program program, std::string_view typed);

}  // namespace rt::cli
