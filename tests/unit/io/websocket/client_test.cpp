#include "io/websocket/client.hpp"

#include <doctest/doctest.h>

#include <asio/post.hpp>
#include <cstdlib>
#include <set>

#include "unit/io/websocket/peer.hpp"

namespace rt {
namespace {

using namespace test;
using ws::Opcode;

WsClientOptions to(const ScriptedServer& server, std::string_view target = "/feed",
                   std::string_view host = "127.0.0.1") {
  WsClientOptions options;
  const auto endpoint = parse_endpoint(server.url_at(host, target), Transport::ws);
  REQUIRE(endpoint.ok());
  options.endpoint = *endpoint;
  return options;
}

MessagePtr message(std::string payload, PayloadKind kind = PayloadKind::text) {
  Message out;
  out.payload = std::move(payload);
  out.kind = kind;
  return std::make_shared<const Message>(std::move(out));
}

asio::awaitable<void> pass(Milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

// Everything until the end, or the error's text as "error: ...".
asio::awaitable<std::vector<std::string>> read_all(WsClient& client) {
  std::vector<std::string> out;
  while (true) {
    auto batch = co_await client.read();
    if (!batch) {
      out.push_back("error: " + batch.error().text());
      co_return out;
    }
    if (batch->empty()) co_return out;
    for (const MessagePtr& one : *batch)
      out.push_back((one->kind == PayloadKind::binary ? "b:" : "t:") + one->payload);
  }
}

std::vector<std::string> connect_and_read(Reactor& reactor, WsClient& client) {
  std::vector<std::string> out;
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    const auto connected = co_await client.connect();
    if (connected) {
      out = co_await read_all(client);
    } else {
      out.push_back("refused: " + connected.error().text());
    }
  }));
  return out;
}

TEST_CASE("messages arrive the same however their bytes are cut") {
  Reactor reactor;
  const std::string frames =
      frame(Opcode::text, "hello") + frame(Opcode::text, "") +
      frame(Opcode::binary, std::string("\0\xff", 2)) + frame(Opcode::text, "frag-", false) +
      frame(Opcode::ping, "p") + frame(Opcode::continuation, "m", false) +
      frame(Opcode::continuation, "ent") + text_frame("\xc3\xa9") + close_frame(1000, "done");
  std::size_t cut = 0;
  bool ponged = false;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    const std::string request = co_await peer.request();
    const std::string whole = switching(request) + frames;
    if (cut < whole.size()) {
      co_await peer.send(whole.substr(0, cut));
      co_await asio::post(asio::use_awaitable);
      co_await peer.send(whole.substr(cut));
    } else {
      co_await peer.send_bytewise(whole);
    }
    for (Frame got = co_await read_frame(peer); !got.end; got = co_await read_frame(peer))
      ponged = ponged || (got.opcode == 0xA && got.payload == "p" && got.masked);
  });
  WsClient client(reactor, to(server, "/a%62"));
  const std::vector<std::string> expected = {"t:hello", "t:", std::string("b:\0\xff", 4),
                                             "t:frag-ment", "t:\xc3\xa9"};
  for (cut = 1; cut < 300; ++cut) {
    CAPTURE(cut);
    REQUIRE(connect_and_read(reactor, client) == expected);
    CHECK(client.close_code() == 1000);
    CHECK(client.close_reason() == "done");
  }
  CHECK(ponged);
}

TEST_CASE("what a message is") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    co_await peer.send(frame(Opcode::text, R"({"v":1,"data":"x"})"));
    co_await peer.until_closed();
  });
  WsClient client(reactor, to(server, "/a%62/%c3%a9?x=1"));
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    CHECK(client.connected());
    CHECK(!client.at_hub());
    auto batch = co_await client.read();
    REQUIRE(batch.ok());
    REQUIRE(batch->size() == 1);
    const Message& got = *batch->front();
    CHECK(got.payload == R"({"v":1,"data":"x"})");
    CHECK(got.channel == "/ab/%C3%A9");
    CHECK(wall_now() - got.time < 10s);
  }));
}

