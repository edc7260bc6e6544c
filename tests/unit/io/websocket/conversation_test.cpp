// What a client says by itself: first, as an answer, and to be remembered.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/websocket/client.hpp"
#include "unit/io/websocket/peer.hpp"

namespace rt {
namespace {

using namespace test;

MessagePtr text(std::string payload) {
  auto message = std::make_shared<Message>();
  message->payload = std::move(payload);
  return message;
}

WsOpeningStep say(std::string payload) {
  return {text(std::move(payload)), std::nullopt};
}

WsOpeningStep await(std::string_view pattern) {
  return {nullptr, *Pattern::parse(pattern)};
}

// What the server does: what it sends at first, and to each message of the client.
struct Manners {
  std::vector<std::string> first;
  std::vector<std::pair<std::string, std::vector<std::string>>> answers;
};

// A server that notes what it hears: "1: hello" at its first connection.
class MannerlyServer {
 public:
  MannerlyServer(Reactor& reactor, Manners manners)
      : manners_(std::move(manners)),
        server_(reactor, [this](Peer& peer, int number) { return serve(peer, number); }) {}

  WsClientOptions options() const {
    WsClientOptions out;
    out.endpoint = *parse_endpoint(server_.url("/feed"), Transport::ws);
    out.connect_timeout = 10s;
    return out;
  }
  std::vector<std::string> heard;

 private:
  asio::awaitable<void> serve(Peer& peer, int number) {
    co_await take_handshake(peer);
    for (const std::string& one : manners_.first) co_await peer.send(text_frame(one));
    for (;;) {
      const Frame got = co_await read_frame(peer);
      if (got.end) co_return;
      if (got.opcode == 8) co_await peer.send(close_frame(1000));
      if (got.opcode > 2) continue;
      heard.push_back(std::to_string(number + 1) + ": " + got.payload);
      for (const auto& [question, answers] : manners_.answers)
        if (question == got.payload)
          for (const std::string& answer : answers) co_await peer.send(text_frame(answer));
      if (got.payload == "close me") co_return;
    }
  }

  const Manners manners_;
  ScriptedServer server_;
};

struct Outcome {
  std::string error;  // of connect()
  std::vector<std::string> read;
};

// Connects, sends "last", and reads until "end" comes.
Outcome converse(Reactor& reactor, MannerlyServer& server, const WsConversation& conversation) {
  Outcome out;
  WsClientOptions options = server.options();
  options.conversation = conversation;
  WsClient client(reactor, std::move(options));
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    const auto connected = co_await client.connect();
    if (!connected) {
      out.error = connected.error().text();
      co_return;
    }
    const std::vector<MessagePtr> last = {text("last")};
    Messages rest = last;
    const auto written = co_await client.write(rest);
    REQUIRE(written.ok());
    while (out.read.empty() || out.read.back() != "end") {
      const auto batch = co_await client.read();
      REQUIRE(batch.ok());
      REQUIRE(!batch->empty());
      for (const MessagePtr& one : *batch) out.read.push_back(one->payload);
    }
    co_await client.close();
  }));
  return out;
}

using Texts = std::vector<std::string>;

