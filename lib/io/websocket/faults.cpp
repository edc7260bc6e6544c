#include "io/websocket/faults.hpp"

#include <array>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "io/net/faults.hpp"

namespace rt {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// libwebsockets says "proxy 403".
std::optional<Error> proxy_fault(std::string_view said) {
  constexpr std::string_view kStart = "proxy ";
  if (!said.starts_with(kStart)) return std::nullopt;
  const auto status = parse_uint(trim(said.substr(kStart.size())));
  if (!status) return std::nullopt;
  return proxy_refusal(*status, "credentials stand in http_proxy: http://USER:PASSWORD@HOST:PORT");
}

// Under TLS many a server that wants a certificate just closes the connection.
std::string hint_at_silence(bool tls, unsigned port) {
  return tls ? "it may want a certificate: --cert" : another_protocol(port, "wss");
}

}  // namespace

Error answer_is_not_http(unsigned port) {
  return Error(Fault::protocol, "the answer is not HTTP").with_hint(another_protocol(port, "wss"));
}

Error handshake_fault(std::string_view said, bool tls, unsigned port) {
  if (const auto answered = proxy_fault(said)) return *answered;
  struct Row {
    std::string_view part;
    Fault fault;
    std::string_view text;
  };
  static constexpr std::array<Row, 13> kRows = {{
      {"Accept hash wrong", Fault::protocol, "the server's Sec-WebSocket-Accept is wrong"},
      {"ACCEPT missing", Fault::protocol, "the server's answer has no Sec-WebSocket-Accept"},
      {"UPGRADE", Fault::protocol, "the server's answer does not upgrade the connection"},
      {"Upgrade to something", Fault::protocol, "the server upgrades to something else"},
      {"PROTOCOL malformed", Fault::protocol,
       "the server chose a subprotocol that was not offered"},
      {"EXT:", Fault::protocol, "the server chose an extension that was not offered"},
      {"problems parsing header", Fault::protocol, "the server's answer is not HTTP"},
      {"URI missing", Fault::protocol, "the server's answer is not HTTP"},
      {"proxy conn dead", Fault::network, "the proxy closed the connection"},
      {"proxy not h1", Fault::protocol, "the proxy's answer is not HTTP"},
      {"proxy", Fault::network, "the proxy did not open a tunnel"},
      {"Peer hung up", Fault::network, "the server closed the connection without an answer"},
      {"read failed", Fault::network, "the server closed the connection without an answer"},
  }};
  for (const Row& row : kRows) {
    if (!contains(said, row.part)) continue;
    const Error error(row.fault, std::string(row.text));
    const bool silent = row.fault == Fault::network && !contains(row.part, "proxy");
    return silent ? error.with_hint(hint_at_silence(tls, port)) : error;
  }
  // lws knows no more than that: under TLS it is one more end of "read failed", which of the two
  // is a matter of time.
  if (said == "closed")
    return Error(Fault::network, tls ? "the server closed the connection without an answer"
                                     : "the connection was lost during the handshake")
        .with_hint(hint_at_silence(tls, port));
  // What lws tells of the TLS library's errors says nothing.
  if (tls && contains(said, "connect "))
    return Error(Fault::tls, "the TLS handshake failed")
        .with_hint("perhaps the port speaks clear text: ws://");
  Error broke =
      Error(Fault::network, "the connection broke during the handshake").with_hint(printable(said));
  if (!tls) return broke;
  return Error(Fault::network, broke.text() + ": the server may want a certificate")
      .with_hint("--cert");
}

Error handshake_refusal(int status, std::string_view status_line, bool explained) {
  std::string text = "the server answered ";
  text += status_line.empty() ? std::to_string(status) : printable(trim(status_line));
  text += ", not a WebSocket";
  std::string_view advice = status == 200 ? "is the path right?" : advice_on(status);
  if (status == 403 && explained) advice = "its answer says why: curl shows it";
  Error error = Error(Fault::other, std::move(text)).with_hint(advice);
  if (status == 401 || status == 403 || status == 407) return error.as(Fault::refused);
  if (may_pass(status)) return error;
  // An honest refusal is no breach of the protocol, unlike success without a WebSocket.
  return status >= 400 ? error.as_fatal() : error.as(Fault::protocol);
}

}  // namespace rt