TEST_CASE("what the request looks like") {
  Reactor reactor;
  std::string request;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    request = co_await take_handshake(peer);
    co_await peer.send(close_frame(1000));
  });
  const std::string port = server.url_at("h", "").substr(9);
  const auto ask = [&](WsClientOptions options) {
    WsClient client(reactor, std::move(options));
    connect_and_read(reactor, client);
    return request;
  };
  SUBCASE("plain") {
    const std::string got = ask(to(server, "/x?y=%20"));
    CHECK(got.substr(0, got.find("\r\n")) == "GET /x?y=%20 HTTP/1.1");
    CHECK(header_of(got, "Host") == "127.0.0.1:" + port);
    CHECK(header_of(got, "User-Agent") == "rtwire/" RT_VERSION);
    CHECK(header_of(got, "Sec-WebSocket-Version") == "13");
    CHECK(header_of(got, "Upgrade") == "websocket");
    CHECK(header_of(got, "Connection") == "Upgrade");
    for (const char* absent : {"Origin", "Authorization", "Sec-WebSocket-Protocol", "Pragma",
                               "Sec-WebSocket-Extensions", "Cache-Control"})
      CHECK(!contains(got, std::string("\r\n") + absent + ":"));
  }
  SUBCASE("with all") {
    WsClientOptions options = to(server);
    options.headers = {{"Host", "other"}, {"user-agent", ""}, {"X-One", " 1 "}};
    options.origin = "https://page.example";
    options.user = "me";
    options.password = "pw";
    const std::string got = ask(options);
    CHECK(header_of(got, "Host") == "other");
    CHECK(!contains(ascii_lower(got), "user-agent"));
    CHECK(header_of(got, "X-One") == "1");
    CHECK(header_of(got, "Origin") == "https://page.example");
    CHECK(header_of(got, "Authorization") == "Basic bWU6cHc=");
    options.bearer = "tok";
    CHECK(header_of(ask(options), "Authorization") == "Bearer tok");
  }
  SUBCASE("the endpoint's user") {
    WsClientOptions options = to(server);
    options.endpoint.user = "u";
    options.endpoint.has_password = true;
    CHECK(header_of(ask(options), "Authorization") == "Basic dTo=");
  }
  SUBCASE("long") {
    const std::string target = "/" + std::string(9000, 'a');
    CHECK(contains(ask(to(server, target)), "GET " + target + " HTTP/1.1\r\n"));
  }
  SUBCASE("not to be sent") {
    for (const auto& header :
         std::vector<std::pair<std::string, std::string>>{{"Sec-WebSocket-Key", "x"},
                                                          {"Upgrade", "h2c"},
                                                          {"Sec-WebSocket-Protocol", "a"},
                                                          {"X", "a\r\nY: b"},
                                                          {"X Y", "a"}}) {
      CAPTURE(header.first);
      request.clear();
      WsClientOptions options = to(server);
      options.headers = {header};
      WsClient client(reactor, options);
      CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
        const auto connected = co_await client.connect();
        REQUIRE(!connected.ok());
        CHECK(connected.error().fault() == Fault::usage);
      }));
      CHECK(request.empty());
    }
  }
}

TEST_CASE("subprotocols") {
  Reactor reactor;
  std::string request;
  std::string choice;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    std::string chosen;
    if (!choice.empty()) chosen = "Sec-WebSocket-Protocol: " + choice + "\r\n";
    request = co_await take_handshake(peer, chosen);
    co_await peer.send(close_frame(1000));
  });
  struct Row {
    std::vector<std::string> offer;
    bool hub;
    std::string choice, sent;
    bool accepted, at_hub;
  };
  for (const Row& row : std::vector<Row>{
           {{}, false, "", "", true, false},
           {{"a", "b"}, false, "b", "a, b", true, false},
           {{"a"}, false, "", "a", true, false},
           {{"a"}, false, "c", "a", false, false},
           {{}, false, "c", "", false, false},
           {{}, true, "rt.v1", "rt.v1", true, true},
           {{"a"}, true, "a", "rt.v1, a", true, false},
           {{}, true, "", "rt.v1", true, false},
           {{"rt.v1"}, false, "rt.v1", "rt.v1", true, false},
       }) {
    CAPTURE(row.sent);
    CAPTURE(row.choice);
    choice = row.choice;
    WsClientOptions options = to(server);
    options.subprotocols = row.offer;
    options.hub = row.hub;
    WsClient client(reactor, options);
    const auto got = connect_and_read(reactor, client);
    CHECK(header_of(request, "Sec-WebSocket-Protocol") == row.sent);
    CHECK(got.empty() == row.accepted);
    CHECK(client.at_hub() == row.at_hub);
  }
}

