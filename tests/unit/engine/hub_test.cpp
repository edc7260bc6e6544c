#include "engine/hub.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "hub_fixture.hpp"

using namespace rt;
using Payloads = std::vector<std::string>;

namespace {

std::vector<std::string> names(Hub& hub) {
  std::vector<std::string> out;
  hub.visit_after({}, [&](Channel& channel) {
    out.push_back(channel.name());
    return true;
  });
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("hub: publish makes the channel, numbers the message and keeps who sent it") {
  Hub hub({}, kStartId);
  int origin = 0;
  const MessagePtr message = message_of("hello");
  const Entry* const first = publish(hub, "/a", message, kStart, &origin);
  REQUIRE(first);
  CHECK(first->message == message);
  CHECK(first->sequence == 1);
  CHECK(first->appended == kStart);
  CHECK(first->origin == &origin);
  for (const SharedBytes& wire : first->wire) CHECK(wire == nullptr);
  CHECK(hub.id_of(*first) == MessageId{kEpoch, 1});
  CHECK(put(hub, "/b", "other") == MessageId{kEpoch, 2});
  CHECK(put(hub, "/a", "more") == MessageId{kEpoch, 3});
  CHECK(hub.last_sequence() == 3);
  CHECK(hub.cursor_of(*hub.find("/a")) == MessageId{kEpoch, 3});
  CHECK(hub.cursor_of(*hub.find("/b")) == MessageId{kEpoch, 2});
  CHECK(hub.find("/c") == nullptr);
  CHECK(names(hub) == std::vector<std::string>{"/a", "/b"});
}

TEST_CASE("hub: a channel keeps at least one message") {
  HubLimits limits;
  limits.history = 0;
  limits.history_bytes = 0;
  limits.memory = 0;
  limits.max_channels = 0;
  Hub hub(limits, kStartId);
  put(hub, "/a", "1");
  put(hub, "/a", "2");
  CHECK(window(hub, "/a") == Payloads{"2"});
  CHECK(parse_message_id(to_string(hub.cursor_of(*hub.find("/a")))) ==
        hub.cursor_of(*hub.find("/a")));
}

TEST_CASE("hub: history, and an evicted entry's place is used again without its encodings") {
  HubLimits limits;
  limits.history = 2;
  Hub hub(limits, kStartId);
  std::weak_ptr<const Message> old;
  std::weak_ptr<const std::string> old_wire;
  for (int i = 1; i <= 5; ++i) {
    Entry* const entry = publish(hub, "/a", message_of(std::to_string(i)), kStart, nullptr);
    REQUIRE(entry);
    CHECK(entry->wire[0] == nullptr);
    hub.keep_wire(*entry, 0, share("wire"));
    if (i == 1) {
      old = entry->message;
      old_wire = entry->wire[0];
    }
  }
  CHECK(window(hub, "/a") == Payloads{"4", "5"});
  CHECK(hub.evicted() == 3);
  CHECK(old.expired());
  CHECK(old_wire.expired());
}

TEST_CASE("hub: what is older than history_age goes, by publish in its channel, by expire in all") {
  HubLimits limits;
  limits.history_age = 100ms;
  Hub hub(limits, kStartId);
  put(hub, "/a", "a0", kStart);
  put(hub, "/b", "b0", kStart);
  put(hub, "/a", "a50", kStart + 50ms);
  put(hub, "/b", "b60", kStart + 60ms);
  put(hub, "/a", "a100", kStart + 100ms);
  CHECK(window(hub, "/a") == Payloads{"a0", "a50", "a100"});  // exactly as old as that stays
  put(hub, "/a", "a101", kStart + 101ms);
  CHECK(window(hub, "/a") == Payloads{"a50", "a100", "a101"});
  CHECK(window(hub, "/b") == Payloads{"b0", "b60"});
  hub.expire(kStart + 155ms);
  CHECK(window(hub, "/a") == Payloads{"a100", "a101"});
  CHECK(window(hub, "/b") == Payloads{"b60"});
  hub.expire(kStart + 1h);
  CHECK(window(hub, "/a").empty());
  CHECK(window(hub, "/b").empty());
  CHECK(hub.find("/a")->floor() == 6);
  CHECK(hub.find("/b")->floor() == 4);
  CHECK(hub.evicted() == 6);

  Hub forever({}, kStartId);
  put(forever, "/a", "a", kStart);
  forever.expire(kStart + 24h * 365 * 100);
  CHECK(window(forever, "/a") == Payloads{"a"});

  limits.history_age = Milliseconds(100'000'000'000'000);  // more than a steady time can hold
  Hub long_lived(limits, kStartId);
  put(long_lived, "/a", "a", kStart);
  long_lived.expire(kStart + 24h * 365 * 100);
  CHECK(window(long_lived, "/a") == Payloads{"a"});
}

TEST_CASE("hub: ids from before a channel was dropped are a gap in the one made again") {
  HubLimits limits;
  limits.max_channels = 1;
  Hub hub(limits, kStartId);
  put(hub, "/a", "1");
  put(hub, "/a", "2");
  CHECK(hub.dropped_floor() == 0);
  put(hub, "/b", "3");
  CHECK(hub.find("/a") == nullptr);
  CHECK(hub.dropped_floor() == 2);
  CHECK(hub.evicted() == 2);
  CHECK(hub.find("/b")->floor() == 2);
  Channel* const again = hub.open("/a");
  REQUIRE(again != nullptr);
  CHECK(hub.dropped_floor() == 3);
  CHECK(again->last_sequence() == 3);
  struct Row {
    std::uint64_t sequence;
    bool gap;
  };
  for (const Row& row : {Row{0, true}, Row{1, true}, Row{2, true}, Row{3, false}, Row{4, true}}) {
    CAPTURE(row.sequence);
    const Start start = again->after({kEpoch, row.sequence});
    CHECK(start.gap == row.gap);
    CHECK(start.missed == std::nullopt);
    CHECK(start.position == 0);
  }
  // The count is known again from the new channel's own start on.
  limits.history = 1;
  Hub small(limits, kStartId);
  put(small, "/a", "1");
  for (int i = 2; i <= 5; ++i) put(small, "/b", std::to_string(i));
  Channel& b = *small.find("/b");
  CHECK(b.after({kEpoch, 0}).missed == std::nullopt);
  CHECK(b.after({kEpoch, 1}).missed == 3);
  CHECK(b.after({kEpoch, 2}).missed == std::nullopt);
  CHECK_FALSE(b.after({kEpoch, 4}).gap);
}

TEST_CASE("hub: over max_channels the least recently used without readers goes, empty ones first") {
  // Steps: p publish, o open, a attach, d detach, x expire everything, m mark dirty, c clear the
  // mark; each with a channel. Then what is left, and whether one more channel could be opened.
  struct Row {
    const char* what;
    std::vector<std::string> steps;
    std::vector<std::string> left;
    bool opened;
  };
  const Row rows[] = {
      {"published least recently", {"p/a", "p/b", "p/c"}, {"/b", "/c", "/new"}, true},
      {"published again", {"p/a", "p/b", "p/c", "p/a"}, {"/a", "/c", "/new"}, true},
      {"opened again", {"p/a", "p/b", "p/c", "o/a"}, {"/a", "/c", "/new"}, true},
      {"has a reader", {"p/a", "p/b", "p/c", "a/a"}, {"/a", "/c", "/new"}, true},
      {"had a reader", {"p/a", "p/b", "p/c", "a/a", "d/a"}, {"/a", "/c", "/new"}, true},
      {"published to with a reader, then left",
       {"a/a", "p/a", "p/b", "p/c", "d/a"},
       {"/a", "/c", "/new"},
       true},
      {"empty first", {"p/a", "p/b", "o/c"}, {"/a", "/b", "/new"}, true},
      {"emptied first", {"p/a", "x/", "p/c", "p/b"}, {"/b", "/c", "/new"}, true},
      {"empty with a reader", {"p/a", "p/b", "a/c"}, {"/b", "/c", "/new"}, true},
      {"emptied, reader left",
       {"a/a", "p/a", "x/", "p/b", "p/c", "d/a"},
       {"/b", "/c", "/new"},
       true},
      {"all have readers", {"a/a", "a/b", "a/c"}, {"/a", "/b", "/c"}, false},
      {"dirty stays", {"p/a", "p/b", "p/c", "m/a"}, {"/a", "/c", "/new"}, true},
      {"all dirty", {"p/a", "p/b", "p/c", "m/a", "m/b", "m/c"}, {"/a", "/b", "/c"}, false},
      {"clean again", {"p/a", "p/b", "m/a", "p/c", "m/b", "c/b"}, {"/a", "/c", "/new"}, true},
  };
  for (const Row& row : rows) {
    for (const bool by_open : {true, false}) {
      CAPTURE(row.what);
      CAPTURE(by_open);
      HubLimits limits;
      limits.max_channels = 3;
      limits.history_age = 1ms;
      Hub hub(limits, kStartId);
      Reader readers[3];
      for (const std::string& step : row.steps) {
        const std::string name = step.substr(1);
        const auto which = static_cast<std::size_t>(name.size() > 1 ? name[1] - 'a' : 0);
        switch (step[0]) {
          case 'p':
            put(hub, name, "x");
            break;
          case 'o':
            hub.open(name);
            break;
          case 'a': {
            Channel* const channel = hub.open(name);
            channel->attach(readers[which], channel->end());
            break;
          }
          case 'd':
            readers[which].detach();
            break;
          case 'x':
            hub.expire(kStart + 1h);
            break;
          default:
            hub.find(name)->dirty = step[0] == 'm';
        }
      }
      REQUIRE(hub.channel_count() == 3);
      if (by_open) {
        CHECK((hub.open("/new") != nullptr) == row.opened);
      } else {
        Record record{"/new", message_of("x"), nullptr, nullptr, hub.last_sequence() + 1};
        CHECK((hub.apply(record, kStart) != nullptr) == row.opened);
      }
      CHECK(names(hub) == row.left);
      // The ones that are there can be opened and published to however full it is.
      for (const std::string& name : row.left) {
        CHECK(hub.open(name) != nullptr);
        CHECK(publish(hub, name, message_of("y"), kStart, nullptr));
      }
    }
  }
}

TEST_CASE("hub: a channel that only readers have asked for goes with the last of them") {
  Hub hub({}, kStartId);
  put(hub, "/before", "1");
  Reader first;
  Reader second;
  Channel* const channel = hub.open("/typo", Hub::For::reader);
  channel->attach(first, 0);
  channel->attach(second, 0);
  const MessageId cursor = hub.cursor_of(*channel);
  first.detach();
  hub.drop_left();
  CHECK(hub.find("/typo") == channel);
  second.detach();
  // It is still there for who comes at once.
  CHECK(hub.find("/typo") == channel);
  channel->attach(first, 0);
  hub.drop_left();
  CHECK(hub.find("/typo") == channel);
  first.detach();
  hub.open("/another");
  CHECK(hub.find("/typo") == nullptr);
  // Who comes back to it has lost nothing.
  put(hub, "/typo", "2");
  CHECK_FALSE(hub.find("/typo")->after(cursor).gap);
  CHECK(window(hub, "/typo") == Payloads{"2"});

  // What was published to stays, and so does what a publisher has opened.
  hub.find("/before")->attach(first, 0);
  hub.find("/another")->attach(second, 0);
  first.detach();
  second.detach();
  hub.open("/another");
  hub.drop_left();
  CHECK(names(hub) == std::vector<std::string>{"/another", "/before", "/typo"});
}

TEST_CASE("hub: a reader's channel takes the place of empty ones first") {
  HubLimits limits;
  limits.max_channels = 2;
  Hub hub(limits, kStartId);
  put(hub, "/a", "1");
  hub.open("/empty");
  CHECK(hub.open("/b", Hub::For::reader) != nullptr);
  CHECK(hub.find("/empty") == nullptr);
  put(hub, "/b", "2");
  CHECK(hub.open("/c", Hub::For::reader) != nullptr);
  CHECK(hub.find("/a") == nullptr);
  CHECK(hub.find("/b") != nullptr);
}

TEST_CASE("hub: neither readers nor publishers take all the channels there may be") {
  HubLimits limits;
  limits.max_channels = 16;
  Hub hub(limits, kStartId);
  for (int i = 0; i < 100; ++i) put(hub, "/p" + std::to_string(i), "x");
  CHECK(hub.channel_count() == 14);
  // Readers of new channels come in without costing anybody a message.
  std::deque<Reader> readers(20);
  for (std::size_t i = 0; i < 2; ++i)
    hub.open("/r" + std::to_string(i), Hub::For::reader)->attach(readers[i], 0);
  CHECK(hub.channel_count() == 16);
  CHECK(hub.find("/p86") != nullptr);
  // Then the oldest idle ones go, up to what is left to publishers.
  for (std::size_t i = 2; i < 14; ++i)
    hub.open("/r" + std::to_string(i), Hub::For::reader)->attach(readers[i], 0);
  CHECK(hub.open("/more", Hub::For::reader) == nullptr);
  CHECK(hub.channel_count() == 16);
  CHECK(hub.find("/p99") != nullptr);
  for (int i = 100; i < 110; ++i) put(hub, "/p" + std::to_string(i), "x");
  CHECK(hub.find("/p109") != nullptr);
  CHECK(hub.find("/r0") != nullptr);
}
