#include "io/hub/side.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "unit/io/hub/service_fixture.hpp"

using namespace rt;
using namespace rt::test;

namespace {

using Texts = std::vector<std::string>;

MessagePtr message_to(std::string channel, std::string payload) {
  auto message = std::make_shared<Message>();
  message->channel = std::move(channel);
  message->payload = std::move(payload);
  return message;
}

std::string describe(const Message& message) {
  if (!message.gap) return message.channel + " " + message.payload;
  return "gap from " + message.gap->from + ": " + std::to_string(message.gap->missed.value_or(0));
}

// A side, and whoever reads and writes it.
struct SideUser {
  SideUser(HubFixture& its_hub, HubSide::Options options)
      : hub(its_hub), side(its_hub.reactor, its_hub.service, std::move(options)) {}

  // Begins to read for ever.
  void read() {
    asio::co_spawn(
        hub.reactor.context(),
        [this]() -> asio::awaitable<void> {
          for (;;) {
            const Result<Batch> batch = co_await side.read();
            REQUIRE(batch.ok());
            REQUIRE_FALSE(batch->empty());
            sizes.push_back(batch->size());
            for (const MessagePtr& message : *batch) {
              seen.push_back(describe(*message));
              messages.push_back(message);
            }
          }
        },
        [](const std::exception_ptr&) {});
    hub.turn();
  }
  // Writes; true when it has completed by the end of the turn.
  bool write(Batch batch) {
    written = false;
    asio::co_spawn(
        hub.reactor.context(),
        [this, given = std::move(batch)]() -> asio::awaitable<void> {
          const Result<void> done = co_await side.write(given);
          REQUIRE(done.ok());
          written = true;
        },
        [](const std::exception_ptr&) {});
    hub.turn();
    return written;
  }

  HubFixture& hub;
  HubSide side;
  Texts seen;
  std::vector<MessagePtr> messages;
  std::vector<std::size_t> sizes;
  bool written = false;
};

}  // namespace

TEST_CASE("a side reads what clients, this process and other sides publish, not its own") {
  HubFixture hub;
  hub.publish("/a", "before it was made");
  SideUser mine(hub, {});
  SideUser other(hub, {});
  hub.publish("/a", "before it read");
  mine.read();
  CHECK(mine.seen == Texts{"/a before it read"});
  hub.publish("/a", "stdin");
  hub.post("/b%20c", "client");
  CHECK(mine.write({message_to("/a", "own")}));
  CHECK(other.write({message_to("/a", "other's"), message_to("", "no channel")}));
  hub.turn();
  CHECK(mine.seen ==
        Texts{"/a before it read", "/a stdin", "/b%20c client", "/a other's", "/ no channel"});
  CHECK(mine.messages[1]->id == id_text(3));
  CHECK(mine.messages[2]->id == id_text(4));
}

TEST_CASE("what a side has not read can be counted, what it lost too") {
  HubLimits limits;
  limits.history = 600;
  HubFixture hub(limits);
  SideUser mine(hub, {});
  CHECK(mine.side.drop_unread() == 0);
  for (int i = 0; i < 700; ++i) hub.publish("/a", std::to_string(i));
  CHECK(mine.write({message_to("/a", "own")}));
  CHECK(mine.side.drop_unread() == 700);
  CHECK(mine.side.drop_unread() == 0);
  CHECK_FALSE(mine.side.has_unread());
  hub.publish("/a", "later");
  mine.read();
  CHECK(mine.seen == Texts{"/a later"});
}

TEST_CASE("what a side writes reaches every reader of the channel and the output") {
  HubServiceOptions options;
  options.output_channel = "/a";
  HubFixture hub({}, options);
  Texts printed;
  OutputReader output(
      hub.service,
      [&](const Message& message, const MessageId&) { printed.push_back(message.payload); }, "/a");
  FakeExchange& stream = hub.stream("/a");
  FakeExchange& socket = hub.websocket("/a");
  FakeExchange& poll = hub.get("/a?wait=30");
  SideUser user(hub, {});
  CHECK(user.write({message_to("/a", "1"), message_to("/b", "2"), message_to("/%61", "3")}));
  hub.turn();
  CHECK(stream.event_data() == Texts{"1", "3"});
  CHECK(socket.socket.payloads() == Texts{"1", "3"});
  CHECK(poll.response.body == "3");
  CHECK(printed == Texts{"1", "3"});
  CHECK(user.side.skipped() == 0);
}

