#include "codec/utf8_repair.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/text.hpp"

// Of Unicode 15, section 3.9 (tables 3-8 to 3-11), and the WHATWG Encoding Standard's decoder.
TEST_CASE("each maximal ill-formed part becomes one replacement character") {
  const std::string r = "\xEF\xBF\xBD";
  struct Row {
    std::string bytes;
    std::string text;
  };
  const std::vector<Row> rows = {
      {"", ""},
      {std::string("a\0b", 3), std::string("a\0b", 3)},
      {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"},
      {"\x80", r},
      {"a\xFF"
       "b",
       "a" + r + "b"},
      {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", r + r + r + r + r + r + r + r + "A"},
      {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", r + r + r + r + r + r + r + r + "A"},
      {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", r + r + r + r + r + "A" + r + r + "B"},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", r + r + r + r + "A"},
      {"\xC3", r},
      {"\xE2\x82", r},
      {"\xF0\x9F\x98", r},
      {"\xC3\x0A", r + "\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    std::string out = "kept";
    rt::append_valid_utf8(out, row.bytes);
    CHECK(out == "kept" + row.text);
    CHECK(rt::valid_utf8(out));
    CHECK(rt::valid_utf8(row.bytes) == (row.bytes == row.text));
  }
}
