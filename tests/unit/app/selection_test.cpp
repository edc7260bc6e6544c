#include "app/selection.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt {
namespace {

MessagePtr message(std::string payload, std::string channel = "/a") {
  Message out;
  out.payload = std::move(payload);
  out.channel = std::move(channel);
  return std::make_shared<const Message>(std::move(out));
}

std::vector<std::string> passed(Selection& selection, const MessagePtr& one) {
  Batch out;
  selection.pass(one, out);
  std::vector<std::string> payloads;
  for (const MessagePtr& part : out) payloads.push_back(part->gap ? "gap" : part->payload);
  return payloads;
}

using Payloads = std::vector<std::string>;

}  // namespace

TEST_CASE("selection: what has passed and what is done with") {
  SelectionOptions options;
  options.pointers.push_back(*JsonPointer::parse("/x/*"));
  Selection selection(std::move(options));
  CHECK_FALSE(selection.idle());
  REQUIRE(selection.prepare());
  CHECK(selection.done_with(0) == 0);
  CHECK(passed(selection, message(R"({"y":1})")) == Payloads{});
  // What is left out at the beginning is done with at once.
  CHECK(selection.done_with(0) == 1);
  CHECK(passed(selection, message(R"({"x":[1,2,3]})")) == Payloads{"1", "2", "3"});
  CHECK(passed(selection, message("none")) == Payloads{});
  CHECK(passed(selection, message(R"({"x":["4"]})")) == Payloads{"4"});
  CHECK(selection.done_with(0) == 1);
  CHECK(selection.done_with(2) == 1);
  CHECK(selection.done_with(3) == 3);
  CHECK(selection.done_with(3) == 3);
  CHECK(selection.done_with(4) == 4);
}

TEST_CASE("selection: reports of gaps pass whatever is asked for") {
  SelectionOptions options;
  options.events = {"a"};
  options.conditions.push_back(*Condition::parse("/x=1"));
  options.changes = true;
  Selection selection(std::move(options));
  Message gap;
  gap.gap = std::make_shared<const Gap>();
  const MessagePtr report = std::make_shared<const Message>(std::move(gap));
  CHECK(passed(selection, report) == Payloads{"gap"});
  CHECK(passed(selection, report) == Payloads{"gap"});
}

TEST_CASE("selection: changes are each channel's own, of whatever length") {
  for (const std::size_t length : {1u, 64u, 65u, 5000u}) {
    SelectionOptions options;
    options.changes = true;
    Selection selection(std::move(options));
    const std::string one(length, 'x');
    const std::string other = std::string(length - 1, 'x') + "y";
    CHECK(passed(selection, message(one)) == Payloads{one});
    CHECK(passed(selection, message(one)) == Payloads{});
    CHECK(passed(selection, message(one, "/b")) == Payloads{one});
    CHECK(passed(selection, message(other)) == Payloads{other});
    CHECK(passed(selection, message(other)) == Payloads{});
    CHECK(passed(selection, message(one)) == Payloads{one});
  }
}

TEST_CASE("selection: channels without end do not fill the memory") {
  SelectionOptions options;
  options.changes = true;
  Selection selection(std::move(options));
  for (int i = 0; i < 250'000; ++i)
    CHECK(passed(selection, message("x", "/" + std::to_string(i))).size() == 1);
  // The last ones are remembered.
  CHECK(passed(selection, message("x", "/249999")).empty());
}

}  // namespace rt
