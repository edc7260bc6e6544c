#include "engine/answer_wakes.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

TEST_CASE("answer wakes: three quarters of what is under way, the next one where it is little") {
  struct Row {
    std::size_t under_way;
    std::size_t wanted;
  };
  for (const Row& row : {Row{0, 1}, Row{1, 1}, Row{3, 1}, Row{4, 3}, Row{5, 4}, Row{20, 15}}) {
    CAPTURE(row.under_way);
    AnswerWakes wakes;
    CHECK(wakes.note(row.under_way, 0) == row.wanted);
  }
}

TEST_CASE("answer wakes: after a pause for nothing the next one, and then many again") {
  AnswerWakes wakes;
  CHECK(wakes.note(20, 7) == 15);
  CHECK(wakes.note(20, 22) == 15);  // all that were asked for
  CHECK(wakes.note(20, 36) == 1);   // one less
  CHECK(wakes.note(20, 36) == 15);
  CHECK(wakes.note(2, 51) == 1);
  CHECK(wakes.note(8, 51) == 6);
}

}  // namespace
}  // namespace rt
