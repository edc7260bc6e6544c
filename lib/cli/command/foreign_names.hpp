#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/table.hpp"

// What people bring along from curl, websocat, wscat, kcat and Mosquitto's clients.
namespace rt::cli {

// What to write instead of an option that is unknown here and known there: a clause that names our
// option or says why none is needed. `typed` is as it was written, without "=value": "--cafile" or
// "-t". nullopt: it is not of theirs.
std::optional<std::string_view> instead_of_option(Program program, std::optional<Verb> verb,
                                                  std::string_view typed);

// The same for letters that stand together and of which some are theirs: "-sS". nullopt: one of
// them is nobody's.
std::optional<std::string> instead_of_letters(Program program, std::optional<Verb> verb,
                                              std::string_view typed);

// The same for an option of other verbs, in a line of `verb`: "rtmqtt sub -d". Empty: nothing.
std::string_view instead_of_misplaced(Program program, std::optional<Verb> verb,
                                      const OptionRow& row,
                                      const std::vector<std::string>& arguments);

// The verb that stands here for one of theirs: sub for "subscribe".
std::optional<Verb> instead_of_verb(Program program, std::string_view typed);

}  // namespace rt::cli