TEST_CASE("answers that are no WebSocket") {
  Reactor reactor;
  struct Row {
    std::string answer;  // "" drops the connection
    Fault fault;
    bool fatal;
    std::string text;
  };
  const auto head = [](std::string_view more) {
    return "HTTP/1.1 101 Switching Protocols\r\n" + std::string(more) + "\r\n";
  };
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string kTls = "(perhaps the port speaks TLS: SECURE)";
  const std::string kNoHttp = "the answer is not HTTP " + kTls;
  const Row rows[] = {
      {answer("401 Unauthorized", "", "no"), Fault::refused, true,
       "the server answered 401 Unauthorized, not a WebSocket (credentials are missing or wrong: "
       "-u, --bearer-file)"},
      {answer("403 Forbidden", "", ""), Fault::refused, true,
       "the server answered 403 Forbidden, not a WebSocket (it wants other credentials, or another "
       "--origin)"},
      {answer("404 Not Found", "", "x"), Fault::other, true,
       "the server answered 404 Not Found, not a WebSocket (is the path right?)"},
      {answer("200 OK", "", "<html>"), Fault::protocol, true,
       "the server answered 200 OK, not a WebSocket (is the path right?)"},
      {answer("503 Service Unavailable", "", ""), Fault::other, false,
       "the server answered 503 Service Unavailable, not a WebSocket"},
      {answer("302 Found", "", ""), Fault::protocol, true,
       "the server answered 302 Found, not a WebSocket"},
      {answer("404 Not Found", "X: " + std::string(12000, 'x') + "\r\n", ""), Fault::other, true,
       "the server answered 404 Not Found, not a WebSocket (is the path right?)"},
      {head(upgrade), Fault::protocol, true, "the server's answer has no Sec-WebSocket-Accept"},
      {head(upgrade + "Sec-WebSocket-Accept: AAAA\r\n"), Fault::protocol, true,
       "the server's Sec-WebSocket-Accept is wrong"},
      {"SSH-2.0-x\r\n", Fault::protocol, true, kNoHttp},
      {std::string("\x15\x03\x01\x00\x02\x02\x46", 7), Fault::protocol, true, kNoHttp},
      {answer("403 Forbidden", "Content-Type: text/plain\r\n", "not you\nx"), Fault::refused, true,
       "the server answered 403 Forbidden, not a WebSocket: not you"},
      {"HTTP/1.1 100 Continue\r\n\r\n" + answer("404 Not Found", "", "x"), Fault::other, true,
       "the server answered 404 Not Found, not a WebSocket (is the path right?)"},
      {"HTTP/1.1 404 Not Found\r\nX: " + std::string(70000, 'x') + "\r\n\r\n", Fault::protocol,
       true, "the head of the server's answer is too long"},
      {"HTTP/1.1 101 Swit", Fault::network, false, "no answer to the handshake within 1500 ms"},
      {"", Fault::network, false, "the server closed the connection without an answer " + kTls},
  };
  std::string reply;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await peer.request();
    if (!reply.empty()) co_await peer.send(reply);
    if (!reply.empty()) co_await peer.until_closed();
  });
  for (const Row& row : rows) {
    CAPTURE(row.text);
    reply = row.answer;
    WsClientOptions options = to(server);
    options.connect_timeout = 1500ms;
    std::string text = row.text;
    if (const std::size_t at = text.find("SECURE"); at != std::string::npos)
      text.replace(at, 6, options.endpoint.display_otherwise());
    WsClient client(reactor, options);
    CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
      const auto connected = co_await client.connect();
      REQUIRE(!connected.ok());
      CHECK(connected.error().text() == text);
      CHECK(connected.error().fault() == row.fault);
      CHECK(connected.error().fatal() == row.fatal);
      CHECK(!client.connected());
      const auto batch = co_await client.read();
      CHECK(!batch.ok());
    }));
  }
}

TEST_CASE("an extension that was not offered is refused") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    co_await peer.until_closed();
  });
  WsClient client(reactor, to(server));
  CHECK(connect_and_read(reactor, client) ==
        std::vector<std::string>{"refused: the server chose an extension that was not offered"});
}

