#include "app/exec_output.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/log.hpp"
#include "unit/io/complete.hpp"
#include "unit/io/process/children.hpp"

namespace rt {
namespace {

using test::begin;
using test::complete;
using test::run_until;

class OutletPlace {
 public:
  OutletPlace() {
    char name[] = "/tmp/rt-output-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~OutletPlace() { std::filesystem::remove_all(path_); }
  OutletPlace(const OutletPlace&) = delete;
  OutletPlace& operator=(const OutletPlace&) = delete;
  std::string path() const { return path_; }
  std::string read(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(path_ + "/" + name).rdbuf();
    return out.str();
  }
  void make(const std::string& name) const { std::ofstream(path_ + "/" + name) << ""; }

 private:
  std::string path_;
};

ExecEach script(const std::string& text, const OutletPlace& place, std::size_t jobs = 1) {
  ExecEach out;
  out.name = "CMD";
  out.words = {"sh", "-c", text, "sh", place.path()};
  out.jobs = jobs;
  return out;
}

Batch batch_of(std::initializer_list<const char*> payloads) {
  Batch batch;
  for (const char* const payload : payloads) {
    auto message = std::make_shared<Message>();
    message->payload = payload;
    message->id = std::string("id-") + payload;
    message->channel = "/c";
    batch.push_back(std::move(message));
  }
  return batch;
}

MessagePtr gap() {
  auto message = std::make_shared<Message>();
  message->gap = std::make_shared<const Gap>();
  return message;
}

// Ends when the file of its message's name is there.
constexpr const char* kWaitsForFile =
    "read -r x || :; echo \"begin $x\" >>\"$1/log\"; while ! test -e \"$1/$x\"; do sleep 0.01; "
    "done; echo \"end $x\" >>\"$1/log\"";

}  // namespace

TEST_CASE("exec output: one at a time, in order") {
  const OutletPlace place;
  Reactor reactor;
  ExecOutput output(reactor,
                    script("cat >>\"$1/out\"; printf ' %s;' $RTMSG_ID >>\"$1/out\"", place),
                    Transport::sse);
  REQUIRE(output.start().ok());
  Batch batch = batch_of({"a", "b", "c"});
  batch.insert(batch.begin() + 1, gap());
  output.put(batch);
  CHECK(complete(reactor, output.room()).ok());
  output.put(batch_of({"d"}));
  CHECK(complete(reactor, output.finish()).ok());
  CHECK(place.read("out") == "a id-a;b id-b;c id-c;d id-d;");
  CHECK(output.safe() == 5);
  CHECK(output.failed() == 0);
  CHECK(output.verdict().ok());
}

TEST_CASE("exec output: the envelope instead of the payload") {
  const OutletPlace place;
  Reactor reactor;
  ExecEach exec = script("cat >>\"$1/out\"", place);
  exec.envelope = true;
  ExecOutput output(reactor, exec, Transport::ws);
  REQUIRE(output.start().ok());
  output.put(batch_of({"a", "b"}));
  CHECK(complete(reactor, output.finish()).ok());
  CHECK(place.read("out") ==
        "{\"v\":1,\"proto\":\"ws\",\"channel\":\"/c\",\"id\":\"id-a\",\"data\":\"a\"}\n"
        "{\"v\":1,\"proto\":\"ws\",\"channel\":\"/c\",\"id\":\"id-b\",\"data\":\"b\"}\n");
}

TEST_CASE("exec output: there is no room while all jobs are busy, and order makes safe") {
  const OutletPlace place;
  Reactor reactor;
  ExecOutput output(reactor, script(kWaitsForFile, place, 2), Transport::mqtt);
  std::uint64_t told = 0;
  output.on_progress([&] { told = output.safe(); });
  REQUIRE(output.start().ok());
  output.put(batch_of({"a", "b", "c"}));
  const auto room = begin(reactor, output.room());
  REQUIRE(
      run_until(reactor, [&] { return place.read("log").find("begin b") != std::string::npos; }));
  CHECK(place.read("log").find("begin c") == std::string::npos);
  CHECK_FALSE(room->has_value());
  // The second has ended before the first: what is safe is nothing yet.
  place.make("b");
  REQUIRE(
      run_until(reactor, [&] { return place.read("log").find("begin c") != std::string::npos; }));
  CHECK(output.safe() == 0);
  CHECK_FALSE(room->has_value());
  place.make("a");
  REQUIRE(run_until(reactor, [&] { return room->has_value(); }));
  CHECK(output.safe() == 2);
  CHECK(told == 2);
  place.make("c");
  CHECK(complete(reactor, output.finish()).ok());
  CHECK(output.safe() == 3);
}

TEST_CASE("exec output: failures are counted, and what follows runs") {
  const OutletPlace place;
  Reactor reactor;
  ExecOutput output(
      reactor, script("read -r x || :; echo $x >>\"$1/out\"; test $x != b && test $x != c", place),
      Transport::sse);
  REQUIRE(output.start().ok());
  Log::configure("test", LogLevel::quiet);
  output.put(batch_of({"a", "b", "c", "d"}));
  CHECK(complete(reactor, output.finish()).ok());
  CHECK(place.read("out") == "a\nb\nc\nd\n");
  CHECK(output.failed() == 2);
  CHECK(output.safe() == 4);
  const Result<void> verdict = output.verdict();
  REQUIRE_FALSE(verdict.ok());
  CHECK(verdict.error().fault() == Fault::other);
  CHECK(verdict.error().text() == "2 of 4 commands failed");
}

TEST_CASE("exec output: told to end") {
  const OutletPlace place;
  Reactor reactor;
  Log::configure("test", LogLevel::quiet);
  {
    ExecOutput output(reactor,
                      script("echo $$ >>\"$1/pids\"; trap 'echo term >>\"$1/out\"; exit 9' TERM; "
                             "echo ready >>\"$1/out\"; while :; do sleep 0.01; done",
                             place, 2),
                      Transport::sse);
    REQUIRE(output.start().ok());
    output.put(batch_of({"a", "b", "c"}));
    REQUIRE(run_until(reactor, [&] { return place.read("out") == "ready\nready\n"; }));
    complete(reactor, output.come_to_rest());
    CHECK(place.read("out") == "ready\nready\nterm\nterm\n");
    // Its own doing, and nothing that is done.
    CHECK(output.failed() == 0);
    CHECK(output.verdict().ok());
    CHECK(output.safe() == 0);
  }
  CHECK_FALSE(test::has_children());
}

TEST_CASE("exec output: who does not heed SIGTERM") {
  const OutletPlace place;
  Reactor reactor;
  Log::configure("test", LogLevel::quiet);
  ExecOutput output(
      reactor, script("trap '' TERM; echo ready >>\"$1/out\"; while :; do sleep 0.1; done", place),
      Transport::sse);
  REQUIRE(output.start().ok());
  output.put(batch_of({"a"}));
  REQUIRE(run_until(reactor, [&] { return place.read("out") == "ready\n"; }));
  complete(reactor, output.come_to_rest());
  CHECK(output.failed() == 0);
}

TEST_CASE("exec output: a program that is not there") {
  Reactor reactor;
  ExecEach exec;
  exec.name = "rt-no-such-program";
  exec.words = {"rt-no-such-program"};
  ExecOutput output(reactor, exec, Transport::sse);
  const Result<void> started = output.start();
  REQUIRE_FALSE(started.ok());
  CHECK(started.error().fault() == Fault::usage);
}

}  // namespace rt
