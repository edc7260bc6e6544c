#include "engine/answer_wakes.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

TEST_CASE("answer wakes: half of what is under way, the next one where it is little") {
  struct Row {
    std::size_t under_way;
    std::size_t wanted;
  };
  for (const Row& row : {Row{0, 1}, Row{1, 1}, Row{3, 1}, Row{4, 2}, Row{5, 2}, Row{20, 10}}) {
    CAPTURE(row.under_way);
    AnswerWakes wakes;
    CHECK(wakes.note(row.under_way, 0) == row.wanted);
  }
}

TEST_CASE("answer wakes: after a pause for nothing the next one, and then half again") {
  AnswerWakes wakes;
  CHECK(wakes.note(20, 7) == 10);
  CHECK(wakes.note(20, 17) == 10);  // all that were asked for
  CHECK(wakes.note(20, 26) == 1);   // one less
  CHECK(wakes.note(20, 26) == 10);
  CHECK(wakes.note(2, 40) == 1);
  CHECK(wakes.note(8, 40) == 4);
}

}  // namespace
}  // namespace rt
