#include "io/mqtt/broker.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "io/mqtt/broker_probe.hpp"
#include "io/mqtt/client.hpp"
#include "io/process/child.hpp"
#include "io/process/find_program.hpp"
#include "unit/io/complete.hpp"
#include "unit/io/process/children.hpp"

namespace rt {
namespace {

using asio::ip::tcp;
using test::begin;
using test::complete;
using test::has_children;
using test::run_until;
using test::settle_children;

// Where brokers keep their private files while it exists.
class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/rt-broker-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
    const char* const before = std::getenv("TMPDIR");
    if (before != nullptr) before_ = before;
    setenv("TMPDIR", name, 1);
  }
  ~Scratch() {
    if (before_.empty())
      unsetenv("TMPDIR");
    else
      setenv("TMPDIR", before_.c_str(), 1);
    std::filesystem::remove_all(path_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  bool empty() const { return std::filesystem::is_empty(path_); }
  const std::string& path() const { return path_; }

  // A program that stands in for mosquitto.
  std::string script(const std::string& text) const {
    std::string path = path_ + "/program";
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    chmod(path.c_str(), 0755);
    return path;
  }

 private:
  std::string path_;
  std::string before_;
};

BrokerOptions at(const std::string& host, std::uint16_t port = 0) {
  BrokerOptions options;
  options.address.host = host;
  options.address.port = port;
  return options;
}

bool answers(Reactor& reactor, const std::string& host, std::uint16_t port) {
  tcp::socket socket(reactor.context());
  asio::error_code failed;
  socket.connect(tcp::endpoint(asio::ip::make_address(host), port), failed);
  return !failed;
}

bool eventually(const std::function<bool()>& condition) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

}  // namespace

TEST_CASE("broker: starts at a free port, answers, stops, leaves nothing") {
  settle_children();
  const Scratch scratch;
  Reactor reactor;
  struct Case {
    const char* host;
    const char* reached;
    const char* url;
  };
  for (const Case& test :
       {Case{"127.0.0.1", "127.0.0.1", "mqtt://127.0.0.1:"}, Case{"::1", "::1", "mqtt://[::1]:"},
        Case{"localhost", "127.0.0.1", "mqtt://localhost:"},
        Case{"*", "127.0.0.1", "mqtt://0.0.0.0:"}, Case{"*", "::1", "mqtt://0.0.0.0:"}}) {
    CAPTURE(test.host);
    Broker broker(reactor, at(test.host));
    const Result<void> started = complete(reactor, broker.start());
    REQUIRE_MESSAGE(started.ok(), (started ? "" : started.error().text()));
    CHECK(scratch.empty());
    CHECK(broker.port() > 0);
    CHECK(broker.url() == test.url + std::to_string(broker.port()));
    CHECK(answers(reactor, broker.host(), broker.port()));
    CHECK(answers(reactor, test.reached, broker.port()));
    const auto death = begin(reactor, broker.death());
    complete(reactor, broker.stop());
    CHECK_FALSE(answers(reactor, test.reached, broker.port()));
    test::run_ready(reactor);
    CHECK_FALSE(death->has_value());  // it was told to
  }
  CHECK(run_until(reactor, [] { return !has_children(); }));
}

TEST_CASE("broker: the object's end is the broker's") {
  settle_children();
  const Scratch scratch;
  Reactor reactor;
  std::uint16_t port = 0;
  {
    Broker broker(reactor, at("127.0.0.1"));
    REQUIRE(complete(reactor, broker.start()).ok());
    port = broker.port();
    const auto death = begin(reactor, broker.death());
    test::run_ready(reactor);
  }
  CHECK(run_until(reactor, [&] { return !answers(reactor, "127.0.0.1", port); }));
  {
    Broker broker(reactor, at("127.0.0.1"));
    const auto started = begin(reactor, broker.start());
    test::run_ready(reactor);  // it is starting
  }
  CHECK(run_until(reactor, [] { return !has_children(); }));
  CHECK(scratch.empty());
}

TEST_CASE("broker: an address that cannot be had") {
  Reactor reactor;
  tcp::acceptor taken(reactor.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const std::uint16_t port = taken.local_endpoint().port();
  const std::string number = std::to_string(port);
  struct Case {
    BrokerOptions options;
    std::string text;
  };
  for (const Case& test :
       {Case{at("127.0.0.1", port), "cannot listen on 127.0.0.1:" + number +
                                        ": Address already in use (another program has it; 0 "
                                        "picks a free one)"},
        Case{at("localhost", port), "cannot listen on localhost:" + number +
                                        ": Address already in use (another program has it; 0 "
                                        "picks a free one)"},
        Case{at("*", port), "cannot listen on *:" + number +
                                ": Address already in use (another program has it; 0 picks a "
                                "free one)"},
        Case{at("192.0.2.1", 1883),
             "cannot listen on 192.0.2.1:1883: Cannot assign requested address (no interface of "
             "this "
             "machine has this address)"}}) {
    CAPTURE(test.options.address.host);
    BrokerOptions options = test.options;
    options.program = "true";
    Broker broker(reactor, options);
    const Result<void> started = complete(reactor, broker.start());
    REQUIRE_FALSE(started.ok());
    CHECK(started.error().fault() == Fault::other);
    CHECK(started.error().text() == test.text);
  }
}

TEST_CASE("broker: a program that is missing, fails, or finds the port taken") {
  const Scratch scratch;
  Reactor reactor;
  struct Case {
    const char* script;
    Fault fault;
    std::string text;
  };
  for (const Case& test :
       {Case{"echo one; echo 'two \033[1m' >&2; exit 3", Fault::other,
             "the broker (mosquitto) has ended: exit status 3; it wrote:"},
        Case{"exit 0", Fault::other,
             "the broker (mosquitto) has ended: exit status 0 (it wrote nothing)"},
        Case{"for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done >&2; kill -9 $$", Fault::other,
             "the broker (mosquitto) has ended: killed by SIGKILL; it wrote: line 5 | line 6 | "
             "line 7 | line 8 | line 9"},
        Case{"echo 'Error: Address already in use' >&2; exit 1", Fault::other,
             "cannot listen on 127.0.0.1:"}}) {
    CAPTURE(test.script);
    BrokerOptions options = at("127.0.0.1");
    options.program = scratch.script(test.script);
    Broker broker(reactor, options);
    const Result<void> started = complete(reactor, broker.start());
    REQUIRE_FALSE(started.ok());
    CHECK(started.error().fault() == test.fault);
    CHECK(started.error().text().substr(0, test.text.size()) == test.text);
    CHECK(started.error().text().find('\033') == std::string::npos);
    unlink(options.program.c_str());
  }
  CHECK(eventually([&] { return scratch.empty(); }));

  BrokerOptions missing = at("127.0.0.1");
  missing.program = "/nonexistent/mosquitto";
  Broker broker(reactor, missing);
  const Result<void> started = complete(reactor, broker.start());
  REQUIRE_FALSE(started.ok());
  CHECK(started.error().fault() == Fault::usage);
  CHECK(started.error().text() ==
        "mosquitto, the MQTT broker, is not installed: apt install mosquitto (Debian), or brew "
        "install mosquitto (macOS)");
  CHECK(scratch.empty());
}

TEST_CASE("broker: its configuration is private") {
  const Scratch scratch;
  Reactor reactor;
  BrokerOptions options = at("127.0.0.1");
  options.max_message = 1000;
  options.program = scratch.script(
      "d=$(dirname $2); ls -ld $d $2 | cut -c1-10 >&2; grep -c '' $2; "
      "grep max_packet_size $2 >&2; exit 1");
  Broker broker(reactor, options);
  const std::string text = complete(reactor, broker.start()).error().text();
  CHECK(text.find("drwx------") != std::string::npos);
  CHECK(text.find("-rw-------") != std::string::npos);
  CHECK(text.find("max_packet_size 197608") != std::string::npos);
}

TEST_CASE("broker: its death is told with its last lines") {
  const Scratch scratch;
  Reactor reactor;
  BrokerOptions options = at("127.0.0.1");
  const std::string mosquitto = *find_program("mosquitto", {"/usr/sbin", "/opt/homebrew/sbin"});
  options.program =
      scratch.script("echo $$ > " + scratch.path() + "/pid; exec " + mosquitto + " \"$@\"");
  Broker broker(reactor, options);
  REQUIRE(complete(reactor, broker.start()).ok());
  const auto death = begin(reactor, broker.death());
  test::run_ready(reactor);
  CHECK_FALSE(death->has_value());
  pid_t process = 0;
  std::ifstream(scratch.path() + "/pid") >> process;
  REQUIRE(process > 1);
  kill(process, SIGKILL);
  REQUIRE(run_until(reactor, [&] { return death->has_value(); }));
  CHECK((*death)->fault() == Fault::other);
  const std::string text = (*death)->text();
  CAPTURE(text);
  CHECK(text.find("the broker (mosquitto) has ended: killed by SIGKILL; it wrote:") == 0);
  CHECK(text.find(" running") != std::string::npos);
}

asio::awaitable<bool> keep_running(Broker& broker) {
  co_await broker.keep_running();
  co_return true;
}

TEST_CASE("broker: one that is killed is started again at its port, each time") {
  const Scratch scratch;
  Reactor reactor;
  BrokerOptions options = at("127.0.0.1");
  const std::string mosquitto = *find_program("mosquitto", {"/usr/sbin", "/opt/homebrew/sbin"});
  options.program =
      scratch.script("echo $$ > " + scratch.path() + "/pid; exec " + mosquitto + " \"$@\"");
  Broker broker(reactor, options);
  REQUIRE(complete(reactor, broker.start()).ok());
  const std::uint16_t port = broker.port();
  const auto kept = begin(reactor, keep_running(broker));
  for (std::uint64_t time = 1; time <= 2; ++time) {
    test::run_ready(reactor);
    pid_t process = 0;
    std::ifstream(scratch.path() + "/pid") >> process;
    REQUIRE(process > 1);
    kill(process, SIGKILL);
    REQUIRE(run_until(reactor, [&] { return broker.restarts() == time; }));
    CHECK(broker.port() == port);
    CHECK(answers(reactor, "127.0.0.1", port));
  }
  complete(reactor, broker.stop());
  CHECK_FALSE(answers(reactor, "127.0.0.1", port));
  CHECK(broker.restarts() == 2);
  CHECK_FALSE(kept->has_value());
}

TEST_CASE("broker: one that stands still is ended, and started again") {
  const Scratch scratch;
  Reactor reactor;
  BrokerOptions options = at("127.0.0.1");
  options.looks_every = 100ms;
  options.answer_within = 500ms;
  const std::string mosquitto = *find_program("mosquitto", {"/usr/sbin", "/opt/homebrew/sbin"});
  options.program =
      scratch.script("echo $$ > " + scratch.path() + "/pid; exec " + mosquitto + " \"$@\"");
  Broker broker(reactor, options);
  REQUIRE(complete(reactor, broker.start()).ok());
  const auto kept = begin(reactor, keep_running(broker));
  test::run_ready(reactor);
  pid_t process = 0;
  std::ifstream(scratch.path() + "/pid") >> process;
  REQUIRE(process > 1);
  kill(process, SIGSTOP);
  REQUIRE(run_until(reactor, [&] { return broker.restarts() == 1; }));
  CHECK(answers(reactor, "127.0.0.1", broker.port()));
  complete(reactor, broker.stop());
}

TEST_CASE("broker: one that has refused a client for want of memory, and passes on, goes on") {
  const Scratch scratch;
  Reactor reactor;
  BrokerOptions options = at("127.0.0.1");
  const std::string mosquitto = *find_program("mosquitto", {"/usr/sbin", "/opt/homebrew/sbin"});
  const std::string done = scratch.path() + "/done";
  options.program = scratch.script(
      "(for n in 1 2 3 4; do echo 'Client a disconnected due to out of memory.'; "
      "sleep 0.3; done >&2; touch " +
      done + ") &\nexec " + mosquitto + " \"$@\"");
  Broker broker(reactor, options);
  REQUIRE(complete(reactor, broker.start()).ok());
  const auto kept = begin(reactor, keep_running(broker));
  REQUIRE(run_until(reactor, [&] { return std::filesystem::exists(done); }));
  CHECK(broker.restarts() == 0);
  CHECK(answers(reactor, "127.0.0.1", broker.port()));
  complete(reactor, broker.stop());
}

// Retained messages, until the broker takes no more.
asio::awaitable<bool> fill(Reactor& reactor, const Broker& broker, std::size_t payload) {
  MqttClientOptions options;
  options.endpoint.transport = Transport::mqtt;
  options.endpoint.host = broker.host();
  options.endpoint.port = broker.port();
  options.qos = 1;
  options.retain = true;
  options.protocol = MqttProtocol::v5;
  for (int topic = 0; payload > 0; payload /= 4) {
    MqttClient client(reactor, options);
    const Result<void> connected = co_await client.connect();
    bool taken = connected.ok();
    while (taken) {
      Message message;
      message.channel = "/storm/" + std::to_string(++topic);
      message.payload.assign(payload, 'x');
      const std::array batch = {std::make_shared<const Message>(std::move(message))};
      Messages rest = batch;
      const Result<void> written = co_await client.write(rest);
      const Result<void> flushed = co_await client.flush();
      taken = written && flushed;
    }
  }
  co_return true;
}

TEST_CASE("broker: one that is full up to the last byte is ended, and started again") {
  const Scratch scratch;
  for (const std::size_t payload : {4000u, 1u}) {
    CAPTURE(payload);
    Reactor reactor;
    BrokerOptions options = at("127.0.0.1");
    options.memory = 1u << 20;
    Broker broker(reactor, options);
    REQUIRE(complete(reactor, broker.start()).ok());
    const auto kept = begin(reactor, keep_running(broker));
    CHECK(complete(reactor, fill(reactor, broker, payload)));
    // Nobody else has to come and be refused.
    CHECK(run_until(reactor, [&] { return broker.restarts() == 1; }));
    CHECK(complete(reactor, passes_on(reactor, broker.host(), broker.port())) == PassesOn::yes);
    complete(reactor, broker.stop());
  }
}

TEST_CASE("broker: its end by SIGTERM is waited for, one that stands still is killed") {
  const Scratch scratch;
  Reactor reactor;
  BrokerOptions options = at("127.0.0.1");
  const std::string mosquitto = *find_program("mosquitto", {"/usr/sbin", "/opt/homebrew/sbin"});
  options.program =
      scratch.script("echo $$ > " + scratch.path() + "/pid; exec " + mosquitto + " \"$@\"");
  for (const bool stopped : {false, true}) {
    Broker broker(reactor, options);
    REQUIRE(complete(reactor, broker.start()).ok());
    const auto kept = begin(reactor, keep_running(broker));
    test::run_ready(reactor);
    pid_t process = 0;
    std::ifstream(scratch.path() + "/pid") >> process;
    REQUIRE(process > 1);
    if (stopped) kill(process, SIGSTOP);
    const SteadyTime begun = std::chrono::steady_clock::now();
    const Milliseconds patience = stopped ? Milliseconds(300) : Milliseconds(60'000);
    complete(reactor, broker.stop(patience));
    CHECK((std::chrono::steady_clock::now() - begun >= patience) == stopped);
    CHECK_FALSE(answers(reactor, "127.0.0.1", broker.port()));
    test::run_ready(reactor);
    CHECK_FALSE(kept->has_value());
    CHECK(broker.restarts() == 0);
  }
}

TEST_CASE("broker: SIGKILL of the parent leaves neither broker nor directory") {
  const Scratch scratch;
  bool while_starting = false;
  SUBCASE("when it runs") {}
  SUBCASE("while it starts") {
    while_starting = true;
  }
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t parent = fork();
  if (parent == 0) {
    Reactor reactor;
    BrokerOptions options = at("127.0.0.1");
    if (while_starting) options.program = scratch.script("exec sleep 60");
    Broker broker(reactor, options);
    const auto started = begin(reactor, broker.start());
    if (while_starting)
      reactor.context().poll();
    else
      run_until(reactor, [&] { return started->has_value(); });
    const std::uint16_t port = broker.port();
    (void)!write(ends[1], &port, sizeof port);
    for (;;) pause();
  }
  std::uint16_t port = 0;
  REQUIRE(read(ends[0], &port, sizeof port) == sizeof port);
  close(ends[0]);
  close(ends[1]);
  Reactor reactor;
  if (!while_starting) CHECK(answers(reactor, "127.0.0.1", port));
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  CHECK(eventually([&] { return !answers(reactor, "127.0.0.1", port); }));
  if (while_starting) unlink((scratch.path() + "/program").c_str());
  CHECK(eventually([&] { return scratch.empty(); }));
}

}  // namespace rt
