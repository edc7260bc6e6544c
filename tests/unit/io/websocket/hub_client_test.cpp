#include <doctest/doctest.h>

#include "io/websocket/client.hpp"
#include "unit/io/websocket/peer.hpp"

namespace rt {
namespace {

using namespace test;
using ws::Opcode;

constexpr char kHub[] = "Sec-WebSocket-Protocol: rt.v1\r\n";

WsClientOptions to_hub(const ScriptedServer& server, std::string_view target = "/feed") {
  WsClientOptions options;
  options.endpoint = *parse_endpoint(server.url(target), Transport::ws);
  options.hub = true;
  return options;
}

Batch batch_of(std::vector<std::string> payloads) {
  Batch batch;
  for (std::string& payload : payloads) {
    Message one;
    one.payload = std::move(payload);
    batch.push_back(std::make_shared<const Message>(std::move(one)));
  }
  return batch;
}

std::string ack(int count) {
  return text_frame(R"({"v":1,"ack":"00000000aa-9","count":)" + std::to_string(count) + "}");
}

TEST_CASE("a hub's envelopes and gaps become messages") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer, kHub);
    co_await peer.send(
        text_frame(R"({"v":1,"channel":"/other","id":"00000000aa-1","data":"one"})") +
        text_frame(R"({"v":1,"gap":{"from":"00000000aa-1","missed":3}})") + ack(0) +
        text_frame(R"({"v":1,"id":"00000000aa-5","data":"two","binary":true})") +
        text_frame(R"({"v":1,"data":"{\"v\":1,\"ack\":\"x\",\"count\":1}"})") + close_frame(1000));
    co_await peer.until_closed();
  });
  WsClient client(reactor, to_hub(server));
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    CHECK(client.at_hub());
    Batch all;
    while (true) {
      auto batch = co_await client.read();
      REQUIRE(batch.ok());
      if (batch->empty()) break;
      all.insert(all.end(), batch->begin(), batch->end());
    }
    REQUIRE(all.size() == 4);
    CHECK(all[0]->payload == "one");
    CHECK(all[0]->id == "00000000aa-1");
    CHECK(all[0]->channel == "/feed");
    REQUIRE(all[1]->gap != nullptr);
    CHECK(all[1]->gap->missed == 3);
    CHECK(all[2]->kind == PayloadKind::binary);
    CHECK(all[3]->payload == R"({"v":1,"ack":"x","count":1})");
    CHECK(client.last_id() == "00000000aa-5");
  }));
}

TEST_CASE("what is no envelope ends the connection with 1007") {
  Reactor reactor;
  Frame said;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer, kHub);
    co_await peer.send(text_frame("{nonsense"));
    said = co_await read_frame(peer);
  });
  WsClient client(reactor, to_hub(server));
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    const auto batch = co_await client.read();
    REQUIRE(!batch.ok());
    CHECK(batch.error().fault() == Fault::protocol);
    CHECK(contains(batch.error().text(), "the hub's message: "));
    while (said.end) co_await asio::post(asio::use_awaitable);
  }));
  CHECK(said.opcode == 8);
  CHECK(big_endian(said.payload.substr(0, 2)) == 1007);
}

TEST_CASE("flush waits for the hub's acknowledgement") {
  Reactor reactor;
  bool may_ack = false;
  std::vector<std::string> got;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer, kHub);
    while (got.size() < 3) {
      const Frame frame = co_await read_frame(peer);
      if (frame.end) co_return;
      CHECK(frame.opcode == 1);
      got.push_back(frame.payload);
    }
    co_await peer.send(ack(2));
    while (!may_ack) co_await asio::post(asio::use_awaitable);
    co_await peer.send(ack(3));
    co_await peer.until_closed();
  });
  WsClient client(reactor, to_hub(server));
  bool flushed = false;
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    const Batch batch = batch_of({"one", "two", "three"});
    Messages rest = batch;
    CHECK((co_await client.write(rest)).ok());
    CHECK(rest.empty());
    const auto flush = [&]() -> asio::awaitable<void> {
      const auto done = co_await client.flush();
      flushed = done.ok();
    };
    asio::co_spawn(reactor.context(), flush, asio::detached);
    asio::steady_timer timer(reactor.context(), 100ms);
    co_await timer.async_wait(asio::use_awaitable);
    CHECK(!flushed);
    may_ack = true;
    while (!flushed) co_await asio::post(asio::use_awaitable);
  }));
  CHECK(got == std::vector<std::string>{R"({"v":1,"data":"one"})", R"({"v":1,"data":"two"})",
                                        R"({"v":1,"data":"three"})"});
}

