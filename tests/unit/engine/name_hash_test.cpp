#include "engine/name_hash.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;

TEST_CASE("name hash: SipHash-1-3 under the zero key") {
  // As CPython 3.11 gives them for bytes with PYTHONHASHSEED=0.
  struct Row {
    std::string name;
    std::uint64_t hash;
  };
  const Row rows[] = {
      {"/", 0x25582f928c81f862},
      {"/a", 0xdd06f214311ed0f9},
      {"/sensors/temp", 0xded06c5077113b42},
      {"1234567", 0xa33d651594fdae81},
      {"12345678", 0x3489982430560a87},
      {"123456789", 0x0fbc0f0007965fcf},
      {std::string(300, 'x'), 0x2f58903130dc04e4},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(NameHash(0, 0)(row.name) == static_cast<std::size_t>(row.hash));
  }
}

TEST_CASE("name hash: either half of the key matters") {
  CHECK(NameHash(0, 0)("/a") != NameHash(1, 0)("/a"));
  CHECK(NameHash(0, 0)("/a") != NameHash(0, 1)("/a"));
}
