#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "io/net/carrier.hpp"
#include "model/defaults.hpp"
#include "model/endpoint.hpp"
#include "model/network_options.hpp"
#include "model/tls_options.hpp"

namespace rt {

struct WsStreamOptions {
  Endpoint endpoint;  // of the WebSocket; a user in it is not sent
  TlsOptions tls;
  NetworkOptions network;
  std::vector<std::pair<std::string, std::string>> headers;  // -H
  std::string origin;
  std::string subprotocol;  // that the server has to choose
  Milliseconds connect_timeout = defaults::kConnectTimeout;
};

// A WebSocket as a byte stream: what is in its binary frames, whose bounds mean nothing. The
// opening handshake is a part of connect(). Errors besides those of the network: refused (401, 403,
// 407), protocol (another answer than 101: names the status; no subprotocol; text frames), closed
// (a close frame with a code that is not of good order: names it).
class WsStream final : public Carrier {
 public:
  WsStream(Reactor& reactor, WsStreamOptions options);
  ~WsStream() override;

  asio::awaitable<Result<void>> connect() override;
  Result<Received> receive(std::span<char> into) override;
  Result<std::size_t> send(std::string_view bytes) override;
  void close() override;
  // The closing handshake begins.
  void end_sending() override;
  void on_readable(std::function<void()> callback) override;
  void on_writable(std::function<void()> callback) override;
  void readable_from(std::size_t bytes) override;
  void forget_readable() override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
