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

constexpr std::string_view kWantsCertificate = " (it may want a certificate: --cert)";

}  // namespace

Error answer_is_not_http(unsigned port) {
  return Error(Fault::protocol, "the answer is not HTTP" + another_protocol(port, "wss"));
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
    std::string text(row.text);
    if (row.fault == Fault::network && !contains(row.part, "proxy"))
      text += tls ? std::string(kWantsCertificate) : another_protocol(port, "wss");
    return Error(row.fault, std::move(text));
  }
  // lws knows no more than that: under TLS it is one more end of "read failed", which of the two
  // is a matter of time.
  if (said == "closed")
    return Error(
        Fault::network,
        tls ? "the server closed the connection without an answer" + std::string(kWantsCertificate)
            : "the connection was lost during the handshake" + another_protocol(port, "wss"));
  // What lws tells of the TLS library's errors says nothing.
  if (tls && contains(said, "connect "))
    return Error(Fault::tls,
                 "the TLS handshake failed (perhaps the port speaks clear text: ws://)");
  return Error(Fault::network, "the connection broke during the handshake" +
                                   (said.empty() ? "" : " (" + printable(said) + ")") +
                                   (tls ? ": the server may want a certificate (--cert)" : ""));
}

Error handshake_refusal(int status, std::string_view status_line, bool explained) {
  std::string text = "the server answered ";
  text += status_line.empty() ? std::to_string(status) : printable(trim(status_line));
  text += ", not a WebSocket";
  std::string_view advice = status == 200 ? "is the path right?" : advice_on(status);
  if (status == 403 && explained) advice = "its answer says why: curl shows it";
  if (!advice.empty()) text.append(" (").append(advice).append(")");
  if (status == 401 || status == 403 || status == 407) return Error(Fault::refused, text);
  if (may_pass(status)) return Error(Fault::other, text);
  // An honest refusal is no breach of the protocol, unlike success without a WebSocket.
  return status >= 400 ? Error(Fault::other, text).as_fatal() : Error(Fault::protocol, text);
}

}  // namespace rt
