#include "io/websocket/faults.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {
namespace {

TEST_CASE("websocket faults: what libwebsockets says of a handshake") {
  const struct {
    const char* said;
    bool tls;
    unsigned port;
    Fault fault;
    const char* text;
  } rows[] = {
      {"HS: Accept hash wrong", false, 80, Fault::protocol,
       "the server's Sec-WebSocket-Accept is wrong"},
      {"HS: PROTOCOL malformed", true, 443, Fault::protocol,
       "the server chose a subprotocol that was not offered"},
      {"proxy 407", false, 80, Fault::refused,
       "the proxy did not open a tunnel: HTTP 407 (credentials stand in http_proxy: "
       "http://USER:PASSWORD@HOST:PORT)"},
      {"proxy 502", false, 80, Fault::network, "the proxy did not open a tunnel: HTTP 502"},
      {"proxy not h1", false, 80, Fault::protocol, "the proxy's answer is not HTTP"},
      {"proxy conn dead", false, 80, Fault::network, "the proxy closed the connection"},
      {"proxy xyz", false, 80, Fault::network, "the proxy did not open a tunnel"},
      {"Peer hung up", false, 80, Fault::network,
       "the server closed the connection without an answer (perhaps the port speaks TLS: wss://)"},
      {"Peer hung up", false, 1883, Fault::network,
       "the server closed the connection without an answer (perhaps the port speaks MQTT: "
       "rtmqtt)"},
      {"HS: ws read failed", true, 443, Fault::network,
       "the server closed the connection without an answer (it may want a certificate: --cert)"},
      {"closed", true, 443, Fault::network,
       "the server closed the connection without an answer (it may want a certificate: --cert)"},
      {"closed", false, 80, Fault::network,
       "the connection was lost during the handshake (perhaps the port speaks TLS: wss://)"},
      {"connect xyz", true, 443, Fault::tls,
       "the TLS handshake failed (perhaps the port speaks clear text: ws://)"},
      {"", false, 80, Fault::network, "the connection broke during the handshake"},
      {"x\n", true, 443, Fault::network,
       "the connection broke during the handshake (x\\x0A): the server may want a certificate "
       "(--cert)"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.said);
    const Error error = handshake_fault(row.said, row.tls, row.port);
    CHECK(error.fault() == row.fault);
    CHECK(error.text() == row.text);
  }
  CHECK(answer_is_not_http(1883).text() ==
        "the answer is not HTTP (perhaps the port speaks MQTT: rtmqtt)");
}

TEST_CASE("websocket faults: answers that are no WebSocket") {
  const struct {
    int status;
    const char* line;
    bool explained;
    Fault fault;
    bool fatal;
    const char* text;
  } rows[] = {
      {200, "200 OK", false, Fault::protocol, true,
       "the server answered 200 OK, not a WebSocket (is the path right?)"},
      {204, "", false, Fault::protocol, true, "the server answered 204, not a WebSocket"},
      {401, "401 No", false, Fault::refused, true,
       "the server answered 401 No, not a WebSocket (credentials are missing or wrong: -u, "
       "--bearer-file)"},
      {403, "403 No", true, Fault::refused, true,
       "the server answered 403 No, not a WebSocket (its answer says why: curl shows it)"},
      {404, "404 No", false, Fault::other, true,
       "the server answered 404 No, not a WebSocket (is the path right?)"},
      {503, "503 No\r", false, Fault::other, false,
       "the server answered 503 No\\x0D, not a WebSocket"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.status);
    const Error error = handshake_refusal(row.status, row.line, row.explained);
    CHECK(error.fault() == row.fault);
    CHECK(error.fatal() == row.fatal);
    CHECK(error.text() == row.text);
  }
}

}  // namespace
}  // namespace rt