TEST_CASE("nobody there") {
  Reactor reactor;
  WsClientOptions options;
  Fault fault = Fault::network;
  std::string text;
  SUBCASE("a closed port") {
    asio::ip::tcp::acceptor taken(reactor.context(), {asio::ip::address_v4::loopback(), 0});
    options.endpoint = *parse_endpoint(
        "ws://127.0.0.1:" + std::to_string(taken.local_endpoint().port()), Transport::ws);
    taken.close();
    text = "cannot connect: Connection refused";
  }
  SUBCASE("no such name") {
    options.endpoint = *parse_endpoint("ws://nobody.invalid/", Transport::ws);
    text = "cannot resolve nobody.invalid: the name is unknown, or no name server answers";
  }
  SUBCASE("no such file") {
    options.endpoint = *parse_endpoint("wss://localhost:9/", Transport::ws);
    options.tls.ca_file = "/nowhere/ca.pem";
    fault = Fault::tls;
    text = "cannot read /nowhere/ca.pem: No such file or directory";
  }
  WsClient client(reactor, options);
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    const auto connected = co_await client.connect();
    REQUIRE(!connected.ok());
    CHECK(connected.error().fault() == fault);
    CHECK(contains(connected.error().text(), text));
  }));
}

TEST_CASE("a server that never answers") {
  Reactor reactor;
  ScriptedServer server(
      reactor, [&](Peer& peer, int) -> asio::awaitable<void> { co_await peer.until_closed(); });
  WsClientOptions options = to(server);
  options.connect_timeout = 200ms;
  WsClient client(reactor, options);
  const SteadyTime start = std::chrono::steady_clock::now();
  CHECK(connect_and_read(reactor, client) ==
        std::vector<std::string>{"refused: no answer to the handshake within 200 ms"});
  CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("redirects") {
  Reactor reactor;
  std::vector<std::string> requests;
  std::string location;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    std::string request = co_await peer.request();
    requests.push_back(request);
    if (contains(request, "GET /new")) {
      co_await peer.send(switching(request) + close_frame(1000));
    } else {
      co_await peer.send(answer("307 Temporary Redirect", "Location: " + location + "\r\n", ""));
    }
    co_await peer.until_closed();
  });
  WsClientOptions options = to(server, "/old/x?q");
  options.user = "me";
  options.headers = {{"Cookie", "c=1"}, {"X-One", "1"}, {"User-Agent", "own"}};
  const auto follow = [&](std::string where) {
    location = std::move(where);
    requests.clear();
    WsClient client(reactor, options);
    return connect_and_read(reactor, client);
  };
  const std::vector<std::string> fine;
  for (const std::string& where :
       {std::string("/new?a=1"), server.url("/new?a=1"), "ws" + server.url("/new?a=1").substr(4),
        server.url("/new?a=1").substr(5), std::string("../new?a=1")}) {
    CAPTURE(where);
    if (where[0] == '.') continue;
    CHECK(follow(where) == fine);
    REQUIRE(requests.size() == 2);
    CHECK(contains(requests[1], "GET /new?a=1 HTTP/1.1"));
    CHECK(header_of(requests[1], "Authorization") == "Basic bWU6");
    CHECK(header_of(requests[1], "Cookie") == "c=1");
    CHECK(header_of(requests[1], "X-One") == "1");
    CHECK(header_of(requests[1], "User-Agent") == "own");
  }
  // Another host learns no secret, and any field could be one.
  CHECK(follow(server.url_at("localhost", "/new")) == fine);
  REQUIRE(requests.size() == 2);
  CHECK(header_of(requests[1], "Authorization").empty());
  CHECK(header_of(requests[1], "Cookie").empty());
  CHECK(header_of(requests[1], "X-One").empty());
  CHECK(header_of(requests[1], "User-Agent") == "rtwire/" RT_VERSION);

  CHECK(follow("again") == std::vector<std::string>{"refused: too many redirects"});
  CHECK(requests.size() == 6);
  CHECK(contains(requests[1], "GET /old/again HTTP/1.1"));
  CHECK(follow("ftp://h/") ==
        std::vector<std::string>{"refused: redirected to 'ftp://h/', which is no WebSocket's URL"});
}

TEST_CASE("what is written are masked frames with keys of their own") {
  Reactor reactor;
  std::vector<Frame> frames;
  const std::string large(70000, 'x');
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    while (true) {
      frames.push_back(co_await read_frame(peer));
      if (frames.back().end || frames.back().opcode == 8) break;
    }
    co_await peer.send(close_frame(1001));
  });
  WsClient client(reactor, to(server));
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    const Batch batch = {message("one"), message("two", PayloadKind::binary), message("\xff"),
                         message(""), message(large)};
    Messages rest = batch;
    CHECK((co_await client.write(rest)).ok());
    CHECK(rest.empty());
    CHECK((co_await client.flush()).ok());
    co_await client.close(4321);
    CHECK(client.close_code() == 1001);
    CHECK(!client.connected());
  }));
  REQUIRE(frames.size() == 8);
  std::set<std::uint32_t> keys;
  for (const Frame& frame : frames) {
    CHECK(frame.masked);
    keys.insert(frame.key);
  }
  CHECK(keys.size() == 8);
  const auto is = [&](std::size_t i, int opcode, bool fin) {
    return frames[i].opcode == opcode && frames[i].fin == fin;
  };
  CHECK(is(0, 1, true));
  CHECK(frames[0].payload == "one");
  CHECK(is(1, 2, true));
  CHECK(is(2, 2, true));  // no valid text, so binary
  CHECK(frames[2].payload == "\xff");
  CHECK(is(3, 1, true));
  CHECK(is(4, 1, false));
  CHECK(is(5, 0, false));
  CHECK(is(6, 0, true));
  CHECK(frames[4].payload + frames[5].payload + frames[6].payload == large);
  CHECK(is(7, 8, true));
  CHECK(frames[7].payload == "\x10\xe1");
}

