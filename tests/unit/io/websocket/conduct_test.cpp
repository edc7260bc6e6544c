// What a server must not do, and what is made of it; what it may, and is answered.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/websocket/client.hpp"
#include "unit/io/websocket/peer.hpp"

namespace rt {
namespace {

using namespace test;
using namespace std::string_literals;
using ws::Opcode;

WsClientOptions to(const ScriptedServer& server) {
  WsClientOptions options;
  options.endpoint = *parse_endpoint(server.url("/feed"), Transport::ws);
  return options;
}

// Everything until the end, then the error's text, then goodbye; returns how long that took.
Milliseconds run_to_end(Reactor& reactor, WsClient& client, std::vector<std::string>& read) {
  SteadyTime ended{};
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    const auto connected = co_await client.connect();
    REQUIRE(connected.ok());
    for (;;) {
      const auto batch = co_await client.read();
      if (!batch) read.push_back("error: " + batch.error().text());
      if (!batch || batch->empty()) break;
      for (const MessagePtr& one : *batch) read.push_back(one->payload);
    }
    ended = std::chrono::steady_clock::now();
    co_await client.close();
  }));
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - ended);
}

struct Said {
  std::vector<Frame> frames;
  bool all = false;  // the connection has ended
  std::uint16_t code() const {
    for (const Frame& one : frames)
      if (one.opcode == 8)
        return one.payload.size() < 2
                   ? std::uint16_t{1005}
                   : static_cast<std::uint16_t>(big_endian(one.payload.substr(0, 2)));
    return 1006;
  }
};

// Until the server has read everything.
void await(Reactor& reactor, const bool& done) {
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    asio::steady_timer timer(reactor.context());
    while (!done) {
      timer.expires_after(1ms);
      co_await timer.async_wait(asio::use_awaitable);
    }
  }));
}

TEST_CASE("a server's breach is named, told, and over when the server has closed") {
  struct Row {
    std::string bytes;
    std::uint16_t code;  // that the server is told
    std::string what;
  };
  const std::vector<Row> rows = {
      {"\x81\x81\x01\x02\x03\x04y", 1002, "a masked frame"},
      {"\xC1\x01x", 1002, "a frame with reserved bits"},
      {"\x91\x01x", 1002, "a frame with reserved bits"},
      {"\x83\x01x", 1002, "a frame with an unknown opcode"},
      {"\x8B\x01x", 1002, "a frame with an unknown opcode"},
      {"\x80\x01x", 1002, "a continuation of no message"},
      {"\x01\x01x\x81\x01y", 1002, "a message within another"},
      {"\x09\x01x", 1002, "a fragmented control frame"},
      {"\x89\x7E\x00\x7E"s + std::string(126, 'x'), 1002, "a control frame of more than 125 bytes"},
      {"\x81\x7E\x00\x01x"s, 1002, "a frame whose length is malformed"},
      {"\x01\x02\xC0\xAF", 1007, "text that is not UTF-8"},  // told before its message ends
      {"\x81\x02\xC3\x28", 1007, "text that is not UTF-8"},
      {"\x81\x01\xC3", 1007, "text that is not UTF-8"},
      {"\x88\x01x", 1002, "a close frame of one byte"},
      {close_frame(999), 1002, "the close code 999"},
      {close_frame(1004), 1002, "the close code 1004"},
      {close_frame(1005), 1002, "the close code 1005"},
      {close_frame(1006), 1002, "the close code 1006"},
      {close_frame(1015), 1002, "the close code 1015"},
      {close_frame(5000), 1002, "the close code 5000"},
      {close_frame(65535), 1002, "the close code 65535"},
      {close_frame(1000, "\xC3\x28"), 1007, "a close reason that is not UTF-8"},
  };
  Reactor reactor;
  std::string bytes;
  Said said;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    co_await peer.send(text_frame("before") + bytes);
    for (Frame got = co_await read_frame(peer); !got.end; got = co_await read_frame(peer)) {
      said.frames.push_back(got);
      if (got.opcode == 8) co_await peer.send(text_frame("behind") + close_frame(1002));
    }
    said.all = true;
  });
  for (const Row& row : rows) {
    CAPTURE(row.what);
    bytes = row.bytes;
    said = {};
    WsClient client(reactor, to(server));
    std::vector<std::string> read;
    // The limit is 2 s.
    CHECK(run_to_end(reactor, client, read) < 1s);
    CHECK(read == std::vector<std::string>{"before", "error: the server sent " + row.what});
    await(reactor, said.all);
    CHECK(said.code() == row.code);
  }
}

