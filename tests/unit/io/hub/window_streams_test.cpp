#include "io/hub/window_streams.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "codec/envelope.hpp"
#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;
using test::id_text;
using State = FakeExchange::State;

const std::vector<std::string> kPayloads = {"before", std::string(200'000, '\x01'), "between",
                                            std::string(300'000, '\x02'), "after"};

// What an answer with these messages of channel /g has to be.
std::string whole(HubFixture& hub, std::size_t from, std::size_t to, bool array,
                  const std::string& gap = {}) {
  std::string out = array ? "[" : "";
  const std::string between = array ? ",\n" : "\n";
  bool first = true;
  const auto begin = [&] { out += std::exchange(first, false) ? "" : between; };
  if (!gap.empty()) {
    begin();
    out += gap;
  }
  Channel& channel = *hub.hub.find("/g");
  for (std::size_t i = from; i < to; ++i) {
    begin();
    const Entry& entry = channel.at(i);
    envelope::append(out, *entry.message, {}, to_string(hub.hub.id_of(entry)), "/g");
  }
  return out + (array ? "]\n" : "\n");
}

void publish_all(HubFixture& hub) {
  for (const std::string& payload : kPayloads) hub.publish("/g", payload);
}

// The peer takes a piece at a time; no piece is long.
void take_all(HubFixture& hub, FakeExchange& exchange) {
  for (int i = 0; i < 10'000 && exchange.state == State::streaming; ++i) {
    hub.turn();
    if (exchange.state == State::streaming && exchange.room == 0) exchange.writable(0);
  }
  CHECK(exchange.state == State::answered);
}

TEST_CASE("a window with messages that grow: the same bytes, piece by piece") {
  for (const bool array : {false, true}) {
    for (const bool slow : {false, true}) {
      CAPTURE(array);
      CAPTURE(slow);
      HubFixture hub;
      publish_all(hub);
      struct Row {
        std::string query;
        std::size_t from, to;
      };
      for (const Row& row :
           {Row{"since=", 0, 5}, Row{"last=4", 1, 5}, Row{"last=2", 3, 5},
            Row{"since=&limit=2", 0, 2}, Row{"since=&limit=4", 0, 4}, Row{"last=1", 4, 5}}) {
        CAPTURE(row.query);
        FakeExchange& reader =
            hub.get("/g?" + row.query, array ? "Accept: application/json\n" : "");
        if (slow) reader.room = 0;
        std::size_t most_of_turn = 0;
        std::size_t had = reader.response.body.size();
        while (!slow && reader.state == State::streaming && hub.reactor.context().poll_one() > 0) {
          most_of_turn = std::max(most_of_turn, reader.response.body.size() - had);
          had = reader.response.body.size();
        }
        hub.reactor.context().restart();
        take_all(hub, reader);
        CHECK((reader.response.body == whole(hub, row.from, row.to, array)));
        CHECK(reader.field("RT-Next") == id_text(row.to));
        CHECK(reader.field("RT-Gap") == std::nullopt);
        for (const std::size_t piece : reader.writes) CHECK(piece < (128u << 10));
        CHECK(most_of_turn < (512u << 10));
      }
      CHECK(hub.hub.pinned() == 0);
    }
  }
}

TEST_CASE("long polls that are answered with messages that grow") {
  for (const bool array : {false, true}) {
    for (const bool slow : {false, true}) {
      CAPTURE(array);
      CAPTURE(slow);
      HubFixture hub;
      std::vector<FakeExchange*> readers;
      for (int i = 0; i < 20; ++i)
        readers.push_back(&hub.get("/g?since=&wait=30", array ? "Accept: application/json\n" : ""));
      FakeExchange& limited = hub.get("/g?since=&wait=30&limit=1");
      FakeExchange& latest = hub.get("/g?wait=30");
      if (slow)
        for (FakeExchange* const reader : readers) reader->room = 0;
      publish_all(hub);
      std::size_t most_of_turn = 0;
      std::size_t had = 0;
      while (hub.reactor.context().poll_one() > 0) {
        std::size_t has = 0;
        for (FakeExchange* const reader : readers) has += reader->response.body.size();
        most_of_turn = std::max(most_of_turn, has - had);
        had = has;
      }
      hub.reactor.context().restart();
      CHECK(most_of_turn < (512u << 10));
      for (FakeExchange* const reader : readers) {
        take_all(hub, *reader);
        // Much is delivered at once, and not at the end of the turn.
        const std::uint64_t last = parse_message_id(*reader->field("RT-Next"))->sequence;
        CHECK(last >= 2);
        CHECK((reader->response.body == whole(hub, 0, last, array)));
      }
      take_all(hub, limited);
      CHECK(limited.response.body == whole(hub, 0, 1, false));
      CHECK(limited.field("RT-Next") == id_text(1));
      CHECK(latest.state == State::answered);
      // One message each is held, by however many readers.
      CHECK(hub.hub.pinned() == 0);
    }
  }
}

TEST_CASE("what is held in the middle of a message") {
  HubLimits limits;
  limits.history = 3;
  HubFixture hub(limits);
  for (int i = 0; i < 3; ++i) hub.publish("/g", kPayloads[static_cast<std::size_t>(i)]);
  FakeExchange& reader = hub.get("/g?since=");
  FakeExchange& other = hub.get("/g?since=");
  FakeExchange& leaves = hub.get("/g?since=");
  for (FakeExchange* const one : {&reader, &other, &leaves}) one->room = 0;
  hub.turn();
  const std::string first = whole(hub, 0, 2, false);
  CHECK(hub.hub.pinned() == 0);
  for (int i = 0; i < 3; ++i) hub.publish("/g", "new");
  hub.turn();
  // One message, though three readers are in the middle of it.
  CHECK(hub.hub.pinned() >= 200'000);
  CHECK(hub.hub.pinned() < 250'000);
  leaves.leave();
  for (FakeExchange* const one : {&reader, &other}) {
    take_all(hub, *one);
    // What left the window before it was written is told in its place.
    CHECK((one->response.body ==
           first + "{\"v\":1,\"gap\":{\"from\":\"" + id_text(2) + "\",\"missed\":1}}\n"));
  }
  hub.turn();
  CHECK(hub.hub.pinned() == 0);
}

TEST_CASE("readers that stall in the middle of too much are cut, the longest stalled first") {
  HubLimits limits;
  limits.memory = 4u << 20;
  limits.history = 1;
  HubFixture hub(limits);
  std::vector<FakeExchange*> readers;
  for (int i = 0; i < 8; ++i) {
    hub.publish("/g", std::string(300'000, '\x01'));
    readers.push_back(&hub.get("/g?since="));
    readers.back()->room = 0;
    hub.turn();
  }
  hub.publish("/g", "small");
  hub.turn();
  CHECK(hub.hub.pinned() <= limits.memory / 4);
  CHECK(readers.front()->state == State::ended);
  CHECK(readers.back()->state == State::streaming);
  take_all(hub, *readers.back());
}

TEST_CASE("a gap before a window, and HEAD") {
  HubLimits limits;
  limits.history = 2;
  HubFixture hub(limits);
  publish_all(hub);
  FakeExchange& reader = hub.get("/g?since=" + id_text(1));
  take_all(hub, reader);
  CHECK(reader.field("RT-Gap") == "true");
  CHECK((reader.response.body ==
         whole(hub, 3, 5, false, "{\"v\":1,\"gap\":{\"from\":\"" + id_text(1) + "\"}}")));
}

}  // namespace
}  // namespace rt
