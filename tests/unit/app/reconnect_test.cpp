#include "app/reconnect.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <deque>

#include "base/log.hpp"
#include "unit/io/http/test_server.hpp"
#include "unit/io/loop.hpp"

namespace rt {
namespace {

using test::drive;
using test::run_until;

Error network(std::string text = "broken") {
  return Error(Fault::network, std::move(text));
}

Batch batch_of(std::initializer_list<const char*> payloads) {
  Batch batch;
  for (const char* const payload : payloads) {
    auto message = std::make_shared<Message>();
    message->payload = payload;
    batch.push_back(std::move(message));
  }
  return batch;
}

// A transport that does what the test has written down. Where nothing is left it works: it opens,
// it takes everything, and its reads wait.
class FakeLink final : public Connection {
 public:
  explicit FakeLink(Reactor& reactor) : changed_(reactor.executor()) {}

  asio::awaitable<Result<void>> open() override {
    ++opens;
    opened_at.push_back(std::chrono::steady_clock::now());
    CHECK_FALSE(opening_);  // one at a time
    opening_ = true;
    co_await asio::post(changed_executor(), asio::use_awaitable);
    opening_ = false;
    Result<void> result;
    if (!open_results.empty()) {
      result = open_results.front();
      open_results.pop_front();
    }
    open_ = result.ok() && !closes_at_once;
    for_good = for_good || closes_at_once;
    was_open = was_open || open_;
    co_return result;
  }
  bool is_open() const override { return always_open || open_; }
  bool established() const override { return was_open; }

  asio::awaitable<Result<Batch>> read() override {
    while (reads.empty() && is_open()) co_await changed_.wait();
    if (reads.empty()) co_return network("lost while reading");
    Result<Batch> result = reads.front();
    reads.pop_front();
    if (!result || result->empty()) lose();
    if (result && !result->empty()) was_open = true;
    co_return result;
  }
  void break_off(const Error& why) override {
    ++break_offs;
    reads.push_back(why);
    lose();
  }
  asio::awaitable<Result<void>> write(Messages& rest) override {
    ++write_calls;
    if (!is_open()) co_return network("not open");
    if (!write_results.empty()) {
      auto [taken, result] = write_results.front();
      write_results.pop_front();
      for (std::size_t i = 0; i < taken; ++i) written += rest[i]->payload;
      rest = rest.subspan(taken);
      if (!result) lose();
      co_return result;
    }
    for (const MessagePtr& message : rest) written += message->payload;
    rest = {};
    was_open = true;
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> flush() override {
    if (flush_results.empty()) co_return Result<void>();
    Result<void> result = flush_results.front();
    flush_results.pop_front();
    if (!result) lose();
    co_return result;
  }
  Ending ending() const override {
    return {.for_good = for_good, .wish = wished, .reconnection_time = first_delay};
  }

  void lose() {
    open_ = false;
    changed_.notify_all();
  }
  void give(Result<Batch> result) {
    reads.push_back(std::move(result));
    changed_.notify_all();
  }

  bool always_open = false;
  bool closes_at_once = false;  // when it stands, and for good
  bool was_open = false;
  bool for_good = false;
  std::deque<Result<void>> open_results;
  std::deque<Result<Batch>> reads;
  std::deque<std::pair<std::size_t, Result<void>>> write_results;
  std::deque<Result<void>> flush_results;
  std::optional<Milliseconds> wished;
  std::optional<Milliseconds> first_delay = 10ms;
  int opens = 0;
  int break_offs = 0;
  int write_calls = 0;
  std::string written;
  std::vector<SteadyTime> opened_at;

 private:
  asio::any_io_executor changed_executor() { return executor_; }

  Notifier changed_;
  bool opening_ = false;
  bool open_ = false;

 public:
  asio::any_io_executor executor_;
};

struct Fixture {
  explicit Fixture(ReconnectOptions options = {}) : link(reactor) {
    Log::configure("test", LogLevel::quiet);
    link.executor_ = reactor.executor();
    mending.emplace(reactor, link, "x://peer", options);
  }
  Result<void> connect() {
    Result<void> result;
    REQUIRE(
        drive(reactor, [&]() -> asio::awaitable<void> { result = co_await mending->connect(); }));
    return result;
  }
  Result<Batch> read() {
    Result<Batch> result = Batch();
    REQUIRE(drive(reactor, [&]() -> asio::awaitable<void> { result = co_await mending->read(); }));
    return result;
  }
  Result<void> write(const Batch& batch) {
    Result<void> result;
    REQUIRE(drive(reactor,
                  [&]() -> asio::awaitable<void> { result = co_await mending->write(batch); }));
    return result;
  }