TEST_CASE("a server may close with these, and is answered with the same") {
  Reactor reactor;
  std::uint16_t code = 0;
  Said said;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    const std::string close = code == 1005 ? frame(Opcode::close, "") : close_frame(code, "why");
    co_await peer.send(close);
    for (Frame got = co_await read_frame(peer); !got.end; got = co_await read_frame(peer))
      said.frames.push_back(got);
    said.all = true;
  });
  constexpr std::uint16_t kCodes[] = {1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1010,
                                      1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
  for (const std::uint16_t one : kCodes) {
    CAPTURE(one);
    code = one;
    said = {};
    WsClient client(reactor, to(server));
    std::vector<std::string> read;
    run_to_end(reactor, client, read);
    CHECK(read.empty());
    CHECK(client.close_code() == one);
    CHECK(client.closed_by_peer());
    CHECK(client.close_reason() == (one == 1005 ? "" : "why"));
    await(reactor, said.all);
    CHECK(said.frames.size() == 1);
    CHECK(said.code() == one);
  }
}

TEST_CASE("every ping is answered, and between the fragments of a message at once") {
  Reactor reactor;
  std::vector<std::string> pongs;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    std::string pings;
    for (int i = 0; i < 10; ++i) pings += frame(Opcode::ping, std::to_string(i));
    co_await peer.send(pings + frame(Opcode::text, "half", false) + frame(Opcode::ping, "within"));
    while (pongs.size() < 11) {
      const Frame got = co_await read_frame(peer);
      if (got.end) co_return;
      if (got.opcode == 0xA) pongs.push_back(got.payload);
    }
    co_await peer.send(frame(Opcode::continuation, "whole") + close_frame(1000));
    co_await peer.until_closed();
  });
  WsClient client(reactor, to(server));
  std::vector<std::string> read;
  run_to_end(reactor, client, read);
  CHECK(read == std::vector<std::string>{"halfwhole"});
  REQUIRE(pongs.size() == 11);
  for (int i = 0; i < 10; ++i) CHECK(pongs[static_cast<std::size_t>(i)] == std::to_string(i));
  CHECK(pongs.back() == "within");
}

TEST_CASE("long messages come whole, however they are cut into frames and writes") {
  Reactor reactor;
  std::string text;
  for (int i = 0; text.size() < 300000; ++i) text += std::to_string(i) + "\xC3\xA9";
  std::size_t piece = 0;
  std::size_t write = 0;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    std::string bytes;
    for (std::size_t at = 0; at < text.size(); at += piece)
      bytes += frame(at == 0 ? Opcode::text : Opcode::continuation, text.substr(at, piece),
                     at + piece >= text.size());
    bytes += text_frame("after") + close_frame(1000);
    for (std::size_t at = 0; at < bytes.size(); at += write)
      co_await peer.send(bytes.substr(at, write));
    co_await peer.until_closed();
  });
  for (const std::size_t in_frame : {std::size_t{1000}, std::size_t{70001}, std::size_t{1} << 20})
    for (const std::size_t at_once :
         {std::size_t{4099}, std::size_t{65000}, std::size_t{1} << 20}) {
      CAPTURE(in_frame);
      CAPTURE(at_once);
      piece = in_frame;
      write = at_once;
      WsClient client(reactor, to(server));
      std::vector<std::string> read;
      run_to_end(reactor, client, read);
      REQUIRE(read.size() == 2);
      CHECK(read[0] == text);
      CHECK(read[1] == "after");
    }
}

// What has come before the socket failed is known all the same.
TEST_CASE("who writes to a server that has closed hears why") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    co_await peer.send(text_frame("bye") + close_frame(4001, "enough"));
  });
  WsClient client(reactor, to(server));
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    const auto connected = co_await client.connect();
    REQUIRE(connected.ok());
    Message one;
    one.payload = std::string(100000, 'x');
    const Batch batch(100, std::make_shared<const Message>(std::move(one)));
    for (int i = 0; i < 100; ++i) {
      Messages rest = batch;
      const auto written = co_await client.write(rest);
      if (!written) break;
    }
    const auto read = co_await client.read();
    REQUIRE(read.ok());
    REQUIRE(read->size() == 1);
    CHECK(read->front()->payload == "bye");
    CHECK(client.close_code() == 4001);
    CHECK(client.close_reason() == "enough");
    CHECK(client.closed_by_peer());
  }));
}

}  // namespace
}  // namespace rt
