#include "model/message_id.hpp"

#include <doctest/doctest.h>

#include <string>

#include "model/message.hpp"

using namespace rt;

TEST_CASE("message id: text and back") {
  struct Row {
    MessageId id;
    const char* text;
  };
  const Row rows[] = {
      {{0, 0}, "0000000000-0"},
      {{1, 1}, "0000000001-1"},
      {{0xABCDEF0123, 42}, "abcdef0123-42"},
      {{0xFFFFFFFFFF, UINT64_MAX}, "ffffffffff-18446744073709551615"},
      {{0x9000000000, 10}, "9000000000-10"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(to_string(row.id) == row.text);
    CHECK(parse_message_id(row.text) == row.id);
    std::string out = "id: ";
    append(out, row.id);
    CHECK(out == std::string("id: ") + row.text);
    // Cut anywhere it is another id or none.
    const std::string text = row.text;
    for (std::size_t n = 0; n < text.size(); ++n)
      CHECK(parse_message_id(text.substr(0, n)) != row.id);
  }
}

TEST_CASE("message id: whatever to_string does not give is none") {
  const std::string rows[] = {
      "",
      "-",
      "0",
      "0000000000",
      "0000000000-",
      "000000000-1",
      "00000000000-1",
      "ABCDEF0123-1",
      "abcdefg123-1",
      "abcdef0123_1",
      "abcdef0123-01",
      "abcdef0123-00",
      "abcdef0123-+1",
      "abcdef0123--1",
      "abcdef0123- 1",
      "abcdef0123-1 ",
      " abcdef0123-1",
      "abcdef0123-1a",
      "abcdef0123-0x1",
      "abcdef0123-18446744073709551616",
      "abcdef0123-99999999999999999999999",
      "abcdef0123-1\n",
      std::string("abcdef0123-1\0", 13),
      std::string("abcdef012\0-1", 12),
      "\"abcdef0123-1\"",
  };
  for (const std::string& text : rows) {
    CAPTURE(text);
    CHECK(parse_message_id(text) == std::nullopt);
  }
}

TEST_CASE("message: the transports' names") {
  CHECK(name_of(Transport::poll) == "poll");
  CHECK(name_of(Transport::sse) == "sse");
  CHECK(name_of(Transport::ws) == "ws");
  CHECK(name_of(Transport::mqtt) == "mqtt");
}