  Reactor reactor;
  FakeLink link;
  std::optional<Reconnecting> mending;
};

TEST_CASE("a failed first connection is final") {
  Fixture fixture;
  fixture.link.open_results = {network("refused")};
  const Result<void> result = fixture.connect();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().fault() == Fault::network);
  CHECK(result.error().text() == "x://peer: refused (--retry keeps trying)");
  CHECK(fixture.link.opens == 1);
  Fixture hinted;
  hinted.link.open_results = {Error(Fault::network, "late (by much)").with_hint("--limit")};
  CHECK(hinted.connect().error().text() == "x://peer: late (by much) (--limit)");
  Fixture in_brackets;
  in_brackets.link.open_results = {network("late (by much)")};
  CHECK(in_brackets.connect().error().text() == "x://peer: late (by much) (--retry keeps trying)");
  // Also where the first use is what connects.
  Fixture reading;
  reading.link.always_open = true;
  reading.link.give(network("no answer"));
  CHECK_FALSE(reading.read().ok());
}

TEST_CASE("--retry: the first connection is tried again, but not after a fatal refusal") {
  Fixture fixture({.retry_first = true});
  fixture.link.open_results = {network(), network(), Result<void>()};
  CHECK(fixture.connect().ok());
  CHECK(fixture.link.opens == 3);
  CHECK(fixture.mending->reconnects() == 2);

  Fixture refused({.retry_first = true});
  refused.link.open_results = {network(), Error(Fault::refused, "401").as_fatal()};
  const Result<void> result = refused.connect();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().fault() == Fault::refused);
  CHECK(refused.link.opens == 2);
}

TEST_CASE("a later loss is mended") {
  Fixture fixture;
  fixture.link.reads = {batch_of({"1"}), network(), batch_of({"2"}), Batch(), batch_of({"3"})};
  for (const char* const payload : {"1", "2", "3"}) {
    const Result<Batch> batch = fixture.read();
    REQUIRE(batch.ok());
    REQUIRE(batch->size() == 1);
    CHECK(batch->front()->payload == payload);
  }
  CHECK(fixture.link.opens == 3);
}

TEST_CASE("a later loss with --no-reconnect, or with a fatal answer, is the end") {
  Fixture fixture({.reconnect = false});
  fixture.link.reads = {batch_of({"1"}), network("broken")};
  CHECK(fixture.read().ok());
  const Result<Batch> lost = fixture.read();
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().fault() == Fault::closed);
  CHECK(lost.error().text() == "x://peer: broken (--no-reconnect)");

  Fixture refused;
  refused.link.reads = {batch_of({"1"}), network()};
  refused.link.open_results = {Result<void>(), Error(Fault::refused, "403").as_fatal()};
  CHECK(refused.read().ok());
  const Result<Batch> result = refused.read();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().text() == "x://peer: 403");
  CHECK(refused.link.opens == 2);
}

