#include "io/websocket/faults.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {
namespace {

TEST_CASE("websocket faults: answers that are wrong, and none") {
  using ws::AnswerFault;
  const struct {
    AnswerFault fault;
    HandshakePlace place;
    const char* text;
  } rows[] = {
      {AnswerFault::not_http,
       {false, 1883},
       "the answer is not HTTP (perhaps the port speaks MQTT: rtmqtt)"},
      {AnswerFault::not_http,
       {false, 80, "wss://h:80/"},
       "the answer is not HTTP (perhaps the port speaks TLS: wss://h:80/)"},
      {AnswerFault::not_http, {true, 443}, "the answer is not HTTP"},
      {AnswerFault::malformed, {}, "the server's answer is not HTTP"},
      {AnswerFault::too_long, {}, "the head of the server's answer is too long"},
      {AnswerFault::no_upgrade, {}, "the server's answer does not upgrade the connection"},
      {AnswerFault::other_upgrade, {}, "the server upgrades to something else"},
      {AnswerFault::accept_missing, {}, "the server's answer has no Sec-WebSocket-Accept"},
      {AnswerFault::accept_wrong, {}, "the server's Sec-WebSocket-Accept is wrong"},
      {AnswerFault::accept_twice, {}, "the server's answer has more than one Sec-WebSocket-Accept"},
      {AnswerFault::subprotocol, {}, "the server chose a subprotocol that was not offered"},
      {AnswerFault::extension, {}, "the server chose an extension that was not offered"},
  };
  for (const auto& row : rows) {
    const Error error = answer_fault(row.fault, row.place);
    CHECK(error.fault() == Fault::protocol);
    CHECK(error.text() == row.text);
  }
  const struct {
    bool begun;
    HandshakePlace place;
    const char* text;
  } silent[] = {
      {false,
       {false, 80, "wss://h:80/"},
       "the server closed the connection without an answer (perhaps the port speaks TLS: "
       "wss://h:80/)"},
      {false,
       {false, 1883},
       "the server closed the connection without an answer (perhaps the port speaks MQTT: "
       "rtmqtt)"},
      {false,
       {true, 443},
       "the server closed the connection without an answer (it may want a certificate: --cert)"},
      {true,
       {false, 80, "wss://h:80/"},
       "the connection was lost during the handshake (perhaps the port speaks TLS: wss://h:80/)"},
  };
  for (const auto& row : silent) {
    const Error error = no_answer(row.begun, row.place);
    CHECK(error.fault() == Fault::network);
    CHECK(error.text() == row.text);
  }
}

TEST_CASE("websocket faults: answers that are no WebSocket") {
  const struct {
    int status;
    const char* line;
    http::Fields fields;
    const char* body;
    Fault fault;
    bool fatal;
    const char* text;
  } rows[] = {
      {200,
       "200 OK",
       {{"Content-Type", "text/html"}},
       "<html>",
       Fault::protocol,
       true,
       "the server answered 200 OK, not a WebSocket (is the path right?)"},
      {204, "204", {}, "", Fault::protocol, true, "the server answered 204, not a WebSocket"},
      {401,
       "401 No",
       {{"WWW-Authenticate", "Basic realm=\"x\""}},
       "",
       Fault::refused,
       true,
       "the server answered 401 No, not a WebSocket (credentials are missing or wrong: -u, "
       "--bearer-file)"},
      {401,
       "401 No",
       {{"WWW-Authenticate", "Digest realm=\"x\""}},
       "",
       Fault::refused,
       true,
       "the server answered 401 No, not a WebSocket; WWW-Authenticate: Digest realm=\"x\" "
       "(credentials are missing or wrong: -u, --bearer-file)"},
      {401,
       "401 No",
       {{"Content-Type", "application/json"}},
       "{\"error\":\"token expired\"}\n",
       Fault::refused,
       true,
       "the server answered 401 No, not a WebSocket: {\"error\":\"token expired\"} (credentials "
       "are missing or wrong: -u, --bearer-file)"},
      {403,
       "403 No",
       {{"Content-Type", "application/problem+json"}},
       R"({"title":"no","detail":"not\u001b you"})",
       Fault::refused,
       true,
       "the server answered 403 No, not a WebSocket: not\\x1B you"},
      {404,
       "404 No",
       {},
       "x",
       Fault::other,
       true,
       "the server answered 404 No, not a WebSocket (is the path right?)"},
      {426,
       "426 Upgrade Required",
       {{"Sec-WebSocket-Version", "13, 8"}},
       "",
       Fault::other,
       true,
       "the server answered 426 Upgrade Required, not a WebSocket; Sec-WebSocket-Version: 13, 8 "
       "(it may want another --subprotocol)"},
      {429,
       "429 Slow",
       {{"Retry-After", "4"}, {"Content-Type", "text/plain"}},
       "\r\nslow\nx",
       Fault::other,
       false,
       "the server answered 429 Slow, not a WebSocket: slow; Retry-After: 4"},
      {503, "503 No", {}, "", Fault::other, false, "the server answered 503 No, not a WebSocket"},
      {400,
       "400 Bad Request",
       {{"Content-Type", "text/html"}},
       "<html><title>400 The plain HTTP request was sent to HTTPS port</title>",
       Fault::tls,
       true,
       "the server answered 400 Bad Request, not a WebSocket (the port speaks TLS: try "
       "wss://h:80/)"},
      {400,
       "400 Bad Request",
       {},
       "Client sent an HTTP request to an HTTPS server.\n",
       Fault::tls,
       true,
       "the server answered 400 Bad Request, not a WebSocket (the port speaks TLS: try "
       "wss://h:80/)"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    ws::Answer answer;
    answer.status = row.status;
    answer.status_line = row.line;
    answer.fields = row.fields;
    answer.body = row.body;
    const Error error = handshake_refusal(answer, {false, 80, "wss://h:80/"});
    CHECK(error.fault() == row.fault);
    CHECK(error.fatal() == row.fatal);
    CHECK(error.text() == row.text);
  }
}

}  // namespace
}  // namespace rt
