#include "engine/hub_change.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

namespace rt {
namespace {

const std::string kA = "000000000a-";
const std::string kB = "000000000b-";

MessagePtr message_of(std::string id, std::string origin = {}) {
  auto message = std::make_shared<Message>();
  message->id = std::move(id);
  message->origin_id = std::move(origin);
  return message;
}

MessagePtr gap() {
  auto report = std::make_shared<Message>();
  report->gap = std::make_shared<const Gap>();
  return report;
}

std::vector<std::string> passed(HubChange& hubs, Batch batch) {
  hubs.pass(batch);
  std::vector<std::string> ids;
  for (const MessagePtr& message : batch) ids.push_back(message->gap ? "gap" : message->id);
  return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("a change of hubs: what the first has sent is known at the second") {
  HubChange hubs;
  CHECK(passed(hubs, {message_of(kA + "1"), message_of(kA + "2", kB + "1")}) ==
        Ids{kA + "1", kA + "2"});
  CHECK(hubs.cursor(kA + "2") == kA + "2," + kB + "1");
  CHECK(hubs.cursor("other") == "other");
  // In the other hub's order, with what the first had not got yet.
  CHECK(passed(hubs, {gap(), message_of(kB + "1"), message_of(kB + "2"),
                      message_of(kB + "3", kA + "1"), message_of(kB + "4", kA + "3")}) ==
        Ids{"gap", kB + "2", kB + "4"});
  CHECK(hubs.doubles() == 2);
  CHECK(hubs.cursor(kB + "4") == kB + "4," + kA + "3");
}

TEST_CASE("a change of hubs: one hub's messages all pass, whatever they bear") {
  HubChange hubs;
  for (int i = 0; i < 2; ++i)
    CHECK(passed(hubs, {message_of(kA + "1", kB + "7"), message_of(kA + "2", kB + "7"),
                        message_of(kA + "3", "x"), message_of("y"), message_of("")})
              .size() == 5);
}

TEST_CASE("a change of hubs: all of it where doubles are wanted") {
  HubChange hubs;
  hubs.keep_doubles();
  passed(hubs, {message_of(kA + "1")});
  CHECK(passed(hubs, {message_of(kB + "1", kA + "1")}) == Ids{kB + "1"});
  CHECK(hubs.doubles() == 0);
}

TEST_CASE("a change of hubs, and back") {
  HubChange hubs;
  passed(hubs, {message_of(kA + "1"), message_of(kA + "2")});
  passed(hubs, {message_of(kB + "5")});
  CHECK(passed(hubs, {message_of(kA + "2"), message_of(kA + "3", kB + "5"),
                      message_of(kA + "4", kB + "6")}) == Ids{kA + "4"});
}

}  // namespace rt
