#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/log.hpp"
#include "hub_fixture.hpp"

namespace rt {

// A log under test. A new one is empty.
struct TestedLog {
  virtual ~TestedLog() = default;
  virtual MessageLog& log() = 0;
  // Goes on until whatever was asked of the log has been answered and the tail has brought it.
  virtual void settle() = 0;
};
using MakeLog = std::function<std::unique_ptr<TestedLog>()>;

// Keeps what the tail brings.
struct TailRecorder final : LogTail {
  struct Item {
    std::string channel;
    MessagePtr message;
    const void* origin;
    std::uint64_t sequence;
  };
  void on_records(std::span<Record> records) override {
    for (Record& record : records)
      items.push_back(
          {std::string(record.channel), std::move(record.message), record.origin, record.sequence});
  }
  void on_epoch(const MessageId& at) override { epochs.push_back(at); }

  std::vector<Item> items;
  std::vector<MessageId> epochs;
};

struct AppendRecorder final : AppendListener {
  void on_appended(const Result<MessageId>& first) override {
    REQUIRE(first.ok());
    ids.push_back(*first);
  }
  std::vector<MessageId> ids;
};

struct PastRecorder final : PastListener {
  void on_past(Result<Past> past) override {
    ++calls;
    REQUIRE(past.ok());
    whole = past->whole;
    records.clear();
    for (Record& record : past->records)
      records.emplace_back(record.sequence, record.message->payload);
  }
  int calls = 0;
  bool whole = false;
  std::vector<std::pair<std::uint64_t, std::string>> records;
};

// A batch of messages with these payloads.
inline std::vector<Record> batch_to(std::string_view channel,
                                    const std::vector<std::string>& payloads,
                                    const void* origin = nullptr) {
  std::vector<Record> batch;
  for (const std::string& payload : payloads)
    batch.push_back({channel, message_of(payload), origin});
  return batch;
}

inline void append(MessageLog& log, AppendListener& done, std::string_view channel,
                   const std::vector<std::string>& payloads, const void* origin = nullptr) {
  std::vector<Record> batch = batch_to(channel, payloads, origin);
  log.append(batch, done);
}

// --- what every log promises ---------------------------------------------------------------------

inline void check_ids_and_tail(TestedLog& tested) {
  MessageLog& log = tested.log();
  TailRecorder tail;
  AppendRecorder done;
  AppendRecorder other;
  const int token = 0;
  const MessageId start = log.start();
  log.follow(tail);
  append(log, done, "/a", {"1", "2", "3"}, &token);
  append(log, other, "/b", {"4"});
  append(log, done, "/a", {"5", "6"});
  tested.settle();

  REQUIRE(done.ids.size() == 2);
  REQUIRE(other.ids.size() == 1);
  // One epoch; in a batch one after the other; later batches behind earlier ones.
  for (const MessageId& id : {done.ids[0], other.ids[0], done.ids[1]})
    CHECK(id.epoch == start.epoch);
  CHECK(start.epoch <= 0xFF'FFFF'FFFF);
  CHECK(done.ids[0].sequence > start.sequence);
  CHECK(other.ids[0].sequence > done.ids[0].sequence + 2);
  CHECK(done.ids[1].sequence > other.ids[0].sequence);

  const std::uint64_t first = done.ids[0].sequence;
  const struct {
    const char* channel;
    const char* payload;
    const void* origin;
    std::uint64_t sequence;
  } expected[] = {
      {"/a", "1", &token, first},
      {"/a", "2", &token, first + 1},
      {"/a", "3", &token, first + 2},
      {"/b", "4", nullptr, other.ids[0].sequence},
      {"/a", "5", nullptr, done.ids[1].sequence},
      {"/a", "6", nullptr, done.ids[1].sequence + 1},
  };
  REQUIRE(tail.items.size() == std::size(expected));
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    CAPTURE(i);
    CHECK(tail.items[i].channel == expected[i].channel);
    CHECK(tail.items[i].message->payload == expected[i].payload);
    CHECK(tail.items[i].origin == expected[i].origin);
    CHECK(tail.items[i].sequence == expected[i].sequence);
  }
  CHECK(tail.epochs.empty());
}