TEST_CASE("a conversation: what is said, awaited, answered and read") {
  struct Row {
    std::string what;
    Manners manners;
    std::vector<WsOpeningStep> opening;
    Texts rules;
    Texts rejections;
    Texts heard;
    Texts read;
    std::string error;
  };
  const Row rows[] = {
      {"first words in their order, before all else",
       {{}, {{"last", {"end"}}}},
       {say("a"), say("b")},
       {},
       {},
       {"1: a", "1: b", "1: last"},
       {"end"},
       ""},
      {"an answer is waited for, and not read; what comes before it is",
       {{"welcome"},
        {{"login", {"news", "logged in", "more"}}, {"subscribe", {}}, {"last", {"end"}}}},
       {say("login"), await("logged in"), say("subscribe")},
       {},
       {},
       {"1: login", "1: subscribe", "1: last"},
       {"welcome", "news", "more", "end"},
       ""},
      {"an answer that came with the question before it is none",
       {{}, {{"a", {"ok a"}}, {"b", {"ok b"}}, {"last", {"end"}}}},
       {say("a"), await("ok a"), say("b"), await("/ok [b]/")},
       {},
       {},
       {"1: a", "1: b", "1: last"},
       {"end"},
       ""},
      {"a rejection ends it",
       {{}, {{"login", {"news", "denied: you"}}}},
       {say("login"), await("logged in")},
       {},
       {"denied"},
       {"1: login"},
       {},
       "the server refused: denied: you"},
      {"a rejection counts only while an answer is awaited",
       {{}, {{"login", {"logged in", "denied later"}}, {"last", {"end"}}}},
       {say("login"), await("logged in")},
       {},
       {"denied"},
       {"1: login", "1: last"},
       {"denied later", "end"},
       ""},
      {"a question is answered and not read; the first rule counts",
       {{R"({"ping":17})"}, {{R"({"pong":17})", {"end"}}}},
       {},
       {R"("ping"={"pong":%{/ping}})", "ping=never"},
       {},
       {},
       {"end"},
       ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    Reactor reactor;
    MannerlyServer server(reactor, row.manners);
    WsConversation conversation;
    conversation.opening = row.opening;
    for (const std::string& rule : row.rules)
      conversation.answers.push_back(*AnswerRule::parse(rule));
    for (const std::string& pattern : row.rejections)
      conversation.rejections.push_back(*Pattern::parse(pattern));
    const Outcome out = converse(reactor, server, conversation);
    CHECK(out.error == row.error);
    CHECK(out.read == row.read);
    if (!row.heard.empty()) CHECK(server.heard == row.heard);
  }
}

TEST_CASE("a conversation is held again at each connection") {
  Reactor reactor;
  MannerlyServer server(reactor, {{}, {{"login", {"ok"}}}});
  WsClientOptions options = server.options();
  options.conversation.opening = {say("login"), await("ok")};
  WsClient client(reactor, std::move(options));
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 2; ++i) {
      const auto connected = co_await client.connect();
      REQUIRE(connected.ok());
      const std::vector<MessagePtr> last = {text("close me")};
      Messages rest = last;
      const auto written = co_await client.write(rest);
      REQUIRE(written.ok());
      const auto batch = co_await client.read();
      CHECK(!batch.ok());
    }
  }));
  CHECK(server.heard == Texts{"1: login", "1: close me", "2: login", "2: close me"});
}

TEST_CASE("no answer in time, or an end instead of it") {
  for (const bool closes : {true, false}) {
    Reactor reactor;
    MannerlyServer server(reactor, {});
    WsClientOptions options = server.options();
    options.conversation.opening = {say(closes ? "close me" : "login"), await("ok")};
    options.connect_timeout = closes ? 10'000ms : 200ms;
    WsClient client(reactor, std::move(options));
    std::string error;
    CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
      const auto connected = co_await client.connect();
      if (!connected) error = connected.error().text();
      co_await client.close();
    }));
    CHECK(error ==
          (closes ? "connection lost" : "no answer with ok within 0.2 s (--connect-timeout)"));
    CHECK_FALSE(client.connected());
  }
}

TEST_CASE("a message that keeps a connection goes out again and again") {
  Reactor reactor;
  MannerlyServer server(reactor, {});
  WsClientOptions options = server.options();
  options.conversation.ping = "alive";
  options.conversation.ping_interval = 5ms;
  WsClient client(reactor, std::move(options));
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    const auto connected = co_await client.connect();
    REQUIRE(connected.ok());
    asio::steady_timer timer(reactor.context());
    while (server.heard.size() < 3) {
      timer.expires_after(1ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
    co_await client.close();
  }));
  CHECK(server.heard[2] == "1: alive");
}

}  // namespace
}  // namespace rt
