#include <doctest/doctest.h>

#include <functional>
#include <memory>

#include "engine/hub.hpp"
#include "hub_fixture.hpp"

using namespace rt;
using Payloads = std::vector<std::string>;

TEST_CASE("hub: history_bytes counts payloads, not encodings; the newest always stays") {
  const std::size_t cost = entry_cost(1000);
  CHECK(cost > 1000);
  CHECK(cost < 2000);
  struct Row {
    std::size_t history_bytes;
    std::size_t kept;
  };
  const Row rows[] = {
      {0, 1},        {cost - 1, 1},     {cost, 1},     {2 * cost - 1, 1},
      {2 * cost, 2}, {7 * cost + 1, 7}, {9 * cost, 9}, {SIZE_MAX, 20},
  };
  for (const Row& row : rows) {
    CAPTURE(row.history_bytes);
    HubLimits limits;
    limits.history_bytes = row.history_bytes;
    Hub hub(limits, kStartId);
    for (int i = 0; i < 20; ++i) {
      put(hub, "/a", std::string(1000, 'p'));
      hub.keep_wire(hub.find("/a")->back(), 1, share(std::string(5000, 'w')));
    }
    CHECK(hub.find("/a")->size() == row.kept);
    CHECK(hub.find("/a")->bytes() == row.kept * cost);
  }
}

