#include "app/client_tally.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

MessagePtr message_of(std::size_t size) {
  auto message = std::make_shared<Message>();
  message->payload.assign(size, 'x');
  return message;
}

MessagePtr gap_of(std::optional<std::uint64_t> missed) {
  auto message = std::make_shared<Message>();
  message->gap = std::make_shared<const Gap>(Gap{"", missed});
  return message;
}

TEST_CASE("what came counts when it is delivered, reports of gaps never") {
  ClientTally tally;
  tally.came({gap_of(3)}, 5ms);
  CHECK_FALSE(tally.received().first);
  tally.came({message_of(1), gap_of(2), message_of(10)}, 7ms);
  tally.came({message_of(100)}, 9ms);
  CHECK(tally.received().first == 7ms);
  CHECK(tally.received().messages == 0);
  CHECK(tally.undelivered() == 3);
  tally.delivered(2);
  CHECK(tally.received().messages == 1);
  CHECK(tally.received().bytes == 1);
  tally.delivered(2);
  CHECK(tally.received().messages == 1);
  tally.delivered(4);
  CHECK(tally.received().bytes == 11);
  tally.delivered(100);
  CHECK(tally.received().messages == 3);
  CHECK(tally.received().bytes == 111);
  CHECK(tally.undelivered() == 0);
}

TEST_CASE("gaps and what was lost in them") {
  ClientTally tally;
  tally.lost(3);
  tally.lost(std::nullopt);
  Totals totals;
  tally.fill(totals);
  CHECK(totals.gaps == 2);
  CHECK(totals.lost == 3);
}

TEST_CASE("what is sent counts when it is acknowledged and not refused") {
  ClientTally tally;
  tally.take({10, 1000});
  tally.sent({6, 600}, {{2, 200}, {1, 100}});
  CHECK(tally.sent().messages == 3);
  CHECK(tally.sent().bytes == 300);
  CHECK(tally.unsent() == 6);  // 4 not taken by the link, 2 without an answer
  tally.sent({10, 1000}, {{}, {1, 100}});
  CHECK(tally.sent().messages == 9);
  CHECK(tally.unsent() == 0);
  Totals totals;
  tally.fill(totals);
  CHECK(totals.refused == 1);
}

TEST_CASE("how much of the input is done") {
  ClientTally tally;
  RunFigures figures;
  tally.fill(figures);
  CHECK(figures.size == std::nullopt);
  CHECK(figures.done == 0);
  tally.expect_input(1000);
  tally.read_input(500);
  tally.fill(figures);
  CHECK(figures.size == 1000u);
  CHECK(figures.done == 0);  // read, and nothing of it sent
  tally.take({10, 90});
  tally.fill(figures);
  CHECK(figures.done == 0);
  tally.sent({5, 45}, {});
  tally.fill(figures);
  CHECK(figures.done == 250);
  tally.sent({10, 90}, {{}, {5, 45}});  // what is refused is done, too
  tally.fill(figures);
  CHECK(figures.done == 500);
}

}  // namespace
}  // namespace rt
