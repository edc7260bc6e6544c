#include "codec/dump.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace {

std::vector<std::string> dumped(std::string_view bytes, std::size_t omitted = 0) {
  std::vector<std::string> lines;
  rt::hex_dump(bytes, omitted, [&](const std::string& line) { lines.push_back(line); });
  return lines;
}

}  // namespace

TEST_CASE("excerpt: quoted, printable, cut") {
  CHECK(rt::excerpt("hello") == "\"hello\"");
  CHECK(rt::excerpt("") == "\"\"");
  CHECK(rt::excerpt("a\x1b[2Jb\n") == "\"a\\x1B[2Jb\\x0A\"");
  CHECK(rt::excerpt("\xc2\x9b"
                    "31m") == "\"\\xC2\\x9B31m\"");
  CHECK(rt::excerpt(std::string(100, 'x'), 10) == "\"xxxxxxxxxx...\"");
}

TEST_CASE("hex_dump: 16 bytes a line, with offset and ASCII") {
  using Lines = std::vector<std::string>;
  CHECK(dumped("").empty());
  CHECK(dumped("hello") ==
        Lines{"00000000  68 65 6c 6c 6f                                    |hello|"});
  CHECK(dumped(std::string("0123456789abcdef\x1b\x00\xff", 19)) ==
        Lines{"00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|",
              "00000010  1b 00 ff                                          |...|"});
  CHECK(dumped("ab", 7).back() == "... and 7 bytes more");
  for (std::size_t size = 1; size < 40; ++size) {
    const auto lines = dumped(std::string(size, 'z'));
    CHECK(lines.size() == (size + 15) / 16);
    for (const std::string& line : lines) CHECK(line.find('|') == 60);
  }
}

TEST_CASE("hex_dump: a long one is cut, and says so") {
  const auto lines = dumped(std::string(rt::kMostDumped + 5, 'x'), 3);
  CHECK(lines.size() == rt::kMostDumped / 16 + 1);
  CHECK(lines.back() == "... and 8 bytes more");
}
