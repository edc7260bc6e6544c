#include "app/connection.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <functional>
#include <string>
#include <vector>

#include "app/reconnect.hpp"
#include "unit/io/loop.hpp"

namespace rt {
namespace {

// Takes payloads until one that begins with "bad"; in a bundle that is all or none.
class FakeLink final : public Connection {
 public:
  bool established() const override { return true; }
  Ending ending() const override { return {}; }
  asio::awaitable<Result<void>> write(Messages& rest) override {
    ++writes;
    if (broken) co_return Error(Fault::network, "broken");
    for (const MessagePtr& message : rest)
      if (bundles && message->payload.starts_with("bad")) co_return Error(Fault::other, "bundle");
    for (; !rest.empty(); rest = rest.subspan(1)) {
      const MessagePtr& message = rest.front();
      if (message->payload.starts_with("bad")) co_return Error(Fault::other, "one");
      taken += message->payload;
      if (on_accepted) on_accepted();
    }
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> flush() override {
    if (refusals > 0) {
      --refusals;
      co_return Error(Fault::other, "one");
    }
    co_return Result<void>();
  }
  Refusal refusal(const Error& error) const override {
    if (error.text() == "bundle") return Refusal::some;
    return error.text() == "one" ? Refusal::first : Refusal::none;
  }

  bool bundles = false;
  bool broken = false;
  int refusals = 0;
  std::size_t writes = 0;
  std::string taken;
  std::function<void()> on_accepted;
};

Batch batch_of(const std::vector<std::string>& payloads) {
  Batch batch;
  for (const std::string& payload : payloads) {
    auto message = std::make_shared<Message>();
    message->payload = payload;
    batch.push_back(std::move(message));
  }
  return batch;
}

struct Fixture {
  Result<void> write(const Batch& batch) {
    rest = batch;
    return complete(write_skipping(link, rest, on_skipped));
  }
  Result<void> complete(asio::awaitable<Result<void>> operation) {
    std::optional<Result<void>> result;
    asio::co_spawn(reactor.context(), std::move(operation),
                   [&](const std::exception_ptr&, Result<void> got) { result = std::move(got); });
    REQUIRE(test::run_until(reactor, [&] { return result.has_value(); }));
    return *result;
  }

  Reactor reactor;
  FakeLink link;
  std::string skipped;
  const OnSkipped on_skipped = [this](const MessagePtr& message, const Error&) {
    skipped += (message != nullptr ? message->payload : "?") + " ";
  };
  Messages rest;
};

TEST_CASE("what is accepted shows while it is written") {
  Fixture fixture;
  std::vector<std::size_t> seen;
  fixture.link.on_accepted = [&] { seen.push_back(fixture.rest.size()); };
  const Batch batch = batch_of({"a", "bad", "c", "d"});
  CHECK(fixture.write(batch).ok());
  CHECK(seen == std::vector<std::size_t>{4, 2, 1});
}

TEST_CASE("what is refused for itself is passed over, and the rest goes on") {
  const struct {
    std::vector<std::string> batch;
    std::string taken;
    std::string skipped;
  } rows[] = {
      {{"a", "b"}, "ab", ""},
      {{"bad1"}, "", "bad1 "},
      {{"bad1", "a"}, "a", "bad1 "},
      {{"a", "bad1"}, "a", "bad1 "},
      {{"a", "bad1", "bad2", "b", "c", "bad3", "d"}, "abcd", "bad1 bad2 bad3 "},
  };
  for (const bool bundles : {false, true})
    for (const auto& row : rows) {
      Fixture fixture;
      fixture.link.bundles = bundles;
      const Batch batch = batch_of(row.batch);
      CHECK(fixture.write(batch).ok());
      CHECK(fixture.link.taken == row.taken);
      CHECK(fixture.skipped == row.skipped);
      CHECK(fixture.rest.empty());
    }
}

TEST_CASE("one among a thousand is found by halves") {
  Fixture fixture;
  fixture.link.bundles = true;
  std::vector<std::string> payloads(1000, "x");
  payloads[617] = "bad";
  const Batch batch = batch_of(payloads);
  CHECK(fixture.write(batch).ok());
  CHECK(fixture.link.taken.size() == 999);
  CHECK(fixture.link.writes < 40);
}

TEST_CASE("other errors stay, and refusals of what is past are told") {
  Fixture fixture;
  fixture.link.broken = true;
  const Batch batch = batch_of({"a"});
  CHECK_FALSE(fixture.write(batch).ok());
  CHECK(fixture.rest.size() == 1);
  Reconnecting mending(fixture.reactor, fixture.link, "x", {});
  mending.skip_refused(fixture.on_skipped);
  fixture.link.broken = false;
  fixture.link.refusals = 2;
  CHECK(fixture.complete(mending.connect()).ok());
  CHECK(fixture.complete(mending.finish()).ok());
  CHECK(fixture.skipped == "? ? ");
}

TEST_CASE("which answers of HTTP are about one message") {
  Reactor reactor;
  HttpClient client(reactor, {});
  const PublishConnection link(client, {});
  const auto refusal = [&](Cause cause, int number) {
    return link.refusal(Error(Fault::other, "x").because_of(cause, number).within("y"));
  };
  for (const int status : {400, 413, 415, 422, 431})
    CHECK(refusal(Cause::http_status, status) == Refusal::some);
  for (const int status : {401, 403, 404, 405, 500})
    CHECK(refusal(Cause::http_status, status) == Refusal::none);
  CHECK(refusal(Cause::mqtt_reason, 400) == Refusal::none);
  CHECK(link.refusal(Error(Fault::other, "HTTP 400 x")) == Refusal::none);
  CHECK(link.refusal(Error(Fault::network, "connection lost")) == Refusal::none);
}

}  // namespace
}  // namespace rt
