#include "engine/channel.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <set>

#include "hub_fixture.hpp"

using namespace rt;
using Payloads = std::vector<std::string>;

TEST_CASE("channel: a new one is empty and nothing is missing") {
  Hub hub({}, kStartId);
  Channel* channel = hub.open("/a");
  REQUIRE(channel != nullptr);
  CHECK(channel->name() == "/a");
  CHECK(channel->empty());
  CHECK(channel->begin() == 0);
  CHECK(channel->end() == 0);
  CHECK(channel->bytes() == 0);
  CHECK(channel->floor() == 0);
  CHECK(channel->last_sequence() == 0);
  CHECK(hub.cursor_of(*channel) == MessageId{kEpoch, 0});
  const Start start = channel->after({kEpoch, 0});
  CHECK(start.position == 0);
  CHECK_FALSE(start.gap);
}

TEST_CASE("channel: replay behind an id") {
  // Sequences 1 to 10: the odd ones in /a, the even ones in /b; /a keeps 3 of 5: 5, 7 and 9.
  HubLimits limits;
  limits.history = 3;
  Hub hub(limits, kStartId);
  for (int i = 1; i <= 10; ++i) put(hub, i % 2 == 1 ? "/a" : "/b", std::to_string(i));
  Channel& channel = *hub.find("/a");
  REQUIRE(channel.floor() == 3);
  REQUIRE(channel.begin() == 2);
  REQUIRE(channel.last_sequence() == 9);

  struct Row {
    MessageId id;
    Payloads got;
    bool gap;
    std::optional<std::uint64_t> missed;
  };
  const Row rows[] = {
      {{kEpoch, 0}, {"5", "7", "9"}, true, 2},  // before the channel's first message
      {{kEpoch, 1}, {"5", "7", "9"}, true, std::nullopt},
      {{kEpoch, 2}, {"5", "7", "9"}, true, std::nullopt},   // floor - 1
      {{kEpoch, 3}, {"5", "7", "9"}, false, std::nullopt},  // exactly the floor
      {{kEpoch, 4}, {"5", "7", "9"}, false, std::nullopt},  // another channel's message
      {{kEpoch, 5}, {"7", "9"}, false, std::nullopt},
      {{kEpoch, 6}, {"7", "9"}, false, std::nullopt},
      {{kEpoch, 8}, {"9"}, false, std::nullopt},
      {{kEpoch, 9}, {}, false, std::nullopt},
      {{kEpoch, 10}, {}, false, std::nullopt},              // the hub's newest
      {{kEpoch, 11}, {"5", "7", "9"}, true, std::nullopt},  // never given
      {{kEpoch, UINT64_MAX}, {"5", "7", "9"}, true, std::nullopt},
      {{kEpoch - 1, 9}, {"5", "7", "9"}, true, std::nullopt},  // another epoch
      {{kEpoch + 1, 0}, {"5", "7", "9"}, true, std::nullopt},
      {{0, 0}, {"5", "7", "9"}, true, std::nullopt},
  };
  for (const Row& row : rows) {
    CAPTURE(to_string(row.id));
    const Start start = channel.after(row.id);
    CHECK(payloads(channel, start.position) == row.got);
    CHECK(start.gap == row.gap);
    CHECK(start.missed == row.missed);
  }
}

TEST_CASE("channel: the last n, the whole window, live") {
  HubLimits limits;
  limits.history = 3;
  Hub hub(limits, kStartId);
  for (int i = 1; i <= 5; ++i) put(hub, "/a", std::to_string(i));
  Channel& channel = *hub.find("/a");
  struct Row {
    Start start;
    Payloads got;
  };
  const Row rows[] = {
      {channel.last(0), {}},
      {channel.last(1), {"5"}},
      {channel.last(2), {"4", "5"}},
      {channel.last(3), {"3", "4", "5"}},
      {channel.last(4), {"3", "4", "5"}},
      {channel.last(UINT64_MAX), {"3", "4", "5"}},
      {channel.whole_window(), {"3", "4", "5"}},
      {channel.live(), {}},
  };
  for (const Row& row : rows) {
    CHECK(payloads(channel, row.start.position) == row.got);
    CHECK_FALSE(row.start.gap);
  }
}

TEST_CASE("channel: the ring keeps its order while it grows, wraps and shrinks") {
  HubLimits limits;
  limits.history = 100;
  limits.history_age = 10ms;
  Hub hub(limits, kStartId);
  Channel* const channel = hub.open("/a");
  Reader reader;
  channel->attach(reader, 0);
  std::uint64_t next = 0;
  SteadyTime now = kStart;
  // Bursts of other sizes, each ageing out during the next ones.
  for (const int burst : {1, 3, 90, 250, 7, 1, 1, 60, 33, 2}) {
    now += 6ms;
    for (int i = 0; i < burst; ++i) {
      put(hub, "/a", std::to_string(next++), now);
      CHECK(channel->end() == next);
      for (std::uint64_t p = channel->begin(); p < channel->end(); ++p) {
        REQUIRE(channel->at(p).message->payload == std::to_string(p));
        REQUIRE(channel->at(p).sequence == p + 1);
      }
    }
  }
  hub.expire(now + 1h);
  CHECK(channel->empty());
  CHECK(channel->begin() == next);
  CHECK(channel->last_sequence() == next);
  put(hub, "/a", "again", now);
  CHECK(channel->back().message->payload == "again");
}

