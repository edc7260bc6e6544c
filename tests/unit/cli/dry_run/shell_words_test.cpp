#include "cli/dry_run/shell_words.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace rt::cli;

TEST_CASE("words that sh reads back") {
  const std::pair<std::string, std::string> cases[] = {
      {"plain", "plain"},
      {"a b", "'a b'"},
      {"", "''"},
      {"it's", "'it'\\''s'"},
      {"$HOME", "'$HOME'"},
      {"http://h:1/a?b", "'http://h:1/a?b'"},
      {"http://h/%20", "http://h/%20"},
      {"~", "'~'"},
      {"a\nb", "'a\nb'"},
      {"#x", "'#x'"},
      {"-n", "-n"},
      {"*", "'*'"},
  };
  for (const auto& [text, word] : cases) CHECK(shell_word(text) == word);
  CHECK(first_line_of("/a b") == "\"$(head -n 1 '/a b')\"");
  CHECK(first_line_of("-x") == "\"$(head -n 1 ./-x)\"");
  CHECK(shell_variable("X-Api.Key") == "X_API_KEY");
  CHECK(shell_variable("1x") == "_1X");
  std::vector<std::string> notes;
  CHECK(shell_header({"Accept", "a/b, c"}, notes) == "'Accept: a/b, c'");
  CHECK(notes.empty());
  CHECK(shell_header({"X-Key", "s3cret"}, notes) == "'X-Key: '\"$X_KEY\"");
  CHECK(shell_url("https://h/x?a=1&api_key=s3cret&b=2", notes) ==
        "'https://h/x?a=1&api_key='\"$API_KEY\"'&b=2'");
  CHECK(notes.size() == 2);
}
