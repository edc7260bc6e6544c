#include "io/websocket/faults.hpp"

#include <array>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "codec/dialect_signs.hpp"
#include "codec/http_refusal.hpp"
#include "io/net/faults.hpp"
#include "io/trace/redact.hpp"

namespace rt {
namespace {

// Under TLS many a server that wants a certificate just closes the connection.
std::string hint_at_silence(const HandshakePlace& place) {
  return place.tls ? "it may want a certificate: --cert"
                   : another_protocol(place.port, place.other_url);
}

// The field that says what would be taken instead, as "Name: value".
std::string useful_field(const ws::Answer& answer) {
  const auto field = [&](std::string_view name) {
    const std::string_view value = answer.value(name);
    if (value.empty()) return std::string();
    return std::string(name) + ": " + printable(value, 120);
  };
  switch (answer.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return redacted(field("Location"));
    case 401:
      // Basic is what was tried or forgotten.
      return ascii_lower(answer.value("WWW-Authenticate")).starts_with("basic")
                 ? std::string()
                 : field("WWW-Authenticate");
    case 426:
      return answer.value("Sec-WebSocket-Version").empty() ? field("Upgrade")
                                                           : field("Sec-WebSocket-Version");
    case 429:
    case 503:
      return field("Retry-After");
    default:
      return {};
  }
}

}  // namespace

Error answer_fault(ws::AnswerFault fault, const HandshakePlace& place) {
  using ws::AnswerFault;
  if (fault == AnswerFault::not_http)
    return Error(Fault::protocol, "the answer is not HTTP")
        .with_hint(another_protocol(place.port, place.tls ? "" : place.other_url));
  struct Row {
    AnswerFault fault;
    std::string_view text;
  };
  static constexpr std::array<Row, 9> kRows = {{
      {AnswerFault::malformed, "the server's answer is not HTTP"},
      {AnswerFault::too_long, "the head of the server's answer is too long"},
      {AnswerFault::no_upgrade, "the server's answer does not upgrade the connection"},
      {AnswerFault::other_upgrade, "the server upgrades to something else"},
      {AnswerFault::accept_missing, "the server's answer has no Sec-WebSocket-Accept"},
      {AnswerFault::accept_wrong, "the server's Sec-WebSocket-Accept is wrong"},
      {AnswerFault::accept_twice, "the server's answer has more than one Sec-WebSocket-Accept"},
      {AnswerFault::subprotocol, "the server chose a subprotocol that was not offered"},
      {AnswerFault::extension, "the server chose an extension that was not offered"},
  }};
  for (const Row& row : kRows)
    if (row.fault == fault) return Error(Fault::protocol, std::string(row.text));
  return Error(Fault::protocol, "the server's answer is not HTTP");
}

Error no_answer(bool begun, const HandshakePlace& place) {
  return Error(Fault::network, begun ? "the connection was lost during the handshake"
                                     : "the server closed the connection without an answer")
      .with_hint(hint_at_silence(place));
}

HandshakePlace handshake_place(const Endpoint& at) {
  return {at.tls, at.port, at.display_otherwise()};
}

Error handshake_refusal(const ws::Answer& answer, const HandshakePlace& place) {
  const int status = answer.status;
  std::string text = "the server answered " + printable(answer.status_line) + ", not a WebSocket";
  if (http::says_wants_tls(answer.status, answer.body))
    return Error(Fault::tls, std::move(text))
        .with_hint("the port speaks TLS: try " + place.other_url)
        .as_fatal();
  const std::string why = http::explanation(answer.value("Content-Type"), answer.body);
  if (!why.empty()) text += ": " + why;
  if (const std::string field = useful_field(answer); !field.empty()) text += "; " + field;
  const std::string dialect = hint_at_dialect(dialect_of_refusal(answer.body), "--protocol");
  std::string_view advice = !dialect.empty() ? std::string_view(dialect)
                            : status == 200  ? "is the path right?"
                                             : advice_on(status);
  // Who says why knows better.
  if (status == 403 && !why.empty()) advice = {};
  Error error = Error(Fault::other, std::move(text)).with_hint(advice);
  if (status == 401 || status == 403 || status == 407) return error.as(Fault::refused);
  if (may_pass(status)) return error;
  // An honest refusal is no breach of the protocol, unlike success without a WebSocket.
  return status >= 400 ? error.as_fatal() : error.as(Fault::protocol);
}

}  // namespace rt