TEST_CASE("reader: two at different speeds, one of them falls out") {
  HubLimits limits;
  limits.history = 4;
  Hub hub(limits, kStartId);
  Channel* const channel = hub.open("/a");
  Reader fast;
  Reader slow;
  channel->attach(fast, channel->live().position);
  channel->attach(slow, channel->live().position);
  REQUIRE(channel->readers().size() == 2);

  Payloads got_fast;
  for (int i = 1; i <= 10; ++i) {
    put(hub, "/a", std::to_string(i));
    if (i == 2) slow.position = channel->end();
    CHECK(channel->missed_before(fast.position) == 0);
    for (; fast.position < channel->end(); ++fast.position)
      got_fast.push_back(channel->at(fast.position).message->payload);
    const std::uint64_t lost = i <= 6 ? 0 : static_cast<std::uint64_t>(i - 6);
    CHECK(channel->missed_before(slow.position) == lost);
  }
  CHECK(got_fast == Payloads{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"});
  CHECK(channel->missed_before(slow.position) == 4);
  CHECK(payloads(*channel, channel->begin()) == Payloads{"7", "8", "9", "10"});
}

TEST_CASE("reader: attach and detach in any order") {
  Hub hub({}, kStartId);
  Channel* const a = hub.open("/a");
  Channel* const b = hub.open("/b");
  for (int leaving = 0; leaving < 4; ++leaving) {
    std::vector<std::unique_ptr<Reader>> readers;
    for (std::uint64_t i = 0; i < 4; ++i) {
      readers.push_back(std::make_unique<Reader>());
      a->attach(*readers.back(), i);
      CHECK(readers.back()->position == i);
    }
    readers[static_cast<std::size_t>(leaving)]->detach();
    CHECK(readers[static_cast<std::size_t>(leaving)]->channel() == nullptr);
    readers[static_cast<std::size_t>(leaving)]->detach();
    std::set<Reader*> staying;
    for (const auto& reader : readers)
      if (reader->channel() != nullptr) staying.insert(reader.get());
    CHECK(staying.size() == 3);
    const auto attached_to_a = [&] {
      return std::set<Reader*>(a->readers().begin(), a->readers().end());
    };
    CHECK(attached_to_a() == staying);
    // To another channel without leaving the first.
    b->attach(*readers[0], 0);
    CHECK(readers[0]->channel() == b);
    CHECK(b->readers() == std::vector<Reader*>{readers[0].get()});
    for (const auto& reader : readers) {
      const std::size_t before = a->readers().size() + b->readers().size();
      const bool attached = reader->channel() != nullptr;
      reader->detach();
      staying.erase(reader.get());
      staying.erase(readers[0].get());
      CHECK(attached_to_a() == staying);
      CHECK(a->readers().size() + b->readers().size() == before - (attached ? 1 : 0));
    }
  }
  CHECK(a->readers().empty());
  CHECK(b->readers().empty());
}

TEST_CASE("reader: leaves when it dies, and outlives its hub") {
  Reader survivor;
  {
    Hub hub({}, kStartId);
    Channel* const channel = hub.open("/a");
    {
      Reader reader;
      channel->attach(reader, 0);
    }
    CHECK(channel->readers().empty());
    channel->attach(survivor, 0);
  }
  CHECK(survivor.channel() == nullptr);
}

TEST_CASE("channel: a reader of other hubs goes on behind what it knows") {
  // The hub's own ids are kEpoch's; A and B are others.
  constexpr std::uint64_t kA = 0xA;
  constexpr std::uint64_t kB = 0xB;
  struct Said {
    std::string payload;
    MessageId origin;  // epoch 0: none
    Milliseconds at;
  };
  struct Row {
    const char* what;
    std::vector<Said> said;
    std::vector<MessageId> known;
    std::optional<Payloads> got;
  };
  const Row rows[] = {
      {"nothing of it is known", {{"1", {}, 0s}, {"2", {kB, 1}, 0s}}, {{kA, 9}}, std::nullopt},
      {"an id of its own that was never given",
       {{"1", {kA, 1}, 0s}},
       {{kA, 1}, {kEpoch, 2}},
       std::nullopt},
      {"all of one hub",
       {{"1", {kA, 1}, 0s}, {"2", {kA, 2}, 0s}, {"3", {kA, 4}, 0s}},
       {{kA, 3}},
       Payloads{"3"}},
      {"everything", {{"1", {kA, 1}, 0s}, {"2", {}, 0s}}, {{kA, 1}, {kEpoch, 2}}, Payloads{}},
      {"its own are known by what another one had",
       {{"1", {}, 0s}, {"2", {}, 1h}, {"3", {}, 2h}},
       {{kA, 7}, {kEpoch, 2}},
       Payloads{"3"}},
      {"of a hub that is known, however long ago: another order",
       {{"1", {}, 0s}, {"2", {}, 1s}, {"3", {kA, 1}, 1h}},
       {{kA, 1}, {kEpoch, 1}},
       Payloads{"2", "3"}},
      {"of one that is not known, long ago",
       {{"1", {kB, 1}, 0s}, {"2", {kA, 1}, 5001ms}, {"3", {kA, 2}, 1h}},
       {{kA, 1}},
       Payloads{"3"}},
      {"of one that is not known, just before",
       {{"1", {kB, 1}, 0s}, {"2", {kA, 1}, 5s}, {"3", {kA, 2}, 1h}},
       {{kA, 1}},
       Payloads{"1", "2", "3"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Hub hub({}, kStartId);
    for (const Said& said : row.said) {
      Message message;
      message.payload = said.payload;
      if (said.origin.epoch != 0) message.origin_id = to_string(said.origin);
      publish(hub, "/a", std::make_shared<const Message>(std::move(message)), kStart + said.at,
              nullptr);
    }
    HubPlaces known;
    for (const MessageId& id : row.known) known.raise(id);
    Channel& channel = *hub.find("/a");
    const auto start = channel.after_known(known);
    REQUIRE(start.has_value() == row.got.has_value());
    if (!start) continue;
    CHECK_FALSE(start->gap);
    CHECK(payloads(channel, start->position) == *row.got);
  }
}
