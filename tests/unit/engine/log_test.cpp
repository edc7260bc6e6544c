#include "engine/log.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "engine/hub.hpp"
#include "engine/memory_log.hpp"
#include "late_log.hpp"
#include "log_suite.hpp"

using namespace rt;

namespace {

struct TestedMemoryLog final : TestedLog {
  MessageLog& log() override { return memory; }
  void settle() override {}
  MemoryLog memory{kEpoch};
};

struct TestedLateLog final : TestedLog {
  explicit TestedLateLog(LateLog::First its_order) : order(its_order) {}
  MessageLog& log() override { return late; }
  void settle() override {
    while (late.appending() > 0) late.complete(order);
    while (late.reading() > 0) late.complete_read();
  }
  LateLog late{{kEpoch, 41}};
  LateLog::First order;
};

}  // namespace

TEST_CASE("a log in memory keeps what every log promises") {
  check_log([] { return std::make_unique<TestedMemoryLog>(); });
}

TEST_CASE("a log that completes later keeps it, too") {
  for (const auto order : {LateLog::First::tail, LateLog::First::listener})
    check_log([&] { return std::make_unique<TestedLateLog>(order); });
}

TEST_CASE("a log in memory does all within the call, and nothing lies behind it") {
  MemoryLog log(UINT64_MAX);
  CHECK(log.start() == MessageId{0xFFFFFFFFFF, 0});
  TailRecorder tail;
  AppendRecorder done;
  log.follow(tail);
  append(log, done, "/a", {"1", "2"});
  CHECK(done.ids == std::vector<MessageId>{{0xFFFFFFFFFF, 1}});
  CHECK(tail.items.size() == 2);
  PastRecorder past;
  log.read("/a", 0, 10, past);
  CHECK(past.calls == 1);
  CHECK_FALSE(past.whole);
  CHECK(past.records.empty());
}

TEST_CASE("hub: begins where the log is, and takes sequences as they come") {
  Hub hub({}, {kEpoch, 100});
  CHECK(hub.last_sequence() == 100);
  CHECK(hub.open("/a")->floor() == 100);
  CHECK(hub.open("/a")->after({kEpoch, 100}).gap == false);
  const Start before = hub.open("/a")->after({kEpoch, 99});
  CHECK(before.gap);
  CHECK(before.known);
  for (const std::uint64_t sequence :
       {std::uint64_t{105}, std::uint64_t{106}, std::uint64_t{200}}) {
    Record record{"/a", message_of(std::to_string(sequence)), nullptr, nullptr, sequence};
    REQUIRE(hub.apply(record, kStart) != nullptr);
    CHECK(hub.last_sequence() == sequence);
  }
  CHECK(payloads(*hub.find("/a"), hub.find("/a")->after({kEpoch, 105}).position) ==
        std::vector<std::string>{"106", "200"});
}

TEST_CASE("hub: a message that no window has room for is a gap to whoever asks, and missed") {
  HubLimits limits;
  limits.max_channels = 1;
  Hub hub(limits, kStartId);
  HubCursor all(hub, {});
  HubCursor elsewhere(hub, {nullptr, "/a"});
  {
    Reader reader;
    hub.open("/a")->attach(reader, 0);
    Record record{"/b", message_of("1"), nullptr, nullptr, 1};
    CHECK(hub.apply(record, kStart) == nullptr);
  }
  CHECK(hub.last_sequence() == 1);
  CHECK(hub.evicted() == 1);
  CHECK(all.take_missed() == 1);
  CHECK(elsewhere.take_missed() == 0);
  REQUIRE(hub.open("/b") != nullptr);
  CHECK(hub.find("/b")->after({kEpoch, 0}).gap);
  CHECK_FALSE(hub.find("/b")->after({kEpoch, 1}).gap);
}

TEST_CASE("hub: in another epoch every cursor of old sees a gap, and who is here reads on") {
  Hub hub({}, kStartId);
  put(hub, "/a", "1");
  Reader reader;
  Channel& channel = *hub.find("/a");
  channel.attach(reader, channel.end());
  Reader behind;
  channel.attach(behind, 0);
  hub.rotate({kEpoch + 1, 5});
  CHECK(hub.epoch() == kEpoch + 1);
  CHECK(hub.last_sequence() == 5);
  CHECK(channel.empty());
  CHECK(channel.missed_before(reader.position) == 0);
  CHECK(channel.missed_before(behind.position) == 1);
  const Start old = channel.after({kEpoch, 1});
  CHECK(old.gap);
  CHECK_FALSE(old.known);
  CHECK(put(hub, "/a", "2") == MessageId{kEpoch + 1, 6});
  CHECK(payloads(channel, reader.position) == std::vector<std::string>{"2"});
  // What came before bears the epoch that it had.
  CHECK(hub.id_of(1) == MessageId{kEpoch, 1});
  CHECK(hub.id_of(6) == MessageId{kEpoch + 1, 6});
  CHECK_FALSE(channel.after(hub.cursor_of(channel)).gap);
}
