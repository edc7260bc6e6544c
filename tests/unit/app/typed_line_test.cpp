#include "app/typed_line.hpp"

#include <doctest/doctest.h>

using namespace rt;
using What = TypedLine::What;

TEST_CASE("what is typed before a WebSocket") {
  const struct {
    std::string_view line;
    What what;
    std::string_view text = {};
    std::uint16_t code = 1000;
    std::string_view problem = {};
  } rows[] = {
      {"hello", What::message, "hello"},
      {"", What::message, ""},
      {" /ping", What::message, " /ping"},
      {"//ping", What::message, "/ping"},
      {"///", What::message, "//"},
      {"//", What::message, "/"},
      {"/ping", What::ping},
      {"/ping ", What::ping},
      {"/help", What::help},
      {"/close", What::close},
      {"/close 1000", What::close, {}, 1000},
      {"/close  4999 ", What::close, {}, 4999},
      {"/close 1011", What::close, {}, 1011},
      {"/close 1005",
       What::wrong,
       {},
       1000,
       "/close: CODE is 1000 to 1003, 1007 to 1014, or 3000 to 4999"},
      {"/close 65536",
       What::wrong,
       {},
       1000,
       "/close: CODE is 1000 to 1003, 1007 to 1014, or 3000 to 4999"},
      {"/close now",
       What::wrong,
       {},
       1000,
       "/close: CODE is 1000 to 1003, 1007 to 1014, or 3000 to 4999"},
      {"/", What::wrong, {}, 1000, "/ is no command (/help); to send it write //"},
      {"/join #rt",
       What::wrong,
       {},
       1000,
       "/join is no command (/help); to send it write //join #rt"},
      {"/pings", What::wrong, {}, 1000, "/pings is no command (/help); to send it write //pings"},
      {"/ping me",
       What::wrong,
       {},
       1000,
       "/ping is no command (/help); to send it write //ping me"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line);
    const TypedLine typed = read_typed_line(row.line);
    CHECK(typed.what == row.what);
    CHECK(typed.text == row.text);
    CHECK(typed.code == row.code);
    CHECK(typed.problem == row.problem);
  }
}
