#include "model/command_words.hpp"

#include <doctest/doctest.h>

namespace rt {

using Words = std::vector<std::string>;

TEST_CASE("command: its words") {
  struct Row {
    std::string_view command;
    Words words;
  };
  const Row rows[] = {
      {"true", {"true"}},
      {"  echo \t a\n b  ", {"echo", "a", "b"}},
      {"echo 'a b' \"c d\"", {"echo", "a b", "c d"}},
      {"echo 'a'\"b\"c", {"echo", "abc"}},
      {"echo '' \"\" x", {"echo", "", "", "x"}},
      {"echo '\"' \"'\"", {"echo", "\"", "'"}},
      {"echo 'a\\n$b'", {"echo", "a\\n$b"}},
      {"echo \"\\\" \\\\ \\$ \\` \\n\"", {"echo", "\" \\ $ ` \\n"}},
      {"echo a\\ b \\' \\\\", {"echo", "a b", "'", "\\"}},
      {"echo \"a\\\nb\" c\\\nd \\\n e", {"echo", "ab", "cd", "e"}},
      // nothing is expanded
      {"echo $HOME `id` $(id) * ~ #x ; | > &",
       {"echo", "$HOME", "`id`", "$(id)", "*", "~", "#x", ";", "|", ">", "&"}},
      {"./a\\ program", {"./a program"}},
      {"echo gr\xc3\xbcn", {"echo", "gr\xc3\xbcn"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.command);
    const auto words = split_command(row.command);
    REQUIRE(words.ok());
    CHECK(*words == row.words);
  }
}

TEST_CASE("command: what is for a shell") {
  struct Row {
    std::string_view command;
    std::string_view syntax;
  };
  const Row rows[] = {
      {"echo $X | cat", "$X"},
      {"echo a | cat", "|"},
      {"cat >file", ">"},
      {"a;b", ";"},
      {"a && b", "&"},
      {"echo `id`", "`"},
      {"echo $(id)", "$(id"},
      {"echo ${A}", "${A"},
      {"echo \"$A_1 b\"", "$A_1"},
      {"echo 'a | $b'", ""},
      {"echo \"a | b\"", ""},
      {"echo a\\|b \\$X", ""},
      {"echo $ 5$ \"\\$X\"", ""},
      {"echo a=b -c /d", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.command);
    CHECK(shell_syntax(row.command) == row.syntax);
  }
}

TEST_CASE("command: what is none") {
  struct Row {
    std::string_view command;
    std::string_view error;
  };
  const Row rows[] = {
      {"", "it names no program"},
      {" \t\n", "it names no program"},
      {"\\\n", "it names no program"},
      {"'' a", "it names no program"},
      {"echo 'a", "a ' is not closed"},
      {"echo \"a", "a \" is not closed"},
      {"echo \"a\\\"", "a \" is not closed"},
      {"echo it's", "a ' is not closed"},
      {"echo a\\", "a backslash at its end keeps nothing"},
      {std::string_view("a\0b", 3), "a command cannot have NUL in it"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.command);
    const auto words = split_command(row.command);
    REQUIRE_FALSE(words.ok());
    CHECK(words.error().fault() == Fault::usage);
    CHECK(words.error().text() == row.error);
  }
}

}  // namespace rt