TEST_CASE("a message that needs no change is kept as it is, without a copy") {
  HubFixture hub;
  SideUser user(hub, {});
  const auto ready = std::make_shared<Message>(*message_to("/a", "as it is"));
  ready->time = wall_now();
  const auto timeless = message_to("/a", "no time");
  const auto named = std::make_shared<Message>(*ready);
  named->id = "17";
  CHECK(user.write({ready, timeless, named}));
  Channel& channel = *hub.hub.find("/a");
  CHECK(channel.at(0).message == ready);
  CHECK(channel.at(1).message->time != WallTime{});
  CHECK(channel.at(2).message->id.empty());
  CHECK(channel.at(2).message->origin_id == "17");
}

TEST_CASE("what cannot be taken is skipped and counted") {
  HubLimits limits;
  limits.max_message = 10;
  HubFixture hub(limits);
  Texts told;
  HubSide::Options options;
  options.on_skipped = [&](const Message& message, const Error&) {
    told.push_back(message.channel);
  };
  SideUser user(hub, options);
  auto gap = std::make_shared<Message>();
  gap->gap = std::make_shared<const Gap>();
  auto event = std::make_shared<Message>(*message_to("/event", "x"));
  event->event = std::string(9000, 'e');
  CHECK(user.write({message_to("/ok", "1"), message_to("/a/../b", "2"), message_to("/-/x", "3"),
                    message_to("/$SYS/x", "4"), message_to("/long", "12345678901"), gap, event,
                    message_to("/ok", "5")}));
  CHECK(told == Texts{"/a/../b", "/-/x", "/$SYS/x", "/long", "/event"});
  CHECK(user.side.skipped() == 5);
  CHECK(hub.hub.last_sequence() == 2);
}

TEST_CASE("a side of one channel") {
  HubFixture hub;
  SideUser user(hub, {"/a", false, "", {}});
  user.read();
  hub.publish("/a", "1");
  hub.publish("/b", "2");
  CHECK(user.write({message_to("/elsewhere", "3")}));
  CHECK(hub.hub.find("/elsewhere") == nullptr);
  CHECK(hub.hub.find("/a")->back().message->payload == "3");
  CHECK(user.seen == Texts{"/a 1"});
}

TEST_CASE("what is retained fills only a channel that never had a message") {
  HubLimits limits;
  limits.history_age = 1000ms;
  HubFixture hub(limits);
  HubSide::Options options;
  options.fill_only_empty = true;
  SideUser filling(hub, options);
  SideUser plain(hub, {});
  const auto retained = [](std::string channel, std::string payload) {
    auto message = std::make_shared<Message>(*message_to(std::move(channel), std::move(payload)));
    message->retained = true;
    return message;
  };
  hub.publish("/full", "newer");
  hub.stream("/read");  // there, but empty
  CHECK(
      filling.write({retained("/full", "old"), retained("/empty", "old"), retained("/read", "old"),
                     retained("/empty", "again"), message_to("/full", "live")}));
  CHECK(hub.hub.find("/full")->back().message->payload == "live");
  CHECK(hub.hub.find("/full")->size() == 2);
  CHECK(hub.hub.find("/empty")->size() == 1);
  CHECK(hub.hub.find("/read")->size() == 1);
  CHECK(filling.side.skipped() == 0);
  CHECK(plain.write({retained("/full", "old")}));
  CHECK(hub.hub.find("/full")->size() == 3);
}

TEST_CASE("a relay's id is left on what comes out, and what bears it does not pass") {
  HubFixture hub;
  HubSide::Options options;
  options.relay_id = "hub-1";
  SideUser user(hub, options);
  user.read();
  hub.post("/a", "new");
  hub.post("/a", "from afar", "RT-Origin-Id: 7\nRT-Via: other\n");
  hub.post("/a", "back again", "RT-Via: hub-1, other\n");
  hub.turn();
  REQUIRE(user.seen == Texts{"/a new", "/a from afar"});
  CHECK(user.messages[0]->via == Texts{"hub-1"});
  CHECK(user.messages[0]->origin_id == id_text(1));
  CHECK(user.messages[1]->via == Texts{"other", "hub-1"});
  CHECK(user.messages[1]->origin_id == "7");

  auto echo = std::make_shared<Message>(*message_to("/b", "echo"));
  echo->via = {"hub-1"};
  CHECK(user.write({echo}));
  CHECK(hub.hub.find("/b") == nullptr);
  CHECK(user.side.skipped() == 0);
}

TEST_CASE("a burst that is longer than the window reaches a side whole") {
  HubLimits limits;
  limits.history = 10;
  HubFixture hub(limits);
  SideUser user(hub, {});
  user.read();
  std::string body;
  Texts expected;
  for (int i = 0; i < 2000; ++i) {
    body += "{\"data\":\"" + std::to_string(i) + "\"}\n";
    expected.push_back("/a " + std::to_string(i));
  }
  hub.post("/a", body, "Content-Type: application/x-ndjson\n");
  hub.turn();
  CHECK(user.seen == expected);
  CHECK(user.side.missed() == 0);
  for (const std::size_t size : user.sizes) CHECK(size <= 512);
}