TEST_CASE("hub: every string of a message is charged") {
  const std::string big(10'000, 'x');
  struct Row {
    const char* what;
    std::function<void(Message&)> set;
  };
  const Row rows[] = {
      {"payload", [&](Message& m) { m.payload = big; }},
      {"content_type", [&](Message& m) { m.content_type = big; }},
      {"channel", [&](Message& m) { m.channel = big; }},
      {"id", [&](Message& m) { m.id = big; }},
      {"event", [&](Message& m) { m.event = big; }},
      {"origin_id", [&](Message& m) { m.origin_id = big; }},
      {"via", [&](Message& m) { m.via = {big}; }},
      {"many via", [&](Message& m) { m.via.assign(400, ""); }},
      {"property name",
       [&](Message& m) {
         m.properties = {{big, ""}};
       }},
      {"property value",
       [&](Message& m) {
         m.properties = {{"", big}};
       }},
      {"many properties",
       [&](Message& m) {
         m.properties.assign(400, {"", ""});
       }},
      {"gap",
       [&](Message& m) {
         m.gap = std::make_shared<Gap>(Gap{big, 1});
       }},
      {"room that the payload reserved", [&](Message& m) { m.payload.reserve(10'000); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Hub hub({}, kStartId);
    put(hub, "/a", "");
    const std::size_t plain = hub.find("/a")->bytes();
    auto message = std::make_shared<Message>();
    row.set(*message);
    REQUIRE(publish(hub, "/a", message, kStart, nullptr));
    CHECK(hub.find("/a")->bytes() >= 2 * plain + 9'600);
    CHECK(hub.find("/a")->bytes() <= 2 * plain + 40'000);
  }
}

TEST_CASE("hub: memory is one bound for all channels, and the oldest of all goes first") {
  const std::size_t one = entry_cost(1000);
  HubLimits limits;
  limits.memory = 3 * channel_cost("/a") + 3 * 4 * sizeof(void*) + 5 * one;
  Hub hub(limits, kStartId);
  const std::string fill(999, 'p');
  for (const char* step : {"/a1", "/b2", "/b3", "/c4", "/a5"})
    put(hub, std::string_view(step, 2), step[2] + fill);
  const auto kept = [&] {
    std::string out;
    for (const char* name : {"/a", "/b", "/c"}) {
      out += name;
      for (const std::string& payload : window(hub, name)) out += payload[0];
    }
    return out;
  };
  CHECK(kept() == "/a15/b23/c4");
  CHECK(hub.memory_used() == limits.memory);
  Reader reader;  // a channel with readers loses entries as any other, but stays
  hub.find("/b")->attach(reader, 0);
  struct Row {
    const char* step;
    const char* kept;
  };
  for (const Row& row : {Row{"/c6", "/a5/b23/c46"}, Row{"/c7", "/a5/b3/c467"},
                         Row{"/c8", "/a5/b/c4678"}, Row{"/a9", "/a59/b/c678"}}) {
    CAPTURE(row.step);
    put(hub, std::string_view(row.step, 2), row.step[2] + fill);
    CHECK(kept() == row.kept);
    CHECK(hub.memory_used() <= limits.memory);
  }
  CHECK(hub.find("/b")->missed_before(reader.position) == 2);
  CHECK(hub.evicted() == 4);
}

TEST_CASE("hub: a message greater than the memory is kept, alone") {
  HubLimits limits;
  limits.memory = 10'000;
  Hub hub(limits, kStartId);
  put(hub, "/a", "1");
  put(hub, "/b", "2");
  put(hub, "/a", std::string(50'000, 'p'));
  CHECK(hub.find("/a")->size() == 1);
  CHECK(hub.find("/a")->back().sequence == 3);
  CHECK(hub.find("/b") == nullptr);
  hub.expire(kStart);
  CHECK(hub.find("/a")->size() == 1);
  put(hub, "/b", "4");
  CHECK(window(hub, "/b") == Payloads{"4"});
  CHECK(hub.memory_used() <= limits.memory);
}

TEST_CASE("hub: encodings are charged at once, replaced and given back") {
  HubLimits limits;
  limits.history = 2;
  limits.history_age = 1ms;
  Hub hub(limits, kStartId);
  Reader reader;
  hub.open("/a")->attach(reader, 0);
  const std::size_t base = hub.memory_used();
  CHECK(base == channel_cost("/a"));
  put(hub, "/a", "m");
  const std::size_t plain = hub.memory_used();
  Entry& entry = hub.find("/a")->back();
  CHECK(wire_cost(1000) > 1000);
  CHECK(wire_cost(1000) < 1200);

  hub.keep_wire(entry, 0, share(std::string(1000, 'w')));
  CHECK(hub.memory_used() == plain + wire_cost(1000));
  hub.keep_wire(entry, kWireSlots - 1, share(std::string(500, 'w')));
  CHECK(hub.memory_used() == plain + wire_cost(1000) + wire_cost(500));
  hub.keep_wire(entry, 0, share(std::string(2000, 'w')));
  CHECK(hub.memory_used() == plain + wire_cost(2000) + wire_cost(500));
  CHECK(entry.wire[0]->size() == 2000);
  CHECK(entry.wire[1] == nullptr);
  CHECK(entry.wire[kWireSlots - 1]->size() == 500);
  hub.keep_wire(entry, 0, nullptr);
  CHECK(hub.memory_used() == plain + wire_cost(500));

  for (int i = 0; i < 50; ++i) {
    put(hub, "/a", std::string(100, 'p'));
    hub.keep_wire(hub.find("/a")->back(), 1, share(std::string(777, 'w')));
  }
  hub.expire(kStart + 1h);
  CHECK(hub.memory_used() == base);
}

TEST_CASE("hub: over the bound encodings go at the next publish or expire, and no entries") {
  for (const bool by_publish : {true, false}) {
    CAPTURE(by_publish);
    HubLimits limits;
    limits.memory = 100'000;
    Hub hub(limits, kStartId);
    for (int i = 0; i < 10; ++i) put(hub, "/a", std::to_string(i));
    Channel& channel = *hub.find("/a");
    for (std::uint64_t i = 0; i < 10; ++i)
      hub.keep_wire(channel.at(i), 0, share(std::string(20'000, 'w')));
    CHECK(hub.memory_used() > 200'000);
    // Whoever is in the middle of one goes on having it, and so do others that need it.
    const SharedBytes in_use = channel.at(0).wire[0];
    if (by_publish)
      put(hub, "/b", "x");
    else
      hub.expire(kStart);
    CHECK(hub.memory_used() <= limits.memory);
    CHECK(hub.memory_used() > limits.memory - 25'000);
    CHECK(hub.in_use() == 0);
    CHECK(channel.size() == 10);
    CHECK(channel.at(0).wire[0] == in_use);
    CHECK(channel.at(1).wire[0] == nullptr);  // the oldest goes first
    CHECK(channel.at(9).wire[0] != nullptr);
  }
}

TEST_CASE("hub: encodings in use may pass the bound, and no entry goes for them") {
  HubLimits limits;
  limits.memory = 100'000;
  Hub hub(limits, kStartId);
  for (int i = 0; i < 100; ++i) put(hub, "/a", std::to_string(i));
  Channel& channel = *hub.find("/a");
  std::vector<SharedBytes> in_use;
  for (std::uint64_t i = 0; i < 100; ++i) {
    in_use.push_back(hub.counted(std::string(20'000, 'w')));
    hub.keep_wire(channel.at(i), 0, in_use.back());
  }
  hub.expire(kStart);
  CHECK(channel.size() == 100);
  CHECK(hub.pinned() == 0);
  CHECK(hub.in_use() > 1'900'000);
  in_use.resize(10);
  hub.expire(kStart);
  hub.expire(kStart);
  CHECK(channel.size() == 100);
  CHECK(hub.memory_used() > limits.memory);
  CHECK(hub.memory_used() < 400'000);
  in_use.clear();
  hub.expire(kStart);
  CHECK(hub.memory_used() <= limits.memory);
  CHECK(hub.in_use() == 0);
  // Entries alone are over it: they go.
  put(hub, "/b", std::string(95'000, 'p'));
  CHECK(hub.memory_used() <= limits.memory);
  CHECK(channel.size() < 100);
}

TEST_CASE("hub: a payload that stands for its encodings is charged once, and counted when pinned") {
  HubLimits limits;
  limits.history = 1;
  Hub hub(limits, kStartId);
  put(hub, "/a", std::string(50'000, 'p'));
  Entry& entry = hub.find("/a")->back();
  const std::size_t plain = hub.memory_used();
  hub.keep_wire(entry, 0, hub.counted_payload(entry.message));
  CHECK(hub.memory_used() < plain + 200);
  SharedBytes reader = entry.wire[0];
  CHECK(hub.pinned() == 0);
  put(hub, "/a", "next");
  CHECK(hub.pinned() == 50'000);
  CHECK(reader->size() == 50'000);
  reader = nullptr;
  CHECK(hub.pinned() == 0);
}

TEST_CASE("hub: many tiny channels cannot pass the memory") {
  HubLimits limits;
  limits.memory = 1 << 20;
  SUBCASE("published to") {
    Hub hub(limits, kStartId);
    for (int i = 0; i < 20'000; ++i) {
      put(hub, "/c" + std::to_string(i), "");
      REQUIRE(hub.memory_used() <= limits.memory);
    }
    CHECK(hub.channel_count() < 5000);
    CHECK(hub.channel_count() > 500);
    CHECK(hub.dropped_floor() > 15'000);
    CHECK(window(hub, "/c19999") == Payloads{""});
  }
  SUBCASE("opened") {
    Hub hub(limits, kStartId);
    for (int i = 0; i < 20'000; ++i) REQUIRE(hub.open("/c" + std::to_string(i)) != nullptr);
    CHECK(hub.memory_used() <= limits.memory);
    CHECK(hub.dropped_floor() == 0);
  }
  SUBCASE("opened with long names") {
    Hub hub(limits, kStartId);
    for (int i = 0; i < 2000; ++i)
      REQUIRE(hub.open("/" + std::string(8000, 'c') + std::to_string(i)) != nullptr);
    CHECK(hub.memory_used() <= limits.memory);
    CHECK(hub.channel_count() < (1 << 20) / 8000);
  }
  SUBCASE("with readers") {
    std::vector<std::unique_ptr<Reader>> readers;
    Hub hub(limits, kStartId);
    Channel* channel = nullptr;
    while ((channel = hub.open("/c" + std::to_string(readers.size()))) != nullptr) {
      readers.push_back(std::make_unique<Reader>());
      channel->attach(*readers.back(), 0);
      REQUIRE(readers.size() < 20'000);
    }
    CHECK(hub.memory_used() <= limits.memory);
    CHECK(readers.size() > 500);
    CHECK_FALSE(publish(hub, "/other", message_of("x"), kStart, nullptr));
    CHECK(publish(hub, "/c0", message_of("x"), kStart, nullptr));
    readers.pop_back();
    CHECK(publish(hub, "/other", message_of("x"), kStart, nullptr));
  }
}

TEST_CASE("hub: under memory pressure idle empty channels go before messages") {
  HubLimits limits;
  limits.memory = 200'000;
  Hub hub(limits, kStartId);
  put(hub, "/a", std::string(100'000, 'p'));
  for (int i = 0; i < 200; ++i) hub.open("/idle" + std::to_string(i));
  put(hub, "/b", std::string(90'000, 'p'));
  CHECK(hub.memory_used() <= limits.memory);
  CHECK(hub.find("/a") != nullptr);
  CHECK(hub.evicted() == 0);
  CHECK(hub.channel_count() < 202);
  CHECK(hub.find("/idle0") == nullptr);
}

TEST_CASE("hub: the memory used comes back to nothing when every channel is dropped") {
  HubLimits limits;
  limits.max_channels = 5;
  limits.history = 37;
  Hub hub(limits, kStartId);
  for (int i = 0; i < 2000; ++i) {
    put(hub, "/c" + std::to_string(i % 7), std::string(static_cast<std::size_t>(i % 91), 'p'));
    hub.keep_wire(hub.find("/c" + std::to_string(i % 7))->back(), 2, share("encoded"));
  }
  // Five that are empty take the place of all others.
  Reader readers[5];
  for (std::size_t i = 0; i < 5; ++i) hub.open("/e" + std::to_string(i))->attach(readers[i], 0);
  CHECK(hub.memory_used() == 5 * channel_cost("/e0"));
  CHECK(hub.evicted() == 2000);
  CHECK(hub.dropped_floor() == 2000);
}
