#include "app/exec_connection.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "codec/ws_frame.hpp"
#include "unit/io/loop.hpp"
#include "unit/io/process/children.hpp"

namespace rt {
namespace {

using test::run_until;
using Texts = std::vector<std::string>;

// A WebSocket in memory, with which nothing happens by itself.
class FakeSocket final : public WebSocket {
 public:
  bool write(std::string_view frames) override {
    if (full) return false;
    while (!frames.empty()) {
      const std::size_t length = ws::frame_length(frames);
      const std::size_t head = static_cast<unsigned char>(frames[1]) < 126 ? 2 : 4;
      got.emplace_back(frames.substr(head, length - head));
      binary.push_back((static_cast<unsigned char>(frames[0]) & 15) == 2);
      frames.remove_prefix(length);
    }
    return true;
  }
  void close(std::uint16_t with, std::string_view why) override {
    code = with;
    reason = why;
  }
  void cut() override { code = 1006; }
  void pause_reading(bool pause) override {
    paused = pause;
    pauses += pause ? 1 : 0;
  }
  bool compresses() const override { return false; }
  WebSocketEnd end() const override { return {}; }

  Texts got;
  std::vector<bool> binary;
  bool full = false;
  bool paused = false;
  int pauses = 0;
  std::uint16_t code = 0;
  std::string reason;
};

// One connection of a command that sh runs.
struct Talk {
  explicit Talk(const std::string& script, FramingKind framing = FramingKind::lines) {
    ExecCommand command;
    command.words = {"sh", "-c", script};
    command.framing.kind = framing;
    commands = std::make_shared<ExecCommands>(reactor, std::move(command));
    auto started = ExecConnection::start(commands, "/c", {{"GREETING", "hello"}});
    REQUIRE(started.ok());
    connection = started->release();
    connection->on_open(socket);
  }
  ~Talk() {
    gone();
    CHECK(run_until(reactor, [&] { return commands->running == 0; }));
    CHECK(commands->connections.empty());
    CHECK(run_until(reactor, [] { return !test::has_children(); }));
  }
  void say(std::string text, PayloadKind kind = PayloadKind::text) {
    connection->on_message(kind, ws::Payload(text));
  }
  void gone() {
    if (connection != nullptr) std::exchange(connection, nullptr)->on_gone();
  }
  bool got(const Texts& texts) {
    return run_until(reactor, [&] { return socket.got == texts; });
  }
  bool closed() {
    return run_until(reactor, [&] { return socket.code != 0; });
  }

  Reactor reactor;
  FakeSocket socket;
  std::shared_ptr<ExecCommands> commands;
  ExecConnection* connection = nullptr;
};

TEST_CASE("a command's stdin and stdout are the messages") {
  Talk talk("echo \"$GREETING\"; exec cat");
  CHECK(talk.got({"hello"}));
  talk.say("one");
  talk.say("two");
  CHECK(talk.got({"hello", "one", "two"}));
  CHECK(talk.commands->running == 1);
  CHECK(talk.socket.code == 0);
}

TEST_CASE("messages with a length before them are any bytes") {
  Talk talk("exec cat", FramingKind::length_prefix);
  talk.say(std::string("\0\n\xff", 3), PayloadKind::binary);
  CHECK(talk.got({std::string("\0\n\xff", 3)}));
  CHECK(talk.socket.binary.front());
}

TEST_CASE("the end of a command closes its connection") {
  for (const auto& [script, code, reason] :
       {std::tuple("echo last", 1000, ""), std::tuple("exit 3", 1011, "the command has failed")}) {
    Talk talk(script);
    CHECK(talk.closed());
    CHECK(talk.socket.code == code);
    CHECK(talk.socket.reason == reason);
    if (code == 1000) CHECK(talk.socket.got == Texts{"last"});
  }
}

TEST_CASE("output that cannot be a message ends the connection") {
  Talk talk("printf '\\377\\377\\377\\377'; exec sleep 600", FramingKind::length_prefix);
  CHECK(talk.closed());
  CHECK(talk.socket.code == 1011);
}

TEST_CASE("a command ends with its connection, and what comes late is for nobody") {
  Talk talk("exec sleep 600");
  talk.say("not read");
  CHECK(talk.commands->running == 1);
  talk.gone();
  CHECK(run_until(talk.reactor, [&] { return talk.commands->running == 0; }));
}

TEST_CASE("a peer that does not take what is written is waited for") {
  Talk talk("echo one; echo two; exec cat");
  talk.socket.full = true;
  talk.say("three");
  test::run_for(talk.reactor, 20ms);
  CHECK(talk.socket.got.empty());
  talk.socket.full = false;
  talk.connection->on_writable();
  CHECK(talk.got({"one", "two", "three"}));
}

TEST_CASE("a command that does not read holds its peer back, until it does") {
  Talk talk("exec sleep 600");
  const std::string block(64u << 10, 'x');
  for (int i = 0; i < 64 && !talk.socket.paused; ++i) {
    talk.say(block);
    test::run_for(talk.reactor, 1ms);
  }
  CHECK(talk.socket.paused);
  CHECK(talk.socket.pauses == 1);
}

TEST_CASE("a command that reads again lets its peer go on") {
  Talk talk("head -c 3000000 > /dev/null; echo read; exec cat > /dev/null");
  const std::string block(64u << 10, 'x');
  for (int i = 0; i < 64; ++i) talk.say(block);
  CHECK(talk.socket.pauses == 1);
  CHECK(run_until(talk.reactor, [&] { return !talk.socket.paused; }));
  CHECK(talk.got({"read"}));
}

TEST_CASE("one that has closed its stdin is not written to") {
  Talk talk("exec <&-; echo deaf; exec sleep 600");
  CHECK(talk.got({"deaf"}));
  const std::string block(64u << 10, 'x');
  for (int i = 0; i < 64; ++i) {
    talk.say(block);
    test::run_for(talk.reactor, 1ms);
  }
  CHECK_FALSE(talk.socket.paused);
}

TEST_CASE("a program that is not there") {
  Reactor reactor;
  ExecCommand command;
  command.words = {"/nowhere/at/all"};
  const auto commands = std::make_shared<ExecCommands>(reactor, std::move(command));
  CHECK_FALSE(ExecConnection::start(commands, "/", {}).ok());
  CHECK(commands->running == 0);
}

}  // namespace
}  // namespace rt
