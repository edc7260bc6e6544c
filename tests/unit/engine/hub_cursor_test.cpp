#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "engine/hub.hpp"
#include "hub_fixture.hpp"

using namespace rt;

namespace {

const int kTokens[2] = {};
const void* const kMine = &kTokens[0];
const void* const kTheirs = &kTokens[1];

void put_as(Hub& hub, const void* origin, std::string_view channel, std::string payload,
            SteadyTime now = kStart) {
  REQUIRE(publish(hub, channel, message_of(std::move(payload)), now, origin) != nullptr);
}

// Everything behind the cursor, as "/channel payload".
std::vector<std::string> read_all(HubCursor& cursor) {
  std::vector<std::string> out;
  while (const Entry* const entry = cursor.next())
    out.push_back(entry->home().name() + " " + entry->message->payload);
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a hub's cursor starts at the end and reads all channels in the order of publication") {
  Hub hub({}, kStartId);
  put(hub, "/a", "old");
  HubCursor cursor(hub, {});
  CHECK_FALSE(cursor.has_next());
  CHECK(cursor.next() == nullptr);
  put(hub, "/a", "1");
  put(hub, "/b", "2");
  put(hub, "/a", "3");
  CHECK(cursor.has_next());
  CHECK(read_all(cursor) == Texts{"/a 1", "/b 2", "/a 3"});
  CHECK(cursor.next() == nullptr);
  put(hub, "/c", "4");
  CHECK(read_all(cursor) == Texts{"/c 4"});
  CHECK(cursor.last_sequence() == hub.last_sequence());
  CHECK(cursor.take_missed() == 0);
}

TEST_CASE("what a cursor passes over") {
  struct Case {
    const char* name;
    HubCursor::Options options;
    Texts expected;
  };
  const Case cases[] = {
      {"nothing", {nullptr, ""}, {"/a n1", "/a m2", "/b t3", "/b m4", "/a t5"}},
      {"its own", {kMine, ""}, {"/a n1", "/b t3", "/a t5"}},
      {"other channels", {nullptr, "/b"}, {"/b t3", "/b m4"}},
      {"both", {kMine, "/a"}, {"/a n1", "/a t5"}},
      {"a channel that is not there", {nullptr, "/c"}, {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    // Read at the end, and after each publication: the same.
    for (const bool eager : {false, true}) {
      CAPTURE(eager);
      Hub hub({}, kStartId);
      HubCursor cursor(hub, c.options);
      Texts seen;
      const auto maybe_read = [&] {
        if (!eager) return;
        for (std::string& text : read_all(cursor)) seen.push_back(std::move(text));
      };
      put_as(hub, nullptr, "/a", "n1"), maybe_read();
      put_as(hub, kMine, "/a", "m2"), maybe_read();
      put_as(hub, kTheirs, "/b", "t3"), maybe_read();
      put_as(hub, kMine, "/b", "m4"), maybe_read();
      put_as(hub, kTheirs, "/a", "t5"), maybe_read();
      for (std::string& text : read_all(cursor)) seen.push_back(std::move(text));
      CHECK(seen == c.expected);
      CHECK(cursor.take_missed() == 0);
    }
  }
}

TEST_CASE("a cursor whose next entry could only be its own has none") {
  Hub hub({}, kStartId);
  HubCursor cursor(hub, {kMine, ""});
  put_as(hub, kMine, "/a", "1");
  CHECK_FALSE(cursor.has_next());
  put_as(hub, kTheirs, "/a", "2");
  CHECK(cursor.has_next());
}

TEST_CASE("what is evicted before it is read is counted, and the cursor moves on") {
  SUBCASE("by a channel's window, in the middle of the log") {
    HubLimits limits;
    limits.history = 2;
    Hub hub(limits, kStartId);
    HubCursor cursor(hub, {});
    put(hub, "/b", "first");
    for (int i = 1; i <= 5; ++i) put(hub, "/a", std::to_string(i));
    put(hub, "/b", "last");
    CHECK(cursor.take_missed() == 3);
    CHECK(cursor.take_missed() == 0);
    CHECK(read_all(cursor) == Texts{"/b first", "/a 4", "/a 5", "/b last"});
  }
  SUBCASE("what was read before is not missed") {
    HubLimits limits;
    limits.history = 2;
    Hub hub(limits, kStartId);
    HubCursor cursor(hub, {});
    put(hub, "/a", "1");
    put(hub, "/a", "2");
    CHECK(read_all(cursor) == Texts{"/a 1", "/a 2"});
    put(hub, "/a", "3");
    put(hub, "/a", "4");
    CHECK(cursor.take_missed() == 0);
    put(hub, "/a", "5");
    CHECK(cursor.take_missed() == 1);
    CHECK(read_all(cursor) == Texts{"/a 4", "/a 5"});
  }
  SUBCASE("what it would have passed over is not missed") {
    HubLimits limits;
    limits.history = 1;
    Hub hub(limits, kStartId);
    HubCursor cursor(hub, {kMine, "/a"});
    put_as(hub, kTheirs, "/a", "1");
    put_as(hub, kMine, "/a", "2");
    put_as(hub, kTheirs, "/b", "3");
    put_as(hub, kTheirs, "/b", "4");
    put_as(hub, kTheirs, "/a", "5");
    CHECK(cursor.take_missed() == 1);
    CHECK(read_all(cursor) == Texts{"/a 5"});
  }
  SUBCASE("by age, all of it") {
    HubLimits limits;
    limits.history_age = 1000ms;
    Hub hub(limits, kStartId);
    HubCursor cursor(hub, {});
    put(hub, "/a", "1");
    put(hub, "/b", "2");
    hub.expire(kStart + 1h);
    CHECK(cursor.take_missed() == 2);
    CHECK_FALSE(cursor.has_next());
    CHECK(cursor.next() == nullptr);
    put(hub, "/a", "3", kStart + 1h);
    CHECK(read_all(cursor) == Texts{"/a 3"});
  }
  SUBCASE("by the hub's memory") {
    HubLimits limits;
    limits.memory = channel_cost("/x") + 4 * entry_cost(1000) + 256;
    Hub hub(limits, kStartId);
    HubCursor cursor(hub, {});
    for (int i = 0; i < 10; ++i) put(hub, "/x", std::string(1000, static_cast<char>('0' + i)));
    const std::uint64_t missed = cursor.take_missed();
    CHECK(missed > 0);
    CHECK(missed + read_all(cursor).size() == 10);
  }
  SUBCASE("with the channel that is dropped") {
    HubLimits limits;
    limits.max_channels = 2;
    Hub hub(limits, kStartId);
    HubCursor cursor(hub, {});
    put(hub, "/a", "1");
    put(hub, "/b", "2");
    put(hub, "/a", "3");
    put(hub, "/c", "4");  // drops /b, the least recently used
    CHECK(hub.find("/b") == nullptr);
    CHECK(cursor.take_missed() == 1);
    CHECK(read_all(cursor) == Texts{"/a 1", "/a 3", "/c 4"});
  }
}

TEST_CASE("a channel remembers that it had a message") {
  HubLimits limits;
  limits.history_age = 1000ms;
  Hub hub(limits, kStartId);
  CHECK_FALSE(hub.open("/a")->ever_published());
  put(hub, "/a", "1");
  CHECK(hub.find("/a")->ever_published());
  hub.expire(kStart + 1h);
  REQUIRE(hub.find("/a")->empty());
  CHECK(hub.find("/a")->ever_published());
}

TEST_CASE("cursor and hub may go in either order") {
  auto hub = std::make_unique<Hub>(HubLimits{}, kStartId);
  auto first = std::make_unique<HubCursor>(*hub, HubCursor::Options{});
  auto second = std::make_unique<HubCursor>(*hub, HubCursor::Options{});
  put(*hub, "/a", "1");
  first.reset();
  put(*hub, "/a", "2");
  hub.reset();
  CHECK(second->next() == nullptr);
  second.reset();
}

TEST_CASE("under random use every message is read or missed, once, and in order") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    HubLimits limits;
    limits.history = 1 + random.next() % 6;
    limits.max_channels = 1 + random.next() % 5;
    limits.history_age = Milliseconds(50);
    limits.memory = 20'000;
    Hub hub(limits, kStartId);
    std::optional<HubCursor> cursor(std::in_place, hub, HubCursor::Options{kMine, ""});
    SteadyTime now = kStart;
    std::uint64_t wanted = 0;
    std::uint64_t accounted = 0;
    std::uint64_t last = 0;
    const auto read_one = [&] {
      const Entry* const entry = cursor->next();
      if (entry == nullptr) return false;
      CHECK(entry->sequence > last);
      CHECK(entry->origin != kMine);
      last = entry->sequence;
      ++accounted;
      return true;
    };
    for (int step = 0; step < 600; ++step) {
      now += Milliseconds(random.next() % 5);
      switch (random.next() % 4) {
        case 0:
        case 1: {
          const bool mine = random.next() % 3 == 0;
          std::string name = "/";
          name += static_cast<char>('a' + random.next() % 8);
          put_as(hub, mine ? kMine : kTheirs, name, std::string(random.next() % 3000, 'x'), now);
          wanted += mine ? 0 : 1;
          break;
        }
        case 2:
          hub.expire(now);
          break;
        default:
          for (std::uint64_t n = random.next() % 4; n > 0; --n) read_one();
      }
    }
    while (read_one()) {
    }
    accounted += cursor->take_missed();
    CHECK(accounted == wanted);
  }
}
