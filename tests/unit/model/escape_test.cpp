#include "model/escape.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace rt;

TEST_CASE("every byte has an escape that reads back, whatever follows") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    std::string escape;
    append_escape(escape, static_cast<char>(byte));
    for (std::size_t cut = 0; cut < escape.size(); ++cut) {
      std::string_view text = std::string_view(escape).substr(0, cut);
      std::string out;
      CHECK_FALSE(take_escape(text, out));
      CHECK(out.empty());
      CHECK(text.size() == cut);
    }
    for (const char* const rest : {"", "0", "x41", "\\n"}) {
      const std::string whole = escape + rest;
      std::string_view text = whole;
      std::string out = "kept";
      REQUIRE(take_escape(text, out));
      CHECK(out == std::string("kept") + static_cast<char>(byte));
      CHECK(text == rest);
    }
  }
}

TEST_CASE("escapes are short where they can be") {
  std::string out;
  for (const char byte : std::string_view("\n\r\t\0\\;\x7F\xFF", 8)) append_escape(out, byte);
  CHECK(out == R"(\n\r\t\0\\\x3B\x7F\xFF)");
}

TEST_CASE("what is no escape stays") {
  for (std::string_view text :
       {"", "n", "\\", "\\q", "\\N", "\\x", "\\x4", "\\x4g", "\\xg4", "\\X41", "\\\n", "\\1"}) {
    CAPTURE(text);
    const std::string_view whole = text;
    std::string out;
    CHECK_FALSE(take_escape(text, out));
    CHECK(text == whole);
    CHECK(out.empty());
  }
}

TEST_CASE("the byte of a delimiter that is escaped") {
  const struct {
    std::string_view delimiter;
    std::optional<char> byte;
  } rows[] = {
      {"\n", '\n'},
      {std::string_view("\0", 1), '\0'},
      {";", ';'},
      {"<end>", '<'},
      {"n;", ';'},
      {"0x!", '!'},
      {"\r\n", '\r'},
      {"abc", 'a'},
      {"nx0", std::nullopt},
      {"\\", std::nullopt},
      {"\\n", std::nullopt},
      {"9", std::nullopt},
      {"BEEF", std::nullopt},
      {"rt", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& row : rows) {
    CAPTURE(row.delimiter);
    CHECK(escaped_byte_of(row.delimiter) == row.byte);
  }
}
