#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "codec/ws_answer.hpp"
#include "codec/ws_deflate_terms.hpp"
#include "io/loop/reactor.hpp"
#include "io/net/stream.hpp"
#include "model/endpoint.hpp"

namespace rt {

// What one attempt to connect is told.
struct WsAttempt {
  Endpoint at;
  TlsOptions tls;
  NetworkOptions network;
  std::string proxy;   // its URL; empty: none
  std::string fields;  // of the request: see handshake_fields
  ws::Offer offer;     // its extensions are set from `compression`
  ws::DeflateTerms compression;
  SteadyTime deadline;
  Milliseconds patience{};  // that the deadline came from, for people
};

// A new Sec-WebSocket-Key.
std::string new_websocket_key();

// One connection to a server and its opening handshake. What carries the frames then is taken out.
class WsOpening {
 public:
  explicit WsOpening(Reactor& reactor);

  // Connects and shakes hands: the server's answer. This must live until it is done. Errors:
  // network, tls, protocol.
  asio::awaitable<Result<ws::Answer>> run(WsAttempt attempt);
  // run() comes to its end.
  void abandon();

  // After a 101, once.
  std::unique_ptr<NetStream> take_stream() { return std::move(stream_); }
  // The bytes that came after the answer.
  std::string take_early() { return std::move(early_); }
  // What the server has agreed to.
  const ws::DeflateTerms& agreed() const { return agreed_; }

 private:
  asio::awaitable<Result<ws::Answer>> shake_hands(const WsAttempt& attempt);
  void limit(SteadyTime deadline);

  Reactor& reactor_;
  std::unique_ptr<NetStream> stream_;
  asio::steady_timer limit_;
  bool timed_out_ = false;
  std::string early_;
  ws::DeflateTerms agreed_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace rt