TEST_CASE("a read that waits for too long breaks the connection off, and only then") {
  Fixture fixture({.idle_timeout = 20ms});
  fixture.link.reads = {batch_of({"1"})};
  CHECK(fixture.read().ok());
  CHECK(fixture.link.break_offs == 0);
  // The next connection brings something when it is asked.
  bool given = false;
  Result<Batch> batch = Batch();
  REQUIRE(drive(fixture.reactor, [&]() -> asio::awaitable<void> {
    const auto give = [&]() -> asio::awaitable<void> {
      asio::steady_timer poll(fixture.reactor.context());
      while (fixture.link.opens < 2) {
        poll.expires_after(1ms);
        co_await poll.async_wait(asio::use_awaitable);
      }
      given = true;
      fixture.link.give(batch_of({"2"}));
    };
    asio::co_spawn(fixture.reactor.context(), give, asio::detached);
    batch = co_await fixture.mending->read();
  }));
  CHECK(given);
  REQUIRE(batch.ok());
  CHECK(batch->front()->payload == "2");
  CHECK(fixture.link.break_offs == 1);
  CHECK(fixture.mending->reconnects() == 1);

  Fixture once({.reconnect = false, .idle_timeout = 20ms});
  once.link.reads = {batch_of({"1"})};
  CHECK(once.read().ok());
  const Result<Batch> ended = once.read();
  REQUIRE_FALSE(ended.ok());
  CHECK(ended.error().fault() == Fault::closed);
}

TEST_CASE("an end that the peer meant is the end") {
  Fixture fixture;
  fixture.link.for_good = true;
  fixture.link.reads = {Batch()};
  const Result<Batch> result = fixture.read();
  REQUIRE(result.ok());
  CHECK(result->empty());
  CHECK(fixture.link.opens == 1);
}

TEST_CASE("what was accepted is not written again, and everything else is") {
  Fixture fixture;
  fixture.link.write_results = {{2, network()}, {0, network()}, {1, network()}};
  CHECK(fixture.write(batch_of({"a", "b", "c", "d", "e"})).ok());
  CHECK(fixture.link.written == "abcde");
  CHECK(fixture.link.write_calls == 4);
  CHECK(fixture.link.opens == 4);
  CHECK(fixture.write({}).ok());
  CHECK(fixture.link.write_calls == 4);
}

TEST_CASE("finish flushes, over a new connection if it must") {
  Fixture fixture;
  fixture.link.flush_results = {network()};
  CHECK(fixture.write(batch_of({"a"})).ok());
  bool finished = false;
  REQUIRE(drive(fixture.reactor, [&]() -> asio::awaitable<void> {
    finished = (co_await fixture.mending->finish()).ok();
  }));
  CHECK(finished);
  CHECK(fixture.link.opens == 2);
}

TEST_CASE("the peer's wish is kept, and pauses grow up to the most") {
  Fixture fixture({.retry_first = true, .most = 40ms});
  fixture.link.wished = 120ms;
  fixture.link.open_results = {network(), Result<void>()};
  CHECK(fixture.connect().ok());
  REQUIRE(fixture.link.opened_at.size() == 2);
  CHECK(fixture.link.opened_at[1] - fixture.link.opened_at[0] >= 120ms);

  Fixture growing({.retry_first = true, .most = 40ms});
  for (int i = 0; i < 5; ++i) growing.link.open_results.push_back(network());
  CHECK(growing.connect().ok());
  const auto& at = growing.link.opened_at;
  REQUIRE(at.size() == 6);
  CHECK(at[1] - at[0] >= 5ms);   // 10 ms, at least half of it
  CHECK(at[5] - at[4] >= 20ms);  // 40 ms
  CHECK(at[5] - at[4] < 1s);
}

TEST_CASE("pauses go on growing for as long as a loss lasts") {
  Fixture growing({.retry_first = true, .first = 20ms, .most = 2s});
  growing.link.first_delay.reset();
  for (int i = 0; i < 5; ++i) growing.link.open_results.push_back(network());
  CHECK(growing.connect().ok());
  const auto& at = growing.link.opened_at;
  REQUIRE(at.size() == 6);
  CHECK(at[5] - at[4] >= 160ms);  // 320 ms, at least half of it
}