TEST_CASE("how connections end") {
  Reactor reactor;
  struct Row {
    std::string bytes;
    std::string read;
    std::uint16_t code;
    Fault fault;
  };
  const Row rows[] = {
      {close_frame(4008, "gap"), "", 4008, Fault::other},
      {frame(Opcode::close, ""), "", 1005, Fault::other},
      {"", "error: connection lost", 1006, Fault::network},
      {"\x81\x02\xc3\x28", "error: the server sent text that is not UTF-8", 1007, Fault::protocol},
      {"\x83\x01x", "error: the server sent a frame with an unknown opcode", 1002, Fault::protocol},
      {text_frame(std::string(1001, 'x')),
       "error: the server sent a message of more than 1000 bytes (--max-message)", 1009,
       Fault::protocol},
      {frame(Opcode::text, std::string(600, 'x'), false) +
           frame(Opcode::continuation, std::string(600, 'x'), false),
       "error: the server sent a message of more than 1000 bytes (--max-message)", 1009,
       Fault::protocol},
      // Heads alone, and nearly so: who waits for the rest waits in vain.
      {"\x82\x7E\x03\xE9",
       "error: the server sent a message of more than 1000 bytes (--max-message)", 1009,
       Fault::protocol},
      {"\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
       "A",
       "error: the server sent a message of more than 1000 bytes (--max-message)", 1009,
       Fault::protocol},
      {frame(Opcode::text, std::string(600, 'x'), false) + "\x80\x7E\x01\x91",
       "error: the server sent a message of more than 1000 bytes (--max-message)", 1009,
       Fault::protocol},
  };
  std::string bytes;
  Frame said;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    if (bytes.empty()) co_return;
    co_await peer.send(bytes);
    said = co_await read_frame(peer);
    co_await peer.until_closed();
  });
  for (const Row& row : rows) {
    CAPTURE(row.code);
    bytes = row.bytes;
    said = Frame();
    WsClientOptions options = to(server);
    options.max_message = 1000;
    WsClient client(reactor, options);
    const auto got = connect_and_read(reactor, client);
    CHECK(got ==
          (row.read.empty() ? std::vector<std::string>{} : std::vector<std::string>{row.read}));
    CHECK(client.close_code() == row.code);
    CHECK(!client.connected());
    CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
      const Batch one = {message("x")};
      Messages rest = one;
      const auto written = co_await client.write(rest);
      REQUIRE(!written.ok());
      CHECK(rest.size() == 1);
      if (row.fault != Fault::other) CHECK(written.error().fault() == row.fault);
      co_await pass(20ms);
    }));
    if (row.code == 1009 || row.code == 1007) {
      CHECK(said.opcode == 8);
      CHECK(big_endian(said.payload.substr(0, 2)) == row.code);
    }
  }
}

TEST_CASE("a reader that stops: little is taken, pings go on, nothing is lost") {
  Reactor reactor;
  constexpr int kMessages = 30000;
  int sent = 0;
  int pings = 0;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    const std::string one = text_frame(std::string(1000, 'x'));
    bool done = false;
    const auto listen = [&]() -> asio::awaitable<void> {
      for (Frame got = co_await read_frame(peer); !got.end; got = co_await read_frame(peer))
        pings += got.opcode == 9 ? 1 : 0;
      done = true;
    };
    asio::co_spawn(reactor.context(), listen, asio::detached);
    for (; sent < kMessages; ++sent) co_await peer.send(one);
    co_await peer.send(close_frame(1000));
    while (!done) co_await pass(5ms);
  });
  WsClientOptions options = to(server);
  options.ping_interval = 20ms;
  WsClient client(reactor, options);
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    co_await pass(500ms);
    // What the kernel's buffers hold, and our share.
    CHECK(sent < 20000);
    CHECK(pings > 10);
    CHECK(client.connected());
    const auto all = co_await read_all(client);
    CHECK(all.size() == kMessages);
    CHECK(client.close_code() == 1000);
  }));
}

