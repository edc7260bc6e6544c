#include "io/process/exec_end.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "unit/io/complete.hpp"

namespace rt {
namespace {

using test::begin;
using test::complete;
using test::run_until;

ExecOptions command(std::string text) {
  ExecOptions options;
  options.command = std::move(text);
  return options;
}

Batch batch_of(const std::vector<std::string>& payloads) {
  Batch out;
  for (const std::string& payload : payloads) {
    auto message = std::make_shared<Message>();
    message->payload = payload;
    out.push_back(std::move(message));
  }
  return out;
}

struct Seen {
  std::vector<std::string> payloads;
  std::string error;
};

// Everything until the end or an error.
asio::awaitable<Seen> read_all(ExecEnd& end) {
  Seen out;
  for (;;) {
    Result<Batch> batch = co_await end.read();
    if (!batch) {
      out.error = batch.error().text();
      co_return out;
    }
    if (batch->empty()) co_return out;
    for (const MessagePtr& message : *batch) out.payloads.push_back(message->payload);
  }
}

}  // namespace

TEST_CASE("exec: lines in and lines out") {
  Reactor reactor;
  ExecEnd end(reactor, command("tr a-z A-Z"));
  REQUIRE(end.start().ok());
  const auto seen = begin(reactor, read_all(end));
  CHECK(complete(reactor, end.write(batch_of({"one", "two"}))).ok());
  CHECK(complete(reactor, end.write(batch_of({"", "three"}))).ok());
  CHECK(complete(reactor, end.finish()).ok());
  REQUIRE(run_until(reactor, [&] { return seen->has_value(); }));
  CHECK((*seen)->payloads == std::vector<std::string>{"ONE", "TWO", "", "THREE"});
  CHECK((*seen)->error.empty());
}

TEST_CASE("exec: how it ends") {
  struct Case {
    const char* script;
    std::vector<std::string> payloads;
    const char* error;
  };
  for (const Case& test :
       {Case{"echo a; printf b", {"a", "b"}, ""}, Case{"true", {}, ""},
        Case{"echo a; exit 3", {"a"}, "exec: echo a; exit 3: exit status 3"},
        Case{"kill -9 $$", {}, "exec: kill -9 $$: killed by SIGKILL"},
        Case{"rt-no-such-program 2>&-", {}, "exec: rt-no-such-program 2>&-: exit status 127"}}) {
    CAPTURE(test.script);
    Reactor reactor;
    ExecOptions options = command(test.script);
    options.to_program = false;
    ExecEnd end(reactor, options);
    REQUIRE(end.start().ok());
    const Seen seen = complete(reactor, read_all(end));
    CHECK(seen.payloads == test.payloads);
    CHECK(seen.error == test.error);
  }
}

TEST_CASE("exec: a message that cannot be read ends it, after those before") {
  Reactor reactor;
  ExecOptions options = command("echo ok; echo too long; sleep 60");
  options.framing.max_message = 4;
  ExecEnd end(reactor, options);
  REQUIRE(end.start().ok());
  const Seen seen = complete(reactor, read_all(end));
  CHECK(seen.payloads == std::vector<std::string>{"ok"});
  CHECK(seen.error.find("exec: echo ok; echo too long; sleep 60: line 2") == 0);
}

TEST_CASE("exec: one that has gone takes no more") {
  Reactor reactor;
  ExecEnd end(reactor, command("exit 5"));
  REQUIRE(end.start().ok());
  CHECK_FALSE(complete(reactor, end.finish()).ok());
  Result<void> written = complete(reactor, end.write(batch_of({"x"})));
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().fault() == Fault::closed);
  CHECK(written.error().text() == "exec: exit 5: exit status 5");

  ExecEnd deaf(reactor, command("exec <&-; echo closed; sleep 60"));
  REQUIRE(deaf.start().ok());
  CHECK(complete(reactor, deaf.read())->front()->payload == "closed");
  written = complete(reactor, deaf.write(batch_of({"x"})));
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().text().ends_with(": it takes no more input"));
}

TEST_CASE("exec: a slow one holds its writer; the end of the object frees all that wait") {
  Reactor reactor;
  auto end = std::make_unique<ExecEnd>(reactor, command("sleep 60"));
  REQUIRE(end->start().ok());
  const Batch much = batch_of({std::string(1u << 20, 'x')});
  const auto written = begin(reactor, end->write(much));
  const auto seen = begin(reactor, read_all(*end));
  test::run_for(reactor, 50ms);
  CHECK_FALSE(written->has_value());
  CHECK_FALSE(seen->has_value());
  end.reset();
  REQUIRE(run_until(reactor, [&] { return written->has_value(); }));
  CHECK_FALSE((*written)->ok());
}

}  // namespace rt