TEST_CASE("reader and writer share one reconnection") {
  Fixture fixture;
  fixture.link.first_delay = 60ms;
  REQUIRE(fixture.connect().ok());
  std::string read;
  asio::co_spawn(
      fixture.reactor.context(),
      [&]() -> asio::awaitable<void> {
        for (;;) {
          const Result<Batch> batch = co_await fixture.mending->read();
          if (!batch || batch->empty()) co_return;
          for (const MessagePtr& message : *batch) read += message->payload;
        }
      },
      asio::detached);
  fixture.link.give(batch_of({"r"}));
  REQUIRE(run_until(fixture.reactor, [&] { return read == "r"; }));

  // Both lose the connection; the writer notices by writing.
  fixture.link.write_results = {{0, network("broken pipe")}};
  const SteadyTime lost = std::chrono::steady_clock::now();
  CHECK(fixture.write(batch_of({"w"})).ok());
  CHECK(fixture.link.written == "w");
  CHECK(fixture.link.opens == 2);
  CHECK(fixture.mending->reconnects() == 1);
  CHECK(fixture.link.opened_at[1] - lost >= 30ms);
  fixture.link.give(batch_of({"s"}));
  REQUIRE(run_until(fixture.reactor, [&] { return read == "rs"; }));

  // The reader notices; a writer that comes during the pause does not cut it short.
  const SteadyTime again = std::chrono::steady_clock::now();
  fixture.link.lose();
  test::run_for(fixture.reactor, 5ms);
  CHECK(fixture.link.opens == 2);
  CHECK(fixture.write(batch_of({"x"})).ok());
  CHECK(fixture.link.written == "wx");
  CHECK(fixture.link.opens == 3);
  CHECK(fixture.link.opened_at[2] - again >= 30ms);
  CHECK(fixture.mending->reconnects() == 2);
}

TEST_CASE("one opens, the others wait, and after the last word nobody connects") {
  Fixture fixture;
  REQUIRE(fixture.connect().ok());
  std::optional<Result<Batch>> read;
  asio::co_spawn(
      fixture.reactor.context(),
      [&]() -> asio::awaitable<void> { read = co_await fixture.mending->read(); }, asio::detached);
  test::run_ready(fixture.reactor);
  // Lost; the next connection is closed for good as soon as it stands, while the writer waits.
  fixture.link.closes_at_once = true;
  fixture.link.lose();
  const Result<void> written = fixture.write(batch_of({"w"}));
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().fault() == Fault::closed);
  CHECK(written.error().text() == "x://peer: the connection was closed by the peer");
  CHECK(fixture.mending->unwritten() == 1);
  REQUIRE(run_until(fixture.reactor, [&] { return read.has_value(); }));
  CHECK(fixture.link.opens == 2);
  CHECK_FALSE(fixture.write(batch_of({"w"})).ok());
  CHECK(fixture.link.opens == 2);
  CHECK(fixture.link.written.empty());
}

TEST_CASE("pauses grow though each connection brings a message") {
  Fixture fixture({.most = 400ms});
  for (int i = 0; i < 4; ++i) {
    fixture.link.reads.push_back(batch_of({"m"}));
    fixture.link.reads.push_back(Batch());
  }
  fixture.link.reads.push_back(batch_of({"last"}));
  for (int i = 0; i < 5; ++i) REQUIRE(fixture.read().ok());
  const auto& at = fixture.link.opened_at;
  REQUIRE(at.size() == 5);
  CHECK(at[1] - at[0] >= 50ms);   // 100 ms, at least half of it
  CHECK(at[3] - at[2] >= 200ms);  // 400 ms
}

TEST_CASE("a transport without a connection of its own pauses between its attempts") {
  Fixture fixture;
  fixture.link.always_open = true;
  fixture.link.first_delay = 40ms;
  fixture.link.reads = {batch_of({"1"}), network(), batch_of({"2"})};
  CHECK(fixture.read().ok());
  const SteadyTime start = std::chrono::steady_clock::now();
  CHECK(fixture.read().ok());
  CHECK(std::chrono::steady_clock::now() - start >= 20ms);
  CHECK(fixture.link.opens == 0);
}

}  // namespace
}  // namespace rt
