#include "codec/netrc.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {

TEST_CASE("netrc: who logs in where") {
  const std::string file =
      "# a comment machine a login no password no\n"
      "machine a.example login me password s3cret\n"
      "machine A.example\n\tlogin you\n\tpassword other account ledger\n"
      "macdef init\nmachine b.example login macro password macro\n\n"
      "machine b.example login \"a user\" password \"q\\\"\\\\\\n\"\n"
      "machine c.example password alone\n"
      "machine d.example login nobody\r\n"
      "machine e.example login e password \"\"\n";
  const std::string with_default = file + "default login guest password me@home";
  const struct {
    const std::string& text;
    const char *host, *user, *found;
  } rows[] = {
      {file, "a.example", "", "me:s3cret"},
      {file, "A.EXAMPLE", "", "me:s3cret"},
      {file, "a.example", "you", "you:other"},
      {file, "a.example", "she", ""},
      {file, "b.example", "", "a user:q\"\\\n"},
      {file, "c.example", "", ""},
      {file, "c.example", "any", "any:alone"},
      {file, "d.example", "", ""},
      {file, "e.example", "", "e:"},
      {file, "f.example", "", ""},
      {with_default, "f.example", "", "guest:me@home"},
      {with_default, "a.example", "guest", "guest:me@home"},
      {with_default, "d.example", "", "guest:me@home"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.host);
    CAPTURE(row.user);
    const auto login = find_in_netrc(row.text, row.host, row.user);
    CHECK((login ? login->user + ":" + login->password : "") == row.found);
  }
}

TEST_CASE("netrc: a file that is cut anywhere is read as far as it goes") {
  const std::string file =
      "machine h login \"u\" password \"p\\n\"\nmacdef m\nx\n\ndefault login g";
  for (std::size_t i = 0; i <= file.size(); ++i) {
    const auto login = find_in_netrc(file.substr(0, i), "h", "u");
    CHECK((!login || login->user == "u"));
  }
}

}  // namespace rt
