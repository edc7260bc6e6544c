#include "engine/dedupe.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

TEST_CASE("what has passed is known by its via") {
  const Dedupe dedupe("r-own");
  const struct {
    std::vector<std::string> via;
    Dedupe::Verdict verdict;
  } rows[] = {
      {{}, Dedupe::Verdict::fresh},
      {{"r-other"}, Dedupe::Verdict::fresh},
      {{"r-own"}, Dedupe::Verdict::own},
      {{"a", "r-own", "b"}, Dedupe::Verdict::own},
      {{"r-own2", "xr-own"}, Dedupe::Verdict::fresh},
      {std::vector<std::string>(31, "x"), Dedupe::Verdict::fresh},
      {std::vector<std::string>(32, "x"), Dedupe::Verdict::too_far},
  };
  for (const auto& row : rows) {
    Message message;
    message.via = row.via;
    CHECK(dedupe.judge(message) == row.verdict);
  }
}

TEST_CASE("marking leaves the relay's id and the first id") {
  const Dedupe dedupe("r1");
  Message message;
  message.id = "5";
  message.via = {"r0"};
  dedupe.mark(message);
  CHECK(message.origin_id == "5");
  CHECK(message.via == std::vector<std::string>{"r0", "r1"});
  CHECK(dedupe.judge(message) == Dedupe::Verdict::own);

  Message older;
  older.id = "6";
  older.origin_id = "1";
  dedupe.mark(older);
  CHECK(older.origin_id == "1");
}

}  // namespace
}  // namespace rt
