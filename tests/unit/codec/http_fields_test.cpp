#include "codec/http_fields.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "codec/http1.hpp"

using namespace rt;
using namespace std::string_literals;

namespace {

std::vector<std::string> listed(const http::Fields& fields) {
  std::vector<std::string> all;
  for (const http::Field field : fields)
    all.push_back(std::string(field.name) + "|" + std::string(field.value));
  return all;
}

}  // namespace

TEST_CASE("http: fields keep their order, their case and what stands twice") {
  http::Fields fields;
  CHECK(fields.empty());
  CHECK(listed(fields).empty());
  constexpr http::Field kTwo[] = {{"b", "2"}, {"A", ""}};
  fields.add("A", "1");
  fields.add(kTwo);
  fields.add({{"C", "3"}});
  const http::Fields more{{"D", std::string_view("x: y")}, {"e", "5"}};
  fields.add(more);
  CHECK(listed(fields) == std::vector<std::string>{"A|1", "b|2", "A|", "C|3", "D|x: y", "e|5"});
  CHECK(fields.find("a") == "1");
  CHECK(fields.find("B") == "2");
  CHECK(fields.find("d") == "x: y");
  CHECK_FALSE(fields.find("f"));
  fields.clear();
  CHECK(fields.empty());
}

TEST_CASE("http: no value becomes a field of its own") {
  const http::Fields fields{{"X", "a\r\nSet-Cookie: b\0c"s}, {"Y\r\nZ", ""}};
  CHECK(listed(fields) == std::vector<std::string>{"X|a  Set-Cookie: b c", "Y  Z|"});

  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char control : {'\r', '\n', '\0', '\t', '\xFF'}) {
        std::string text(size, 'v');
        text[at] = control;
        std::string expected = text;
        if (control != '\t' && control != '\xFF') expected[at] = ' ';
        CAPTURE(size);
        CAPTURE(at);
        const http::Fields one{{text, text}};
        CHECK((*one.begin()).name == expected);
        CHECK((*one.begin()).value == expected);
      }
    }
  }
}

TEST_CASE("http: the fields of a usual answer cost one allocation") {
  http::Fields fields;
  fields.add("ETag", "\"12\"");
  const http::Fields::Iterator first = fields.begin();
  for (int i = 0; i < 8; ++i) fields.add("Cache-Control", "no-cache, no-store");
  CHECK(first == fields.begin());
}

TEST_CASE("http1: status lines and fields") {
  std::string out;
  http1::append_status_line(out, 201);
  http1::append_content_length(out, 18446744073709551615u);
  http1::append_fields(out, {{"X", "a\r\nb"}, {"Empty", ""}});
  http1::append_fields(out, {});
  CHECK(out ==
        "HTTP/1.1 201 Created\r\nContent-Length: 18446744073709551615\r\n"
        "X: a  b\r\nEmpty: \r\n");
}