// Whatever the log keeps, it says: all that came after the cursor, or that some is gone.
inline void check_past(TestedLog& tested) {
  MessageLog& log = tested.log();
  TailRecorder tail;
  AppendRecorder done;
  log.follow(tail);
  for (int i = 1; i <= 9; ++i) append(log, done, i % 3 == 0 ? "/b" : "/a", {std::to_string(i)});
  tested.settle();
  REQUIRE(done.ids.size() == 9);
  for (std::size_t after = 0; after <= 9; ++after) {
    const std::uint64_t cursor = after == 0 ? log.start().sequence : done.ids[after - 1].sequence;
    std::vector<std::pair<std::uint64_t, std::string>> all;
    for (std::size_t i = after; i < 9; ++i)
      if (i % 3 != 2) all.emplace_back(done.ids[i].sequence, std::to_string(i + 1));
    for (const std::size_t limit : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
      CAPTURE(after);
      CAPTURE(limit);
      PastRecorder past;
      log.read("/a", cursor, limit, past);
      tested.settle();
      REQUIRE(past.calls == 1);
      CHECK(past.records.size() <= limit);
      if (past.whole) {
        REQUIRE(past.records.size() == std::min(limit, all.size()));
        for (std::size_t i = 0; i < past.records.size(); ++i) CHECK(past.records[i] == all[i]);
      } else {
        // What it has of them is a stretch of them.
        const auto at = past.records.empty()
                            ? all.end()
                            : std::find(all.begin(), all.end(), past.records.front());
        REQUIRE(static_cast<std::size_t>(all.end() - at) >= past.records.size());
        for (std::size_t i = 0; i < past.records.size(); ++i)
          CHECK(past.records[i] == at[static_cast<std::ptrdiff_t>(i)]);
      }
    }
  }
  PastRecorder nothing;
  log.read("/never", log.start().sequence, 10, nothing);
  tested.settle();
  CHECK(nothing.calls == 1);
  CHECK(nothing.records.empty());
}

inline void check_past_is_bounded_by_bytes(TestedLog& tested) {
  MessageLog& log = tested.log();
  TailRecorder tail;
  AppendRecorder done;
  log.follow(tail);
  const std::string large(MessageLog::kPastBytes / 2 + 1, 'x');
  append(log, done, "/a", {large, large, large, large});
  tested.settle();
  PastRecorder past;
  log.read("/a", log.start().sequence, 100, past);
  tested.settle();
  CHECK(past.calls == 1);
  CHECK(past.records.size() <= 2);
  if (past.whole) CHECK_FALSE(past.records.empty());
}

// Whoever is gone is not called; what it appended is there all the same.
inline void check_forgotten(TestedLog& tested) {
  MessageLog& log = tested.log();
  TailRecorder tail;
  AppendRecorder stays;
  log.follow(tail);
  {
    AppendRecorder goes;
    append(log, goes, "/a", {"1", "2"});
    append(log, stays, "/a", {"3"});
    append(log, goes, "/a", {"4"});
    log.forget(goes);
  }
  {
    PastRecorder goes;
    log.read("/a", log.start().sequence, 10, goes);
    log.forget(goes);
  }
  tested.settle();
  CHECK(stays.ids.size() == 1);
  REQUIRE(tail.items.size() == 4);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(tail.items[i].message->payload == std::to_string(i + 1));
}

inline void check_health(TestedLog& tested) {
  CHECK(tested.log().health().ok);
  for (const Metric& metric : tested.log().metrics()) {
    CHECK_FALSE(metric.name.empty());
    CHECK((metric.type == "counter" || metric.type == "gauge"));
  }
}

// Runs over a new log for each promise: later kinds of logs call it with their own.
inline void check_log(const MakeLog& make) {
  const struct {
    const char* what;
    void (*check)(TestedLog&);
  } promises[] = {
      {"ids and the tail", check_ids_and_tail},
      {"what lies behind", check_past},
      {"bytes of what lies behind", check_past_is_bounded_by_bytes},
      {"who is forgotten", check_forgotten},
      {"health", check_health},
  };
  for (const auto& promise : promises) {
    CAPTURE(promise.what);
    const std::unique_ptr<TestedLog> tested = make();
    promise.check(*tested);
  }
}

}  // namespace rt
