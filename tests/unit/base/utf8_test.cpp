#include "base/utf8.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/text.hpp"

namespace rt {
namespace {

// How many bytes are taken, one by one, before one is refused; all of them and one more when the
// text ends within a character; all of them and two more when it is well-formed.
std::size_t judged(std::string_view text) {
  Utf8Reader reader;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!reader.receive(text.substr(i, 1))) return i;
  return text.size() + (reader.between_characters() ? 2 : 1);
}

TEST_CASE("UTF-8 in pieces is refused at the first byte that cannot be") {
  const std::string ascii(100, 'a');
  const struct {
    std::string text;
    std::size_t judged;
  } rows[] = {
      {"", 2},
      {"abc", 5},
      {"\u00e4\u20ac\U0001F600", 11},
      {"\xC3", 2},
      {"\xE2\x82", 3},
      {"\xF0\x9F\x98", 4},
      {"\x80", 0},
      {"\xC0\xAF", 0},
      {"\xC1", 0},
      {"a\xC3(", 2},
      {"\xE0\x9F\xBF", 1},
      {"\xED\xA0\x80", 1},
      {"\xE2\x82(", 2},
      {"\xF0\x8F\xBF\xBF", 1},
      {"\xF4\x90\x80\x80", 1},
      {"\xF4\x8F\xBF\xBF", 6},
      {"\xF5", 0},
      {"\xFF", 0},
      {ascii + "\xC3" + ascii, 101},
      {ascii + "\u00e4" + ascii, 204},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(judged(row.text) == row.judged);
    const bool valid = row.judged == row.text.size() + 2;
    CHECK(valid_utf8(row.text) == valid);
    for (std::size_t cut = 0; cut <= row.text.size(); ++cut) {
      Utf8Reader reader;
      const std::string_view text = row.text;
      const bool first = reader.receive(text.substr(0, cut));
      CHECK(first == (cut <= row.judged));
      CHECK((reader.receive(text.substr(cut)) && reader.between_characters()) == valid);
      // What was refused stays refused.
      if (!first) CHECK_FALSE(reader.receive("a"));
      if (!first) CHECK_FALSE(reader.between_characters());
    }
  }
}

}  // namespace
}  // namespace rt
