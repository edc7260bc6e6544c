#include "codec/link_field.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace rt;

TEST_CASE("where a link leads") {
  struct Row {
    std::string_view field;
    std::string_view target;  // "-": there is none
  };
  const Row rows[] = {
      {"<https://h/x?page=2>; rel=\"next\"", "https://h/x?page=2"},
      {"</a>; rel=prev, </b,c;d>;rel=next", "/b,c;d"},
      {"</a> ; title=\"x, <y>; rel=next\\\"\" ; REL=\"last NEXT\", </b>; rel=next", "/a"},
      {"</a>; rel=prev; rel=next, </b>; rel=\"next\"", "/b"},
      {"<>; rel=next", ""},
      {"</a>; x; rel=next", "/a"},
      {"</a>", "-"},
      {"", "-"},
      {"</a>; rel=nextish", "-"},
      {"</a; rel=next", "-"},
      {"/a; rel=next", "-"},
      {"</a>; rel=\"next", "/a"},
      {"</a>; rel=", "-"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.field);
    CHECK(http::link_to(row.field, "next").value_or("-") == row.target);
    // Of what is cut it only matters that it is read at all.
    for (std::size_t i = 0; i < row.field.size(); ++i)
      (void)http::link_to(row.field.substr(0, i), "next");
  }
}
