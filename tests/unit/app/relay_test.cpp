#include "app/relay.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <deque>

#include "app/relay_buffer.hpp"
#include "base/log.hpp"
#include "unit/io/loop.hpp"

namespace rt {
namespace {

using test::run_ready;
using test::run_until;

MessagePtr message_of(std::string payload, std::string channel = {}) {
  auto message = std::make_shared<Message>();
  message->payload = std::move(payload);
  message->channel = std::move(channel);
  return message;
}

Batch batch_of(std::initializer_list<const char*> payloads) {
  Batch batch;
  for (const char* const payload : payloads) batch.push_back(message_of(payload));
  return batch;
}

// Gives what the test has put into it, one batch a read, and waits when there is nothing.
class FakeSource final : public Source {
 public:
  explicit FakeSource(Reactor& reactor) : changed_(reactor.executor()) {}
  asio::awaitable<Result<Batch>> read() override {
    while (waiting.empty()) co_await changed_.wait();
    Result<Batch> next = std::move(waiting.front());
    waiting.pop_front();
    ++reads;
    if (next) given += next->size();
    co_return next;
  }
  bool commits() const override { return acknowledged; }
  void commit(std::size_t number) override {
    committed = given - number;
    left.push_back(number);
  }

  void give(Result<Batch> batch) {
    waiting.push_back(std::move(batch));
    changed_.notify_all();
  }
  void end() { give(Batch()); }

  std::deque<Result<Batch>> waiting;
  std::size_t reads = 0;
  std::size_t given = 0;
  std::size_t committed = 0;
  std::vector<std::size_t> left;
  bool acknowledged = false;

 private:
  Notifier changed_;
};

// Takes batches, unless it is told to hold them, to withhold their acknowledgement, or to fail.
class FakeSink final : public Sink {
 public:
  explicit FakeSink(Reactor& reactor) : changed_(reactor.executor()) {}
  asio::awaitable<Result<void>> write(Messages batch) override {
    CHECK_FALSE(writing_);
    writing_ = true;
    while (held) co_await changed_.wait();
    writing_ = false;
    ++writes;
    if (failure) co_return *failure;
    for (const MessagePtr& message : batch) {
      written += message->payload;
      messages.push_back(message);
    }
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> finish() override {
    while (unfinished) co_await changed_.wait();
    ++finishes;
    finished = messages.size();
    co_return Result<void>();
  }
  std::optional<SinkProgress> progress() const override {
    if (!tells_progress) return std::nullopt;
    return SinkProgress{messages.size(), settled};
  }
  asio::awaitable<Result<void>> settle(std::uint64_t number) override {
    while (settled < number && !refusal) co_await changed_.wait();
    if (refusal) co_return *refusal;
    co_return Result<void>();
  }
  void change() { changed_.notify_all(); }

  bool tells_progress = false;
  std::uint64_t settled = 0;
  std::optional<Error> refusal;
  bool held = false;
  bool unfinished = false;
  std::optional<Error> failure;
  std::string written;
  std::vector<MessagePtr> messages;
  std::size_t writes = 0;
  std::size_t finishes = 0;
  std::size_t finished = 0;

 private:
  Notifier changed_;
  bool writing_ = false;
};

struct Fixture {
  explicit Fixture(std::size_t number_of_sources = 1, std::size_t number_of_sinks = 1)
      : shutdown(reactor) {
    Log::configure("test", LogLevel::quiet);
    for (std::size_t i = 0; i < number_of_sources; ++i) sources.emplace_back(reactor);
    for (std::size_t i = 0; i < number_of_sinks; ++i) sinks.emplace_back(reactor);
  }
  RelayPath path() {
    RelayPath path;
    for (FakeSource& source : sources) {
      RelayFrom from;
      from.name = "source";
      from.source = &source;
      source.acknowledged = acknowledged;
      from.buffer = buffer;
      path.from.push_back(from);
    }
    for (FakeSink& sink : sinks) path.to.push_back({&sink, payload_only});
    path.route = route;
    return path;
  }
  void start() { start({path()}); }
  void start(std::vector<RelayPath> paths, std::optional<SteadyTime> deadline = std::nullopt) {
    rules.relay_id = "r-own";
    relay.emplace(reactor, shutdown, std::move(paths), rules);
    asio::co_spawn(
        reactor.context(),
        [this, deadline]() -> asio::awaitable<void> {
          result = co_await relay->run(deadline);
          finished = true;
        },
        asio::detached);
  }
  bool until(const std::function<bool()>& condition) { return run_until(reactor, condition); }
  bool until_finished() {
    return until([this] { return finished; });
  }

