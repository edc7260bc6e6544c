#include "io/hub/batch_publishing.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/io/hub/late_hub.hpp"
#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;
using test::id_text;
using State = FakeExchange::State;

constexpr std::string_view kType = "Content-Type: application/x-ndjson\n";

// More than one turn's work, however fast the machine.
std::string lines(std::size_t count, std::string_view data = "m") {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += "{\"data\":\"" + std::string(data) + std::to_string(i) + "\"}\n";
  return out;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

FakeExchange& post(HubFixture& hub, std::string_view body) {
  return hub.post("/b", body, kType);
}

constexpr std::size_t kMany = 3 * kBatchPart + 17;

TEST_CASE("a long batch is answered later, and is as one of a moment") {
  HubFixture hub;
  FakeExchange& stream = hub.stream("/b");
  FakeExchange& exchange = post(hub, lines(kMany));
  CHECK(exchange.state == State::held);
  CHECK(hub.hub.last_sequence() == 0);
  hub.turn();
  REQUIRE(exchange.state == State::answered);
  CHECK(exchange.response.status == 201);
  CHECK(exchange.field("RT-Id") == id_text(kMany));
  std::string ids;
  append_ids(ids, {test::kHubEpoch, 1}, kMany);
  CHECK((exchange.response.body == "{\"ids\":[" + ids + "]}\n"));
  const std::vector<std::string> data = stream.event_data();
  REQUIRE(data.size() >= 1000);
  CHECK(data.back() == "m" + std::to_string(kMany - 1));
  CHECK(hub.hub.last_sequence() == kMany);
}

TEST_CASE("others have their turn between the parts") {
  HubFixture hub;
  FakeExchange& exchange = post(hub, lines(kMany));
  std::size_t between = 0;
  while (hub.reactor.context().poll_one() > 0)
    if (exchange.state == State::held && hub.hub.last_sequence() > 0) {
      hub.publish("/b", "of another");
      ++between;
    }
  CHECK(between >= 2);
  CHECK(exchange.state == State::answered);
  // The ids are those of its own messages.
  CHECK(hub.hub.last_sequence() == kMany + between);
  std::size_t named = 0;
  for (const char c : exchange.response.body) named += c == ',' ? 1 : 0;
  CHECK(named == kMany - 1);
}

TEST_CASE("a bad line anywhere: none of it, and the line is named") {
  for (const std::size_t bad : {std::size_t{1}, kMany / 2, kMany}) {
    CAPTURE(bad);
    HubFixture hub;
    FakeExchange& exchange = post(hub, lines(bad - 1) + "{\"data\":5}\n" + lines(kMany - bad));
    hub.turn();
    REQUIRE(exchange.state == State::answered);
    CHECK(exchange.response.status == 400);
    CHECK(has(exchange.response.body, "line " + std::to_string(bad) + ": "));
    CHECK(hub.hub.last_sequence() == 0);
    CHECK(hub.hub.find("/b") == nullptr);
  }
}

TEST_CASE("a peer that goes away: before all is read nothing is published, after it everything") {
  HubFixture hub;
  FakeExchange& before = post(hub, lines(kMany));
  before.leave();
  hub.turn();
  CHECK(hub.hub.last_sequence() == 0);

  hub.reactor.context().restart();
  FakeExchange& amid = post(hub, lines(kMany));
  while (hub.hub.last_sequence() == 0) REQUIRE(hub.reactor.context().poll_one() > 0);
  CHECK(hub.hub.last_sequence() < kMany);
  amid.leave();
  hub.turn();
  CHECK(hub.hub.last_sequence() == kMany);
}

TEST_CASE("the channel stays while a batch is on its way into it") {
  HubLimits limits;
  limits.max_channels = 2;
  HubFixture hub(limits);
  FakeExchange& exchange = post(hub, lines(kMany));
  while (hub.hub.last_sequence() == 0) REQUIRE(hub.reactor.context().poll_one() > 0);
  FakeExchange& one = hub.stream("/one");
  for (int i = 0; i < 10; ++i) hub.post("/other" + std::to_string(i), "x");
  CHECK(hub.hub.find("/b") != nullptr);
  hub.turn();
  CHECK(exchange.response.status == 201);
  CHECK(one.state == State::streaming);
}

TEST_CASE("a drain does what is left at once") {
  for (const bool amid : {false, true}) {
    CAPTURE(amid);
    HubFixture hub;
    FakeExchange& good = post(hub, lines(kMany));
    FakeExchange& bad = post(hub, lines(kMany) + "?\n");
    while (amid && hub.hub.last_sequence() == 0) REQUIRE(hub.reactor.context().poll_one() > 0);
    hub.service.drain();
    CHECK(good.response.status == 201);
    CHECK(good.field("RT-Id") == id_text(kMany));
    CHECK(bad.state == State::answered);
    CHECK(bad.response.status == 400);
    hub.turn();
    CHECK(hub.hub.last_sequence() == kMany);
  }
}

TEST_CASE("what a batch holds is counted, and bounded") {
  HubFixture hub;
  const std::string body = lines(5'000, std::string(1000, 'x'));
  FakeExchange& exchange = post(hub, body);
  hub.turn();
  CHECK(exchange.response.status == 201);
  CHECK(exchange.most_kept >= body.size());
  CHECK(exchange.most_kept < 3 * body.size());

  hub.may_keep = body.size() / 2;
  FakeExchange& refused = post(hub, body);
  const std::uint64_t before = hub.hub.last_sequence();
  hub.turn();
  CHECK(refused.state == State::held);
  hub.service.drain();
  refused.leave();
  hub.turn();
  CHECK(hub.hub.last_sequence() == before);
}

TEST_CASE("long batches wait for one another, small ones for none") {
  HubFixture hub;
  std::vector<FakeExchange*> all;
  for (int i = 0; i < 4; ++i) all.push_back(&post(hub, lines(kMany)));
  all[1]->leave();
  FakeExchange& small = post(hub, lines(10));
  CHECK(small.response.status == 201);
  while (hub.reactor.context().poll_one() > 0) {
    // Nobody is answered before who came first.
    CHECK((all[2]->state == State::held || all[0]->state == State::answered));
    CHECK((all[3]->state == State::held || all[2]->state == State::answered));
  }
  CHECK(all[3]->response.status == 201);
  CHECK(hub.hub.last_sequence() == 3 * kMany + 10);
}

TEST_CASE("a long batch of a hub that does not relay, and while publishers are paused") {
  HubServiceOptions options;
  options.relay = false;
  HubFixture hub({}, options);
  std::size_t passed = 0;
  hub.service.publisher().on_unkept([&](const MessagePtr&) { ++passed; });
  FakeExchange& unkept = post(hub, lines(kMany));
  hub.turn();
  CHECK(unkept.response.body == "{\"ids\":[]}\n");
  CHECK(passed == kMany);

  HubFixture other;
  FakeExchange& exchange = post(other, lines(kMany));
  other.service.pause().set(true);
  other.turn();
  CHECK(exchange.state == State::held);
  CHECK(other.hub.last_sequence() == 0);
  other.service.pause().set(false);
  other.reactor.context().restart();
  while (other.hub.last_sequence() == 0) REQUIRE(other.reactor.context().poll_one() > 0);
  other.service.pause().set(true);
  other.turn();
  CHECK(other.hub.last_sequence() < kMany);
  CHECK(exchange.state == State::held);
  other.service.pause().set(false);
  other.turn();
  CHECK(other.hub.last_sequence() == kMany);
  CHECK(exchange.response.status == 201);

  // At the end of a server nothing waits.
  FakeExchange& last = post(other, lines(kMany));
  other.service.pause().set(true);
  other.turn();
  other.service.pause().end();
  other.service.drain();
  CHECK(last.response.status == 201);
}

TEST_CASE("of a long batch only some messages are there at a time") {
  HubLimits limits;
  limits.memory = 4u << 20;
  limits.history = 1'000'000;
  for (const std::string_view end : {"", "\n\n \r\n"}) {
    CAPTURE(end);
    HubFixture hub(limits);
    std::vector<std::string> seen;
    const test::OutputReader reader(hub.service, [&](const Message& message, const MessageId&) {
      seen.push_back(message.payload);
    });
    std::string body = lines(kMany);
    body.pop_back();
    FakeExchange& exchange = post(hub, body + std::string(end));
    hub.turn();
    REQUIRE(exchange.response.status == 201);
    CHECK(exchange.field("RT-Id") == id_text(kMany));
    // All of them would be some 2 MB.
    CHECK(exchange.most_kept < body.size() + 2 * (limits.memory / 16));
    REQUIRE(seen.size() == kMany);
    for (std::size_t i = 0; i < kMany; ++i) REQUIRE(seen[i] == "m" + std::to_string(i));
  }
}

TEST_CASE("a log that answers later gets a long batch as a whole") {
  test::LateHub hub;
  FakeExchange& exchange = hub.post("/b", lines(kMany), kType);
  hub.turn();
  CHECK(exchange.state == State::held);
  CHECK(hub.log.appending() == 1);
  hub.complete_all();
  CHECK(exchange.response.status == 201);
  CHECK(hub.hub.last_sequence() == kMany);

  FakeExchange& leaves = hub.post("/b", lines(kMany), kType);
  hub.turn();
  leaves.leave();
  hub.complete_all();
  CHECK(hub.hub.last_sequence() == 2 * kMany);

  // The hub may go while its log has not answered.
  hub.post("/b", lines(kMany), kType);
  hub.turn();
  CHECK(hub.log.appending() == 1);
}

}  // namespace
}  // namespace rt
