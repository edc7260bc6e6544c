#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "codec/dialect.hpp"
#include "engine/histogram.hpp"
#include "io/http/client.hpp"
#include "io/loop/reactor.hpp"
#include "model/message.hpp"

namespace rt {

struct EngineIoOptions {
  std::string url;         // http or https, without credentials, as dialect_target says
  DialectOptions dialect;  // Socket.IO's
  std::shared_ptr<Histogram> round_trips{};  // of acknowledgements; null: nobody wants it
};

// Socket.IO without a WebSocket: Engine.IO 4 by polling. One request waits for what comes, others
// bring what is sent. After an error or an end, connect() again: it joins again.
class EngineIoClient {
 public:
  EngineIoClient(Reactor& reactor, HttpOptions http, EngineIoOptions options);
  ~EngineIoClient();
  EngineIoClient(const EngineIoClient&) = delete;
  EngineIoClient& operator=(const EngineIoClient&) = delete;

  // Completes when the server has let us join, within connect_timeout. Errors: network, tls,
  // protocol, refused, and status_error() of an answer.
  asio::awaitable<Result<void>> connect();
  bool connected() const;

  // All messages that have come, at least one; empty when the server has ended it in good order.
  // While it is not called, no more is asked for than some hundred KiB. Errors: network, protocol.
  asio::awaitable<Result<Batch>> read();
  // Completes when the server has taken all, or acknowledged it where that is asked for. What it
  // has taken is off the front of `rest`; what was under way when the connection broke may have
  // been taken unseen. Errors: usage of a message that cannot be carried, which is the first of
  // `rest` then.
  asio::awaitable<Result<void>> write(Messages& rest);
  // The goodbye, for at most this time.
  asio::awaitable<void> close(Milliseconds most);
  // Ends the connection for this reason.
  void break_off(Error why);

  // The server has ended the last connection in good order.
  bool ended_in_good_order() const;
  // How long the server that refused the last attempt wants to be left alone.
  std::optional<Milliseconds> retry_after() const { return retry_after_; }

 private:
  class Session;

  asio::awaitable<void> acknowledged(Session& session, std::size_t count, Messages& rest);

  Reactor& reactor_;
  const EngineIoOptions options_;
  const Milliseconds connect_timeout_;
  std::shared_ptr<HttpClient> client_;
  std::shared_ptr<Session> session_;
  std::optional<Milliseconds> retry_after_;
};

}  // namespace rt
