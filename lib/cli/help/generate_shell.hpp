#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/help/page.hpp"
#include "cli/options/table.hpp"

// What the completions of all shells are made from.
namespace rt::cli {

// Rows of at least one verb of the program, in the order of the table.
std::vector<const OptionRow*> rows_of(Program program);
// "--keepalive", "--ping-interval", "-v": all that the row is called.
std::vector<std::string> spellings_of(const OptionRow& row);
// The spellings of all options whose value may be the next word: the long ones.
std::vector<std::string> long_names_with_value(Program program);
// The letters of options without a value, and of those with one.
std::string letters_of(Program program, bool with_value);

// Whether a value of one of its options is completed with this.
bool completes(Program program, Completes what);

// The verbs that are written; rtrelay's relay is not.
std::vector<Verb> written_verbs(Program program);
// The verb that is meant when the first argument is none: "rtws URL", "rtrelay FROM TO".
std::optional<Verb> silent_verb(Program program);
// The names of the verbs that have an option; with all of them it applies() to.
std::vector<std::string> verbs_having(const OptionRow& row, Program program);
// One line, without a full stop.
std::string purpose_of(Program program, Verb verb);

// Positional arguments behind a verb.
enum class Positional : std::uint8_t { url, endpoint, file, way, other };
struct PositionalRow {
  Positional kind = Positional::other;
  std::string verb;
  std::string position;  // "0", "1", and "*" for any
  std::string name;      // "MESSAGE"
};
// In the order in which they are to be tried.
std::vector<PositionalRow> positionals_of(Program program);
// "sub:0", "pub:*": of all positionals of this kind.
std::vector<std::string> places_of(Program program, Positional kind);

// What compare's can be, and what that is for people, in the order of the manual.
std::vector<std::pair<std::string_view, std::string_view>> ways();

// What a URL, or an endpoint of a relay, can begin with, and what that is.
struct Beginning {
  std::string text;  // "ws://", "exec:", or, whole, "-"
  std::string what;
};
std::vector<Beginning> url_beginnings(Program program);
std::vector<Beginning> endpoint_beginnings();
bool is_source(const Beginning& beginning);  // of an endpoint that can be read from
bool has_endpoints(Program program);
bool has_hub_urls(Program program);  // URLs whose server can be asked for its channels

// A script for sh, without single quotes and without two backslashes in a row, so that all shells
// can put it between single quotes: prints, one a line, what "$1" becomes with each channel of the
// hub that it names; "$2" is the program that knows what @NAME stands for, "$3" is sources where
// the URL is to be one that a relay can read from. Silent when nothing answers within a second.
// What a server says is hostile: names with anything that a shell could take for more than a name
// are left out.
std::string_view channels_script();

void replace_all(std::string& text, std::string_view from, std::string_view to);
std::string joined(const std::vector<std::string>& parts, std::string_view separator);
// Between single quotes, as sh takes it, and as fish does.
std::string sh_quoted(std::string_view text);
std::string fish_quoted(std::string_view text);

// The shell function that bash and zsh share: `_NAME_look WORD...` takes the words between the
// program and the cursor and sets `verb`, `position` (arguments behind the verb), `name` (the
// option whose value is due) and `ends` (behind "--"), which the caller has as local variables.
std::string look_function(Program program);
// `_NAME_reads`, for a relay: whether what is due is to be read from.
std::string sources_function(Program program);
// And the function around channels_script(): `_NAME_channels URL [sources]`.
std::string channels_function(Program program);

}  // namespace rt::cli
