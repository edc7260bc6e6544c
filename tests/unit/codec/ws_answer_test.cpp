#include "codec/ws_answer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "codec/ws_handshake.hpp"

namespace rt::ws {
namespace {

using State = AnswerReader::State;

const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";  // of RFC 6455 section 1.3
const std::string kAccept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const std::string kStatus = "HTTP/1.1 101 Switching Protocols\r\n";
const std::string kUpgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";

Offer offer() {
  return {kKey, {"a", "b"}, "permessage-deflate; client_max_window_bits"};
}

struct Read {
  State state;
  AnswerFault fault;
  std::size_t taken;
  Answer answer;
};

Read read(const std::vector<std::string>& pieces, bool ends) {
  AnswerReader reader(offer());
  std::size_t taken = 0;
  for (const std::string& piece : pieces) {
    const std::size_t now = reader.receive(piece);
    taken += now;
    if (now < piece.size()) break;
  }
  if (ends) reader.end();
  return {reader.state(), reader.fault(), taken, reader.answer()};
}

// Whole, cut at every byte (of short ones), and byte by byte: always the same.
Read read_all_ways(const std::string& bytes, bool ends = false) {
  Read whole = read({bytes}, ends);
  const auto same = [&](const Read& other) {
    REQUIRE(other.state == whole.state);
    REQUIRE(other.fault == whole.fault);
    REQUIRE(other.answer.status == whole.answer.status);
    REQUIRE(other.answer.status_line == whole.answer.status_line);
    REQUIRE(other.answer.body == whole.answer.body);
    REQUIRE(other.answer.subprotocol == whole.answer.subprotocol);
    REQUIRE(other.answer.extensions == whole.answer.extensions);
    if (whole.state == State::switched) REQUIRE(other.taken == whole.taken);
  };
  for (std::size_t cut = 1; cut < std::min<std::size_t>(bytes.size(), 1000); ++cut) {
    CAPTURE(cut);
    same(read({bytes.substr(0, cut), bytes.substr(cut)}, ends));
  }
  std::vector<std::string> single;
  for (const char c : bytes) single.emplace_back(1, c);
  same(read(single, ends));
  return whole;
}

TEST_CASE("ws_answer: the request") {
  CHECK(request_text("/x?y", "Host: h\r\nUpgrade: websocket\r\n", offer()) ==
        "GET /x?y HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: a, b\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
        "Sec-WebSocket-Key: " +
            kKey + "\r\n\r\n");
  CHECK(request_text("/", "Host: h\r\n", {kKey, {}, {}}) ==
        "GET / HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: " + kKey + "\r\n\r\n");
}

TEST_CASE("ws_answer: a connection that stands") {
  struct Row {
    std::string head, subprotocol, extensions;
  };
  for (const Row& row : std::vector<Row>{
           {kStatus + kUpgrade + kAccept, "", ""},
           {"HTTP/1.1 101\r\n" + kUpgrade + kAccept, "", ""},
           {"HTTP/1.1 101 \r\n" + kUpgrade + kAccept, "", ""},
           {kStatus + "upgrade:\tWebSocket \r\nCONNECTION: keep-alive, UPGRADE\r\n" + kAccept, "",
            ""},
           {kStatus + "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" +
                kAccept,
            "", ""},
           {kStatus + kUpgrade + kAccept + "Sec-WebSocket-Protocol: b\r\n", "b", ""},
           {kStatus + kUpgrade + kAccept + "Sec-WebSocket-Extensions: permessage-deflate\r\n", "",
            "permessage-deflate"},
           {kStatus + kUpgrade + kAccept +
                "Sec-WebSocket-Extensions: permessage-deflate ; server_no_context_takeover\r\n",
            "", "permessage-deflate ; server_no_context_takeover"},
           {kStatus + kUpgrade + kAccept + "Sec-WebSocket-Extensions: ,\r\nX:\r\n", "", ""},
           // What announces it is passed over.
           {"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                kStatus + kUpgrade + kAccept,
            "", ""},
           {"HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n",
            "", ""},
       }) {
    CAPTURE(row.head);
    const std::string head = row.head + "\r\n";
    const Read got = read_all_ways(head + "\x81\x01x");
    CHECK(got.state == State::switched);
    CHECK(got.taken == head.size());
    CHECK(got.answer.status == 101);
    CHECK(got.answer.subprotocol == row.subprotocol);
    CHECK(got.answer.extensions == row.extensions);
  }
}

TEST_CASE("ws_answer: what is wrong with a 101") {
  struct Row {
    std::string fields;
    AnswerFault fault;
  };
  for (const Row& row : std::vector<Row>{
           {"", AnswerFault::no_upgrade},
           {kUpgrade, AnswerFault::accept_missing},
           {"Connection: Upgrade\r\n" + kAccept, AnswerFault::no_upgrade},
           {"Upgrade: websocket\r\n" + kAccept, AnswerFault::no_upgrade},
           {"Upgrade: websocket\r\nConnection: close\r\n" + kAccept, AnswerFault::no_upgrade},
           {"Upgrade: h2c\r\nConnection: Upgrade\r\n" + kAccept, AnswerFault::other_upgrade},
           {"Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n" + kAccept,
            AnswerFault::other_upgrade},
           {"Upgrade: websocket\r\n" + kUpgrade + kAccept, AnswerFault::other_upgrade},
           {kUpgrade + "Sec-WebSocket-Accept: s3pplmbITXAQ9KYgZZHzRBK+XoO=\r\n",
            AnswerFault::accept_wrong},
           {kUpgrade + "Sec-WebSocket-Accept:\r\n", AnswerFault::accept_wrong},
           {kUpgrade + kAccept + kAccept, AnswerFault::accept_twice},
           {kUpgrade + kAccept + "Sec-WebSocket-Protocol: c\r\n", AnswerFault::subprotocol},
           {kUpgrade + kAccept + "Sec-WebSocket-Protocol: A\r\n", AnswerFault::subprotocol},
           {kUpgrade + kAccept + "Sec-WebSocket-Protocol: a, b\r\n", AnswerFault::subprotocol},
           {kUpgrade + kAccept + "Sec-WebSocket-Protocol:\r\n", AnswerFault::subprotocol},
           {kUpgrade + kAccept + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: a\r\n",
            AnswerFault::subprotocol},
           {kUpgrade + kAccept + "Sec-WebSocket-Extensions: x-mux\r\n", AnswerFault::extension},
           {kUpgrade + kAccept + "Sec-WebSocket-Extensions: permessage-deflate, x-mux\r\n",
            AnswerFault::extension},
           {"X y: 1\r\n", AnswerFault::malformed},
           {"X : 1\r\n", AnswerFault::malformed},
           {"nothing\r\n", AnswerFault::malformed},
           {": 1\r\n", AnswerFault::malformed},
           {"X: a\rb\r\n", AnswerFault::malformed},
           {std::string("X: \0\r\n", 6), AnswerFault::malformed},
           {"X: 1\r\n folded\r\n", AnswerFault::malformed},
       }) {
    CAPTURE(row.fields);
    const Read got = read_all_ways(kStatus + row.fields + "\r\n");
    CHECK(got.state == State::failed);
    CHECK(got.fault == row.fault);
  }
  CHECK(read_all_ways("HTTP/1.0 101 Switching Protocols\r\n" + kUpgrade + kAccept + "\r\n").fault ==
        AnswerFault::no_upgrade);
}

TEST_CASE("ws_answer: what is no answer") {
  struct Row {
    std::string bytes;
    State state;
    AnswerFault fault;
  };
  for (const Row& row : std::vector<Row>{
           {"", State::nothing, AnswerFault::none},
           {"HTT", State::head, AnswerFault::none},
           {"HTTP/1.1 101 Swit", State::head, AnswerFault::none},
           {"HTTP/2 200\r\n", State::failed, AnswerFault::not_http},
           {"http/1.1 200 OK\r\n", State::failed, AnswerFault::not_http},
           {"\r\nHTTP/1.1 200 OK\r\n\r\n", State::failed, AnswerFault::not_http},
           {"SSH-2.0-x\r\n", State::failed, AnswerFault::not_http},
           {std::string("\x15\x03\x01\x00\x02\x02\x46", 7), State::failed, AnswerFault::not_http},
           {"HTTP/1.1 2000 OK\r\n", State::failed, AnswerFault::malformed},
           {"HTTP/1.1 20 OK\r\n", State::failed, AnswerFault::malformed},
           {"HTTP/1.1 099 OK\r\n", State::failed, AnswerFault::malformed},
           {"HTTP/1.1  200 OK\r\n", State::failed, AnswerFault::malformed},
           {"HTTP/1.x 200 OK\r\n", State::failed, AnswerFault::malformed},
           {"HTTP/1.10 200 OK\r\n", State::failed, AnswerFault::malformed},
           {"HTTP/1.1\r\n", State::failed, AnswerFault::malformed},
           {"HTTP/1.1 200 O\x01K\r\n", State::failed, AnswerFault::malformed},
       }) {
    CAPTURE(row.bytes);
    const Read got = read_all_ways(row.bytes);
    CHECK(got.state == row.state);
    CHECK(got.fault == row.fault);
  }
}

TEST_CASE("ws_answer: a head has an end, and 1xx are part of it") {
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  std::string head = "HTTP/1.1 404 No\r\n";
  while (head.size() + line.size() + 2 <= AnswerReader::kMaxHead) head += line;
  head += "Y: " + std::string(AnswerReader::kMaxHead - head.size() - 7, 'y') + "\r\n";
  CHECK(head.size() + 2 == AnswerReader::kMaxHead);
  CHECK(read_all_ways(head + "\r\n").state == State::body);
  const Read longer = read_all_ways(head + "Z: 1\r\n\r\n");
  CHECK(longer.state == State::failed);
  CHECK(longer.fault == AnswerFault::too_long);
  CHECK(read_all_ways("HTTP/1.1 404 " + std::string(70000, 'x')).fault == AnswerFault::too_long);
  std::string announced;
  while (announced.size() <= AnswerReader::kMaxHead) announced += "HTTP/1.1 100 Continue\r\n\r\n";
  CHECK(read_all_ways(announced).fault == AnswerFault::too_long);
}

TEST_CASE("ws_answer: refusals, and what they say") {
  struct Row {
    std::string head, body;
    State state;
    std::string read;
    State at_end;
  };
  const std::string large(20000, 'b');
  for (const Row& row : std::vector<Row>{
           {"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n", "abcdef", State::complete, "abc",
            State::complete},
           {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n", "abc", State::complete, "",
            State::complete},
           {"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n", "abc", State::body, "abc",
            State::complete},
           {"HTTP/1.0 404 Not Found\r\n", "abc", State::body, "abc", State::complete},
           {"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n", "2\r\nab\r\n3;x=y\r\ncde\r\n",
            State::body, "abcde", State::complete},
           {"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\n\r\nxx",
            State::complete, "ab", State::complete},
           {"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n", "nonsense", State::complete, "",
            State::complete},
           {"HTTP/1.1 403 No\r\n", large, State::complete, large.substr(0, AnswerReader::kMaxBody),
            State::complete},
           {"HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n", "4e20\r\n" + large,
            State::complete, large.substr(0, AnswerReader::kMaxBody), State::complete},
           {"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 5\r\n", "abcde", State::complete,
            "", State::complete},
           {"HTTP/1.1 302 Found\r\nContent-Length: 5\r\n", "abcde", State::complete, "abcde",
            State::complete},
           {"HTTP/1.1 204 No\r\n", "", State::complete, "", State::complete},
           {"HTTP/1.1 304 No\r\n", "", State::complete, "", State::complete},
       }) {
    CAPTURE(row.head);
    const Read got = read_all_ways(row.head + "\r\n" + row.body);
    CHECK(got.state == row.state);
    CHECK(got.answer.body == row.read);
    CHECK(read_all_ways(row.head + "\r\n" + row.body, true).state == row.at_end);
  }
  const Read got = read_all_ways("HTTP/1.1 429 Too Many\r\nRetry-After:  4 \r\nX: 1\r\n\r\n");
  CHECK(got.answer.status == 429);
  CHECK(got.answer.status_line == "429 Too Many");
  CHECK(got.answer.value("retry-after") == "4");
  CHECK(got.answer.value("none").empty());
}

TEST_CASE("ws_answer: heads for logs") {
  AnswerReader reader(offer());
  reader.receive("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nX:");
  CHECK(reader.take_heads() == "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\n");
  reader.receive(" 1\r\n\r\nbody");
  CHECK(reader.take_heads() == "X: 1\r\n\r\n");
}

}  // namespace
}  // namespace rt::ws