TEST_CASE("a peer that stops reading holds the writer and then gets everything") {
  Reactor reactor;
  constexpr std::size_t kBatches = 400;
  bool go = false;
  std::size_t wrote = 0;
  std::size_t received = 0;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    while (!go) co_await pass(5ms);
    std::size_t expected = 0;
    std::string partial;
    for (Frame got = co_await read_frame(peer); !got.end; got = co_await read_frame(peer)) {
      if (got.opcode == 9) co_await peer.send(frame(Opcode::pong, got.payload));
      if (got.opcode == 8) break;
      if (got.opcode > 2) continue;
      partial += got.payload;
      if (!got.fin) continue;
      if (partial == std::to_string(expected) + std::string(50000, 'y')) ++expected;
      partial.clear();
      received = expected;
    }
    co_await peer.send(close_frame(1000));
  });
  WsClientOptions options = to(server);
  options.ping_interval = 600ms;
  WsClient client(reactor, options);
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    const auto write = [&]() -> asio::awaitable<void> {
      for (std::size_t i = 0; i < kBatches; ++i) {
        const Batch one = {message(std::to_string(i) + std::string(50000, 'y'))};
        Messages rest = one;
        const auto written = co_await client.write(rest);
        REQUIRE(written.ok());
        wrote = i + 1;
      }
    };
    asio::co_spawn(reactor.context(), write, asio::detached);
    co_await pass(100ms);
    CHECK(wrote < kBatches);
    go = true;
    while (wrote < kBatches) co_await pass(5ms);
    CHECK((co_await client.flush()).ok());
    co_await client.close();
    CHECK(received == kBatches);
  }));
}

TEST_CASE("a silent peer is taken for dead, one that answers is not") {
  Reactor reactor;
  bool answers = false;
  ScriptedServer server(reactor, [&](Peer& peer, int) -> asio::awaitable<void> {
    co_await take_handshake(peer);
    for (Frame got = co_await read_frame(peer); !got.end; got = co_await read_frame(peer))
      if (answers && got.opcode == 9) co_await peer.send(frame(Opcode::pong, got.payload));
  });
  WsClientOptions options = to(server);
  options.ping_interval = 50ms;
  WsClient client(reactor, options);
  const SteadyTime start = std::chrono::steady_clock::now();
  CHECK(connect_and_read(reactor, client) ==
        std::vector<std::string>{
            "error: the peer has answered no ping for 3 intervals: connection lost"});
  CHECK(std::chrono::steady_clock::now() - start < 2s);
  CHECK(client.close_code() == 1006);
  answers = true;
  CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
    REQUIRE((co_await client.connect()).ok());
    co_await pass(500ms);
    CHECK(client.connected());
  }));
}

TEST_CASE("a client may go at any time") {
  Reactor reactor;
  ScriptedServer server(reactor, [&](Peer& peer, int number) -> asio::awaitable<void> {
    if (number > 0) co_await take_handshake(peer);
    co_await peer.until_closed();
  });
  std::string told;
  SUBCASE("while it connects") {
    auto client = std::make_unique<WsClient>(reactor, to(server));
    CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
      const auto connect = [&]() -> asio::awaitable<void> {
        const auto connected = co_await client->connect();
        if (!connected) told = connected.error().text();
      };
      asio::co_spawn(reactor.context(), connect, asio::detached);
      co_await pass(50ms);
      client.reset();
      co_await pass(20ms);
    }));
  }
  SUBCASE("while it reads") {
    WsClient first(reactor, to(server));
    auto client = std::make_unique<WsClient>(reactor, to(server));
    CHECK(drive(reactor, [&]() -> asio::awaitable<void> {
      asio::co_spawn(reactor.context(), first.connect(), asio::detached);
      co_await pass(20ms);
      REQUIRE((co_await client->connect()).ok());
      const auto read = [&]() -> asio::awaitable<void> {
        const auto batch = co_await client->read();
        if (!batch) told = batch.error().text();
      };
      asio::co_spawn(reactor.context(), read, asio::detached);
      co_await pass(20ms);
      client.reset();
      co_await pass(20ms);
    }));
  }
  CHECK(told == "the connection was given up");
}

}  // namespace
}  // namespace rt
