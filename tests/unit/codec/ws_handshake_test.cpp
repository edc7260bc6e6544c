#include "codec/ws_handshake.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {
namespace {

constexpr const char* kKey = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

// Reads one request and passes it on while it is valid.
template <class Use>
auto with_request(const std::string& text, Use use) {
  const http1::Limits limits;
  http1::RequestDecoder decoder(limits);
  http1::Request request;
  decoder.receive(text, request);
  REQUIRE(decoder.state() == http1::RequestDecoder::State::complete);
  return use(request);
}

http::WebSocketWish check(const std::string& line, const std::string& fields) {
  return with_request(line + "\r\nHost: x\r\n" + fields + "\r\n",
                      [](const http1::Request& request) { return ws::wish_of(request); });
}

TEST_CASE("opening handshakes") {
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::string get = "GET /a HTTP/1.1";
  using Wish = http::WebSocketWish;
  const struct {
    std::string line;
    std::string fields;
    Wish result;
  } rows[] = {
      {get, upgrade + version + kKey, Wish::valid},
      {get, "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" + version + kKey,
       Wish::valid},
      {get, "connection: UPGRADE\r\nUpgrade: h2c, websocket\r\n" + version + kKey, Wish::valid},
      {get, "Content-Length: 0\r\n" + upgrade + version + kKey, Wish::valid},
      {get, "", Wish::none},
      {get, version + kKey, Wish::none},
      {get, "Connection: Upgrade\r\nUpgrade: h2c\r\n" + version + kKey, Wish::none},
      {get, "Connection: Upgrade\r\nUpgrade: websockets\r\n" + version + kKey, Wish::none},
      {get, "Upgrade: websocket\r\n" + version + kKey, Wish::malformed},
      {get, "Connection: keep-alive\r\nUpgrade: websocket\r\n" + version + kKey, Wish::malformed},
      {"POST /a HTTP/1.1", upgrade + version + kKey, Wish::malformed},
      {"HEAD /a HTTP/1.1", upgrade + version + kKey, Wish::malformed},
      {"GET /a HTTP/1.0", upgrade + version + kKey, Wish::malformed},
      {get, upgrade + kKey, Wish::bad_version},
      {get, upgrade + "Sec-WebSocket-Version: 8\r\n" + kKey, Wish::bad_version},
      {get, upgrade + "Sec-WebSocket-Version: 13, 8\r\n" + kKey, Wish::bad_version},
      {get, upgrade + version, Wish::malformed},
      {get, upgrade + version + kKey + kKey, Wish::malformed},
      {get, upgrade + version + "Sec-WebSocket-Key: c2hvcnQ=\r\n" + kKey, Wish::malformed},
      {get, upgrade + version + version + kKey, Wish::malformed},
      {get, upgrade + "Sec-WebSocket-Version: 8\r\n" + version + kKey, Wish::malformed},
      {get, upgrade + version + kKey + "Sec-WebSocket-Protocol: a, b,,c\r\n", Wish::valid},
      {get, upgrade + version + kKey + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n",
       Wish::valid},
      {get, upgrade + version + kKey + "Sec-WebSocket-Protocol: a, b, a\r\n", Wish::malformed},
      {get, upgrade + version + kKey + "Sec-WebSocket-Protocol: a b\r\n", Wish::malformed},
      {get, upgrade + version + kKey + "Sec-WebSocket-Protocol:\r\n", Wish::malformed},
      {get, upgrade + version + kKey + "Sec-WebSocket-Extensions: foo; a=1, bar\r\n", Wish::valid},
      {get,
       upgrade + version + kKey + "Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b\r\n",
       Wish::valid},
      {get, upgrade + version + kKey + "Sec-WebSocket-Extensions: foo;\r\n", Wish::malformed},
      {get, upgrade + version + kKey + "Sec-WebSocket-Extensions:\r\n", Wish::malformed},
      {get, upgrade + version + "Sec-WebSocket-Key:\r\n", Wish::malformed},
      {get, upgrade + version + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n", Wish::malformed},
      {get, upgrade + version + "Sec-WebSocket-Key: c2hvcnQ=\r\n", Wish::malformed},
      {get, upgrade + version + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZSBsb25nZXI=\r\n",
       Wish::malformed},
      {get, upgrade + version + "Sec-WebSocket-Key: dGhl IHNhbXBsZSBub25jZQ=\r\n", Wish::malformed},
  };
  for (const auto& row : rows) {
    CAPTURE(row.line);
    CAPTURE(row.fields);
    CHECK(check(row.line, row.fields) == row.result);
  }
}

TEST_CASE("a body makes it something else") {
  const std::string text =
      "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      std::string(kKey) + "Content-Length: 2\r\n\r\nab";
  CHECK(with_request(text, [](const http1::Request& request) { return ws::wish_of(request); }) ==
        http::WebSocketWish::malformed);
}

TEST_CASE("the answer that accepts") {
  // RFC 6455, section 1.3.
  CHECK(ws::accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const std::string head =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nServer: rtwire\r\n";
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  CHECK(ws::accepting_answer(key, "") == head + "\r\n");
  CHECK(ws::accepting_answer(key, "rt.v1", "permessage-deflate") ==
        head +
            "Sec-WebSocket-Protocol: rt.v1\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
            "\r\n");
}

TEST_CASE("subprotocols are offered in a list, or in several, and their case matters") {
  const struct {
    std::string fields;
    bool offered;
  } rows[] = {
      {"", false},
      {"Sec-WebSocket-Protocol: rt.v1\r\n", true},
      {"sec-websocket-protocol: chat,rt.v1 ,x\r\n", true},
      {"Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: rt.v1\r\n", true},
      {"Sec-WebSocket-Protocol: RT.V1\r\n", false},
      {"Sec-WebSocket-Protocol: rt.v11, rt.v\r\n", false},
      {"Sec-WebSocket-Protocol:\r\n", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.fields);
    CHECK(with_request("GET / HTTP/1.1\r\nHost: x\r\n" + row.fields + "\r\n",
                       [](const http1::Request& request) {
                         return ws::offers_subprotocol(request, "rt.v1");
                       }) == row.offered);
  }
}

}  // namespace
}  // namespace rt