TEST_CASE("what a hub had not acknowledged is sent again, and reading resumes") {
  Reactor reactor;
  std::vector<std::string> targets;
  std::vector<std::string> again;
  ScriptedServer server(reactor, [&](Peer& peer, int number) -> asio::awaitable<void> {
    const std::string request = co_await take_handshake(peer, kHub);
    targets.push_back(request.substr(4, request.find(" HTTP") - 4));
    if (number == 0) {
      for (int i = 0; i < 3; ++i) co_await read_frame(peer);
      co_await peer.send(ack(1) + text_frame(R"({"v":1,"id":"00000000aa-7","data":"m"})"));
      // The connection breaks, acknowledgements of the rest being under way.
      co_return;
    }
    while (again.size() < 3) {
      const Frame frame = co_await read_frame(peer);
      if (frame.end) co_return;
      again.push_back(frame.payload);
      // Counted anew on each connection.
      co_await peer.send(ack(static_cast<int>(again.size())));
    }
    co_await peer.until_closed();
  });
  WsClientOptions options = to_hub(server, "/feed?since=old&x=1");
  options.start = "last=2";
  WsClient client(reactor, options);
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    const Batch first = batch_of({"one", "two", "three"});
    Messages rest = first;
    CHECK((co_await client.write(rest)).ok());
    const auto flushed = co_await client.flush();
    REQUIRE(!flushed.ok());
    CHECK(flushed.error().fault() == Fault::network);
    const auto read = co_await client.read();
    REQUIRE(read.ok());
    CHECK(read->front()->payload == "m");
    REQUIRE((co_await client.connect()).ok());
    const Batch next = batch_of({"four"});
    rest = next;
    CHECK((co_await client.write(rest)).ok());
    CHECK((co_await client.flush()).ok());
  }));
  CHECK(targets == std::vector<std::string>{"/feed?x=1&last=2", "/feed?x=1&since=00000000aa-7"});
  CHECK(again == std::vector<std::string>{R"({"v":1,"data":"two"})", R"({"v":1,"data":"three"})",
                                          R"({"v":1,"data":"four"})"});
}

TEST_CASE("a hub that acknowledges nothing holds the writer") {
  Reactor reactor;
  std::size_t received = 0;
  bool may_ack = false;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer, kHub);
    while (true) {
      std::string payload;
      Frame frame;
      do {
        frame = co_await read_frame(peer);
        if (frame.end) co_return;
        payload += frame.payload;
      } while (!frame.fin);
      if (frame.opcode == 8) break;
      ++received;
      if (may_ack) co_await peer.send(ack(static_cast<int>(received)));
    }
    co_await peer.send(close_frame(1000));
  });
  WsClient client(reactor, to_hub(server));
  bool wrote = false;
  const Batch batch = batch_of(std::vector<std::string>(80, std::string(100000, 'x')));
  Messages rest = batch;
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    const auto write = [&]() -> asio::awaitable<void> {
      const auto written = co_await client.write(rest);
      wrote = written.ok();
    };
    asio::co_spawn(reactor.context(), write, asio::detached);
    asio::steady_timer timer(reactor.context(), 300ms);
    co_await timer.async_wait(asio::use_awaitable);
    CHECK(!wrote);
    CHECK(received < 50);
    CHECK(batch.size() - rest.size() == received);
    co_await client.close();
  }));
}

// What others publish, enough to fill every buffer on the way, and then an acknowledgement of each
// message that has come.
ScriptedServer::Script others_publish(int first, int& number) {
  return [first, &number](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer, kHub);
    const std::string filling(1000, 'o');
    for (number = first; number < first + 20000; ++number) {
      const std::string line = R"({"v":1,"id":"00000000aa-)" + std::to_string(number) +
                               R"(","data":")" + filling + "\"}";
      if (!co_await peer.send(text_frame(line))) co_return;
    }
    int count = 0;
    for (Frame got = co_await read_frame(peer); !got.end; got = co_await read_frame(peer)) {
      if (got.opcode == 8) break;
      if (got.opcode == 1) co_await peer.send(ack(++count));
    }
    co_await peer.send(close_frame(1000));
  };
}

TEST_CASE("a publisher that reads nothing hears its acknowledgements all the same") {
  Reactor reactor;
  int number = 0;
  ScriptedServer server(reactor, others_publish(1, number));
  WsClientOptions options = to_hub(server);
  options.writes_only = true;
  options.patience = 1h;
  WsClient client(reactor, options);
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    const Batch batch = batch_of({"one", "two"});
    Messages rest = batch;
    CHECK((co_await client.write(rest)).ok());
    CHECK((co_await client.flush()).ok());
    CHECK(number == 20001);
    co_await client.close();
    const auto read = co_await client.read();
    CHECK((read.ok() && read->empty()));
  }));
}

TEST_CASE(
    "a reader that stops holds no acknowledgement back for long, and is told what is missing") {
  Reactor reactor;
  int number = 0;
  ScriptedServer server(reactor, others_publish(1, number));
  WsClientOptions options = to_hub(server);
  options.patience = 50ms;
  WsClient client(reactor, options);
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    const Batch batch = batch_of({"one"});
    Messages rest = batch;
    CHECK((co_await client.write(rest)).ok());
    CHECK((co_await client.flush()).ok());
    const auto read = co_await client.read();
    REQUIRE(read.ok());
    REQUIRE(read->size() > 1);
    // Some hundred KiB, then the gap.
    CHECK(read->size() < 1000);
    const auto last = read->size() - 1;
    REQUIRE((*read)[last]->gap != nullptr);
    CHECK((*read)[last]->gap->from == "00000000aa-" + std::to_string(last));
    CHECK((*read)[last]->gap->missed == 20000 - last);
    CHECK((*read)[last - 1]->id == (*read)[last]->gap->from);
    co_await client.close();
  }));
}

TEST_CASE("a reader that stops and awaits nothing loses nothing") {
  Reactor reactor;
  int number = 0;
  ScriptedServer server(reactor, others_publish(1, number));
  WsClientOptions options = to_hub(server);
  options.patience = 1ms;
  WsClient client(reactor, options);
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    asio::steady_timer timer(reactor.context(), 200ms);
    co_await timer.async_wait(asio::use_awaitable);
    CHECK(number < 20000);
    std::size_t got = 0;
    while (got < 20000) {
      const auto read = co_await client.read();
      REQUIRE(read.ok());
      CHECK(read->back()->gap == nullptr);
      got += read->size();
    }
    CHECK(client.last_id() == "00000000aa-20000");
    co_await client.close();
  }));
}

}  // namespace
}  // namespace rt
