#include "io/stdio/cursor_replies.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace rt {
namespace {

TEST_CASE("answers are found among keys, wherever they are cut") {
  struct Row {
    std::string typed;
    std::string keys;
    std::optional<std::size_t> column;
  };
  const Row rows[] = {
      {"\x1b[12;34R", "", 34},
      {"ab\x1b[1;2Rcd", "abcd", 2},
      {"\x1b[A\x1b[5;61R\x1b[B", "\x1b[A\x1b[B", 61},
      {"\x1b\x1b[5;6R", "\x1b", 6},
      {"\x1b[5;6Rx\x1b[7;8R", "x\x1b[7;8R", 6},  // only one is expected
      {"\x1b[;R\x1b[1;5C", "\x1b[;R\x1b[1;5C", std::nullopt},
      {"no answer", "no answer", std::nullopt},
  };
  for (const Row& row : rows) {
    for (std::size_t cut = 0; cut <= row.typed.size(); ++cut) {
      CAPTURE(row.typed);
      CAPTURE(cut);
      CursorReplies replies;
      replies.expect();
      const auto first = replies.take(std::string_view(row.typed).substr(0, cut));
      const auto second = replies.take(std::string_view(row.typed).substr(cut));
      CHECK(first.keys + second.keys + replies.give_up() == row.keys);
      CHECK((first.column ? first.column : second.column) == row.column);
    }
  }
}

TEST_CASE("nothing is kept back when no answer is due") {
  CursorReplies replies;
  CHECK(replies.take("\x1b").keys == "\x1b");
  CHECK(replies.take("\x1b[1;1R").keys == "\x1b[1;1R");
  replies.expect();
  CHECK(replies.take("\x1b[").keys.empty());
  CHECK(replies.give_up() == "\x1b[");
  CHECK(replies.take("\x1b").keys == "\x1b");
}

}  // namespace
}  // namespace rt
