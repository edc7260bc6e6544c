#pragma once

#include <string>

#include "base/error.hpp"
#include "codec/ws_answer.hpp"
#include "model/endpoint.hpp"

// Why there is no WebSocket, in words (see io/net/faults.hpp).
namespace rt {

// Where a handshake went to.
struct HandshakePlace {
  bool tls = false;
  unsigned port = 0;
  std::string other_url = {};  // with TLS in place of clear text, or the other way round
};

// For an answer that is wrong.
Error answer_fault(ws::AnswerFault fault, const HandshakePlace& place);
// The server ended the connection; `begun`: when some of its answer had come.
Error no_answer(bool begun, const HandshakePlace& place);
// For an answer other than 101.
Error handshake_refusal(const ws::Answer& answer, const HandshakePlace& place);

HandshakePlace handshake_place(const Endpoint& at);

}  // namespace rt