  Reactor reactor;
  Shutdown shutdown;
  std::deque<FakeSource> sources;
  std::deque<FakeSink> sinks;
  Route route;
  RelayRules rules;
  bool acknowledged = false;
  bool payload_only = false;
  std::optional<std::size_t> buffer;
  std::optional<Relay> relay;
  Result<void> result;
  bool finished = false;
};

TEST_CASE("what the sources give goes to every sink, in order") {
  Fixture fixture(2, 3);
  fixture.start();
  fixture.sources[0].give(batch_of({"a", "b"}));
  fixture.sources[0].give(batch_of({"c"}));
  fixture.sources[0].end();
  REQUIRE(fixture.until([&] { return fixture.sinks[2].written == "abc"; }));
  CHECK_FALSE(fixture.finished);
  fixture.sources[1].give(batch_of({"d"}));
  fixture.sources[1].end();
  REQUIRE(fixture.until_finished());
  CHECK(fixture.result.ok());
  for (const FakeSink& sink : fixture.sinks) {
    CHECK(sink.written == "abcd");
    CHECK(sink.finished == 4);
  }
  CHECK(fixture.relay->passed() == 4);
  CHECK(fixture.relay->figures().front().messages == 4);
  CHECK(fixture.relay->figures().front().lag == 0);
}

TEST_CASE("a source is told only when every sink has finished") {
  Fixture fixture(1, 2);
  fixture.acknowledged = true;
  fixture.sinks[1].unfinished = true;
  fixture.start();
  fixture.sources[0].give(batch_of({"a", "b"}));
  fixture.sources[0].give(batch_of({"c"}));
  REQUIRE(fixture.until([&] { return fixture.sinks[0].finished == 3; }));
  run_ready(fixture.reactor);
  CHECK(fixture.sinks[1].written.starts_with("ab"));
  CHECK(fixture.sources[0].committed == 0);
  fixture.sinks[1].unfinished = false;
  fixture.sinks[1].change();
  REQUIRE(fixture.until([&] { return fixture.sources[0].committed == 3; }));
  CHECK(fixture.sinks[1].finished == 3);
  fixture.sources[0].end();
  REQUIRE(fixture.until_finished());
  CHECK(fixture.result.ok());
}

TEST_CASE("reading goes on while a part waits to be committed") {
  Fixture fixture(1, 2);
  fixture.acknowledged = true;
  Result<Route> route = Route::make({}, {"x"});
  REQUIRE(route.ok());
  fixture.route = std::move(*route);
  const std::vector<std::size_t>& left = fixture.sources[0].left;
  fixture.sinks[1].unfinished = true;
  fixture.start();
  fixture.sources[0].give(Batch{message_of("a", "/x"), message_of("-", "/y")});
  REQUIRE(fixture.until([&] { return fixture.sinks[0].finished == 1; }));
  fixture.sources[0].give(Batch{message_of("b", "/x")});
  fixture.sources[0].give(Batch{message_of("-", "/y"), message_of("-", "/y")});  // none passes
  REQUIRE(fixture.until([&] { return fixture.sources[0].given == 5; }));
  CHECK(left.empty());
  fixture.sinks[1].unfinished = false;
  fixture.sinks[1].change();
  REQUIRE(fixture.until([&] { return left.size() == 3; }));
  CHECK(left == std::vector<std::size_t>{3, 2, 0});
  fixture.sources[0].end();
  REQUIRE(fixture.until_finished());
  CHECK(fixture.result.ok());
}

TEST_CASE("a sink that tells how far it is: writing goes on, and what it has is committed") {
  Fixture fixture;
  fixture.acknowledged = true;
  FakeSink& sink = fixture.sinks[0];
  FakeSource& source = fixture.sources[0];
  sink.tells_progress = true;
  fixture.start();
  for (int i = 0; i < 100; ++i) source.give(batch_of({"x"}));
  source.give(Batch(100, message_of("y")));
  REQUIRE(fixture.until([&] { return sink.messages.size() == 200; }));
  CHECK(source.committed == 0);
  const auto comes_to = [&](std::uint64_t settled, std::size_t committed) {
    sink.settled = settled;
    sink.change();
    const bool came = fixture.until([&] { return source.committed >= committed; });
    return came && source.committed == committed;
  };
  CHECK(comes_to(3, 3));
  CHECK(comes_to(99, 99));
  // Of a long batch whole parts are.
  CHECK(comes_to(131, 116));
  CHECK(comes_to(200, 200));
  source.end();
  REQUIRE(fixture.until_finished());
  CHECK(fixture.result.ok());
  CHECK(sink.finishes == 1);
  CHECK(fixture.relay->figures().front().lag == 0);
}

TEST_CASE("a sink that tells how far it is, beside another: both must have it") {
  Fixture fixture(1, 2);
  fixture.acknowledged = true;
  fixture.sinks[0].tells_progress = fixture.sinks[1].tells_progress = true;
  fixture.start();
  fixture.sources[0].give(Batch(40, message_of("y")));
  REQUIRE(fixture.until([&] { return fixture.sinks[1].messages.size() == 40; }));
  fixture.sinks[0].settled = 40;
  fixture.sinks[1].settled = 39;
  for (FakeSink& sink : fixture.sinks) sink.change();
  run_ready(fixture.reactor);
  CHECK(fixture.sources[0].committed == 0);
  fixture.sinks[1].settled = 40;
  fixture.sinks[1].change();
  REQUIRE(fixture.until([&] { return fixture.sources[0].committed == 40; }));
  fixture.sources[0].end();
  REQUIRE(fixture.until_finished());
}

TEST_CASE("a sink that tells how far it is, and then refuses: the rest is not committed") {
  Fixture fixture;
  fixture.acknowledged = true;
  fixture.sinks[0].tells_progress = true;
  fixture.start();
  fixture.sources[0].give(batch_of({"a"}));
  fixture.sources[0].give(batch_of({"b"}));
  REQUIRE(fixture.until([&] { return fixture.sinks[0].written == "ab"; }));
  fixture.sinks[0].settled = 1;
  fixture.sinks[0].change();
  REQUIRE(fixture.until([&] { return fixture.sources[0].committed == 1; }));
  fixture.sinks[0].refusal = Error(Fault::refused, "no more");
  fixture.sinks[0].change();
  REQUIRE(fixture.until_finished());
  REQUIRE_FALSE(fixture.result.ok());
  CHECK(fixture.result.error().text() == "no more");
  CHECK(fixture.sources[0].committed == 1);
}

TEST_CASE("a slow sink holds the source back, and what piled up leaves together") {
  Fixture fixture;
  fixture.sinks[0].held = true;
  fixture.start();
  for (int i = 0; i < 100; ++i) fixture.sources[0].give(batch_of({"x"}));
  fixture.sources[0].end();
  run_ready(fixture.reactor);
  CHECK(fixture.sources[0].reads >= 2);
  CHECK(fixture.sources[0].reads < 30);
  CHECK(fixture.relay->figures().front().lag == fixture.sources[0].reads);
  fixture.sinks[0].held = false;
  fixture.sinks[0].change();
  REQUIRE(fixture.until_finished());
  CHECK(fixture.sinks[0].messages.size() == 100);
  CHECK(fixture.sinks[0].writes < 50);

  Fixture large;
  large.sinks[0].held = true;
  large.start();
  for (int i = 0; i < 10; ++i) large.sources[0].give(Batch{message_of(std::string(1u << 20, 'x'))});
  run_ready(large.reactor);
  CHECK(large.sources[0].reads <= 2);
  large.shutdown.request();
  large.sinks[0].held = false;
  large.sinks[0].change();
  REQUIRE(large.until_finished());
}

TEST_CASE("a sink that fails for good ends the relay with its error, uncommitted") {
  Fixture fixture(1, 2);
  fixture.acknowledged = true;
  fixture.sinks[1].failure = Error(Fault::refused, "no more");
  fixture.start();
  fixture.sources[0].give(batch_of({"a"}));
  REQUIRE(fixture.until_finished());
  REQUIRE_FALSE(fixture.result.ok());
  CHECK(fixture.result.error().text() == "no more");
  CHECK(fixture.sources[0].committed == 0);
}

TEST_CASE("a source that fails ends the relay, but what it gave is written") {
  Fixture fixture(2);
  fixture.start();
  fixture.sources[0].give(batch_of({"a", "b"}));
  fixture.sources[0].give(Error(Fault::network, "gone"));
  REQUIRE(fixture.until_finished());
  REQUIRE_FALSE(fixture.result.ok());
  CHECK(fixture.result.error().text() == "gone");
  CHECK(fixture.sinks[0].written == "ab");
  CHECK(fixture.sinks[0].finished == 2);
}

TEST_CASE("told to end: what was read is written, finished and committed") {
  Fixture fixture;
  fixture.acknowledged = true;
  fixture.sinks[0].held = true;
  fixture.start();
  fixture.sources[0].give(batch_of({"a"}));
  REQUIRE(fixture.until([&] { return fixture.sources[0].given == 1; }));
  fixture.shutdown.request(15);
  run_ready(fixture.reactor);
  fixture.sources[0].give(batch_of({"b"}));
  CHECK_FALSE(fixture.finished);
  fixture.sinks[0].held = false;
  fixture.sinks[0].change();
  REQUIRE(fixture.until_finished());
  CHECK(fixture.result.ok());
  CHECK(fixture.sinks[0].written == "a");
  CHECK(fixture.sources[0].committed == 1);
  CHECK(fixture.sources[0].given == 1);
}

TEST_CASE("told to end while a sink is stuck: it is not waited for ever, nor committed") {
  Fixture fixture;
  fixture.acknowledged = true;
  fixture.sinks[0].held = true;
  fixture.start();
  fixture.sources[0].give(batch_of({"a"}));
  REQUIRE(fixture.until([&] { return fixture.sources[0].given == 1; }));
  fixture.shutdown.request(15);
  REQUIRE(fixture.until_finished());
  CHECK(fixture.sources[0].committed == 0);
}

TEST_CASE("the count ends the relay, exactly") {
  Fixture fixture(1, 2);
  fixture.rules.count = 3;
  fixture.start();
  fixture.sources[0].give(batch_of({"a", "b"}));
  fixture.sources[0].give(batch_of({"c", "d"}));
  REQUIRE(fixture.until_finished());
  CHECK(fixture.result.ok());
  for (const FakeSink& sink : fixture.sinks) {
    CHECK(sink.written == "abc");
    CHECK(sink.finishes >= 1);
  }
}

TEST_CASE("what is beyond the count is not committed") {
  Fixture fixture;
  fixture.acknowledged = true;
  fixture.rules.count = 3;
  const std::vector<std::size_t>& left = fixture.sources[0].left;
  fixture.start();
  fixture.sources[0].give(batch_of({"a", "b"}));
  fixture.sources[0].give(batch_of({"c", "d", "e"}));
  REQUIRE(fixture.until_finished());
  CHECK(fixture.sinks[0].written == "abc");
  REQUIRE_FALSE(left.empty());
  CHECK(left.back() == 2);

  Fixture whole;
  whole.acknowledged = true;
  whole.rules.count = 1;
  whole.start();
  whole.sources[0].give(batch_of({"a", "b"}));
  REQUIRE(whole.until_finished());
  CHECK(whole.sinks[0].written == "a");
  CHECK(whole.sources[0].committed == 1);
}

TEST_CASE("the deadline ends the relay and says so") {
  Fixture fixture;
  fixture.start({fixture.path()}, std::chrono::steady_clock::now() + 20ms);
  fixture.sources[0].give(batch_of({"a"}));
  REQUIRE(fixture.until_finished());
  CHECK(fixture.result.ok());
  CHECK(fixture.relay->deadline_passed());
  CHECK(fixture.sinks[0].written == "a");
}

TEST_CASE("messages are marked, mapped and selected; loops are dropped") {
  Fixture fixture;
  Result<Route> route = Route::make({"s#^lab/##", "s#bad#+#"}, {"lab/#"});
  REQUIRE(route.ok());
  fixture.route = std::move(*route);
  fixture.start();
  auto own = std::make_shared<Message>();
  own->channel = "/lab/a";
  own->payload = "own";
  own->via = {"r-other", "r-own"};
  auto far = std::make_shared<Message>();
  far->channel = "/lab/a";
  far->payload = "far";
  far->via.assign(32, "r-x");
  auto rich = std::make_shared<Message>();
  rich->channel = "/lab/b";
  rich->payload = std::string("\0\xff", 2);
  rich->kind = PayloadKind::binary;
  rich->id = "7";
  rich->via = {"r-other"};
  rich->retain = true;
  rich->qos = 2;
  rich->event = "e";
  rich->content_type = "image/png";
  rich->properties = {{"k", "v"}};
  auto gap = std::make_shared<Message>();
  gap->gap = std::make_shared<const Gap>(Gap{"3", 5});
  fixture.sources[0].give(Batch{own, far, message_of("other", "/x"), gap, rich,
                                message_of("unnamed", "/lab/bad"), message_of("n", "/lab/c/d")});
  fixture.sources[0].end();
  REQUIRE(fixture.until_finished());
  const auto& got = fixture.sinks[0].messages;
  REQUIRE(got.size() == 2);
  CHECK(got[0]->payload == rich->payload);
  CHECK(got[0]->kind == PayloadKind::binary);
  CHECK(got[0]->channel == "/b");
  CHECK(got[0]->origin_id == "7");
  CHECK(got[0]->via == std::vector<std::string>{"r-other", "r-own"});
  CHECK(got[0]->retain);
  CHECK(got[0]->qos == 2);
  CHECK(got[0]->event == "e");
  CHECK(got[0]->content_type == "image/png");
  CHECK(got[0]->properties == rich->properties);
  CHECK(got[1]->channel == "/c/d");
  CHECK(rich->via.size() == 1);       // the shared one is as it was
  CHECK(fixture.relay->lost() == 6);  // 5 of the gap, 1 without a name
  CHECK(fixture.relay->passed() == 2);
  CHECK(fixture.relay->figures().front().dropped == 8);
}

TEST_CASE("where no sink can carry the facts the message goes on as it is") {
  Fixture fixture;
  fixture.payload_only = true;
  fixture.start();
  const MessagePtr message = message_of("a", "/x");
  fixture.sources[0].give(Batch{message});
  fixture.sources[0].end();
  REQUIRE(fixture.until_finished());
  REQUIRE(fixture.sinks[0].messages.size() == 1);
  CHECK(fixture.sinks[0].messages[0] == message);
}

TEST_CASE("two ways: each has its own sink; one remote end ends both, a local one after a while") {
  for (const bool local : {false, true}) {
    CAPTURE(local);
    Fixture fixture(2, 2);
    fixture.rules.linger = 30ms;
    std::vector<RelayPath> paths(2);
    for (std::size_t i = 0; i < 2; ++i) {
      RelayFrom from;
      from.source = &fixture.sources[i];
      from.local = local;
      paths[i].from.push_back(from);
      paths[i].to.push_back({&fixture.sinks[i], false});
    }
    fixture.start(std::move(paths));
    fixture.sources[0].give(batch_of({"a"}));
    fixture.sources[1].give(batch_of({"b"}));
    REQUIRE(fixture.until(
        [&] { return fixture.sinks[0].written == "a" && fixture.sinks[1].written == "b"; }));
    const SteadyTime start = std::chrono::steady_clock::now();
    fixture.sources[0].end();
    if (local) {
      run_ready(fixture.reactor);
      fixture.sources[1].give(batch_of({"c"}));
      REQUIRE(fixture.until([&] { return fixture.sinks[1].written == "bc"; }));
    }
    REQUIRE(fixture.until_finished());
    CHECK(fixture.result.ok());
    if (local) CHECK(std::chrono::steady_clock::now() - start >= 30ms);
  }
}

// --- a source that cannot be held
TEST_CASE("a buffer drops the newest, counts them and says so") {
  Fixture fixture;
  fixture.buffer = 10 * 266;  // ten messages of ten bytes
  fixture.sinks[0].held = true;
  fixture.start();
  for (int i = 0; i < 1000; ++i) fixture.sources[0].give(Batch{message_of("0123456789")});
  REQUIRE(fixture.until([&] { return fixture.sources[0].waiting.empty(); }));
  run_ready(fixture.reactor);
  fixture.sinks[0].held = false;
  fixture.sinks[0].change();
  fixture.sources[0].end();
  REQUIRE(fixture.until_finished());
  CHECK(fixture.relay->lost() > 500);
  CHECK(fixture.relay->lost() + fixture.sinks[0].messages.size() == 1000);
}

TEST_CASE("a buffer waits where the source numbers its messages as hubs do") {
  Fixture fixture;
  fixture.buffer = 10 * 266;
  fixture.sinks[0].held = true;
  fixture.start();
  for (int i = 1; i <= 1000; ++i) {
    auto message = std::make_shared<Message>();
    message->payload = "0123456789";
    message->id = "00000000aa-" + std::to_string(i);
    fixture.sources[0].give(Batch{message});
  }
  run_ready(fixture.reactor);
  CHECK(fixture.sources[0].waiting.size() > 500);
  fixture.sinks[0].held = false;
  fixture.sinks[0].change();
  fixture.sources[0].end();
  REQUIRE(fixture.until_finished());
  CHECK(fixture.relay->lost() == 0);
  CHECK(fixture.sinks[0].messages.size() == 1000);
}

TEST_CASE("a content type is for messages that have none") {
  Fixture fixture;
  fixture.rules.content_type = "text/csv";
  fixture.start();
  auto typed = std::make_shared<Message>();
  typed->content_type = "text/html";
  fixture.sources[0].give(Batch{typed, message_of("a")});
  fixture.sources[0].end();
  REQUIRE(fixture.until_finished());
  CHECK(fixture.sinks[0].messages[0]->content_type == "text/html");
  CHECK(fixture.sinks[0].messages[1]->content_type == "text/csv");
}

TEST_CASE("the status line") {
  CHECK(status_text({.messages = 12'034, .dropped = 2, .reconnects = 1, .lag = 3}, 11'222,
                    1000ms) == "12034 messages, 812/s, lag 3, dropped 2, reconnects 1");
  CHECK(status_text({.messages = 10}, 0, 2000ms) ==
        "10 messages, 5/s, lag 0, dropped 0, reconnects 0");
  CHECK(status_text({}, 0, 0ms) == "0 messages, 0/s, lag 0, dropped 0, reconnects 0");
}

}  // namespace
}  // namespace rt