TEST_CASE("a side that is not read falls out of the window and is told of the gap") {
  HubLimits limits;
  limits.memory = 40u << 20;
  limits.history_bytes = 40u << 20;
  HubFixture hub(limits);
  SideUser user(hub, {});
  user.read();
  hub.publish("/a", "first");
  hub.turn();
  SideUser late(hub, {});
  for (int i = 0; i < 100; ++i) {
    hub.publish("/a", std::string(1u << 20, 'x'));
    hub.turn();
  }
  CHECK(user.seen.size() == 101);
  late.read();
  std::size_t messages = 0;
  std::uint64_t missed = 0;
  for (const MessagePtr& message : late.messages) {
    if (message->gap) {
      CHECK(message->gap->from == id_text(1 + messages));
      missed += *message->gap->missed;
    } else {
      ++messages;
    }
  }
  CHECK(missed > 0);
  CHECK(messages + missed == 100);
  CHECK(late.side.missed() == missed);
}

TEST_CASE("writing waits while the output is stalled") {
  HubServiceOptions options;
  options.output_channel = "/a";
  HubFixture hub({}, options);
  SideUser user(hub, {});
  hub.service.pause().set(true);
  CHECK_FALSE(user.write({message_to("/b", "1"), message_to("/a", "2"), message_to("/b", "3")}));
  CHECK(hub.hub.find("/b")->size() == 1);
  CHECK(hub.hub.find("/a") == nullptr);
  hub.service.pause().set(false);
  hub.turn();
  CHECK(user.written);
  CHECK(hub.hub.find("/b")->size() == 2);
}

TEST_CASE("an event stream of whole envelopes is asked for by the profile") {
  struct Case {
    const char* accept;
    bool envelopes;
  };
  const Case cases[] = {
      {"text/event-stream", false},
      {"text/event-stream;profile=\"rt.v1\"", true},
      {"text/event-stream;profile=rt.v1", true},
      {"Text/Event-Stream ; Profile=\"RT.V1\"; q=0.5", true},
      {"application/json, text/event-stream;profile=\"rt.v1\"", true},
      {"text/event-stream;profile=\"rt.v2\"", false},
      {"text/event-stream;profile=", false},
      {"text/event-stream;profile=\"", false},
      {"text/event-stream;profile=\"rt.v1\";q=0, text/event-stream", false},
      {"text/event-stream, application/json;profile=\"rt.v1\"", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.accept);
    HubFixture hub;
    FakeExchange& exchange = hub.get("/a", "Accept: " + std::string(c.accept) + "\n");
    REQUIRE(exchange.state == FakeExchange::State::streaming);
    CHECK(exchange.field("Vary") == "Accept");
    SideUser user(hub, {});
    auto message = std::make_shared<Message>(*message_to("/a", "text"));
    message->via = {"r"};
    message->event = "named";
    message->properties = {{"k", "v"}};
    CHECK(user.write({message}));
    const auto events = exchange.events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].last_event_id == id_text(1));
    CHECK(events[0].event == (c.envelopes ? "rt.envelope" : "named"));
    if (!c.envelopes) {
      CHECK(events[0].data == "text");
      continue;
    }
    CHECK(events[0].data.find("\"via\":[\"r\"]") != std::string::npos);
    CHECK(events[0].data.find("\"data\":\"text\"") != std::string::npos);
    CHECK(events[0].data.find("\"properties\":") != std::string::npos);
  }
}

TEST_CASE("an event stream of envelopes goes on where a slow reader's socket was full") {
  HubFixture hub;
  FakeExchange& exchange = hub.get("/a", "Accept: text/event-stream;profile=rt.v1\n");
  FakeExchange& plain = hub.stream("/a");
  exchange.room = 10;
  for (int i = 1; i <= 50; ++i) hub.publish("/a", std::to_string(i));
  hub.turn();
  for (int i = 0; i < 10'000 && exchange.room == 0; ++i) exchange.writable(7);
  exchange.writable();
  const auto events = exchange.events();
  REQUIRE(events.size() == 50);
  for (std::size_t i = 0; i < 50; ++i) {
    CHECK(events[i].event == "rt.envelope");
    CHECK(events[i].data.find("\"data\":\"" + std::to_string(i + 1) + "\"") != std::string::npos);
  }
  CHECK(plain.event_data() == numbers(1, 50));
}
