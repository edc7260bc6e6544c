#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "io/net/carrier.hpp"
#include "io/net/tls_context.hpp"
#include "model/defaults.hpp"
#include "model/network_options.hpp"
#include "model/tls_options.hpp"

namespace rt {

struct NetStreamOptions {
  std::string host;  // a name, or an address; IPv6 without brackets
  std::uint16_t port = 0;
  bool over_tls = false;
  TlsOptions tls;
  Milliseconds connect_timeout = defaults::kConnectTimeout;
  std::string clear_url = {};  // what the user writes for the same in clear text, for errors
  bool speaks_http = false;    // TLS is told so (ALPN): HTTP/1.1
  TlsContext context = {};     // or this
  NetworkOptions network = {};
  // The URL of the proxy, empty for none. Nothing: what `network` says, or else what the
  // environment names for http and https.
  std::optional<std::string> proxy = std::nullopt;
  // The host is an address of this machine, to be spoken to in clear text and through no proxy:
  // without libcurl, whose own part of each connection is three descriptors and 50 KiB.
  bool beside = false;
  // What the system may hold of what has come, where it is not over TLS or through a proxy; 0: as
  // it likes. Less than that fills up: then the sender's system gathers what follows. Until
  // widen().
  int receive_buffer = 0;
};

// A byte stream to a host, in clear text or over TLS, through proxies (CONNECT, SOCKS), by
// libcurl. One connection in its life. Errors: network, tls; in clear text,
// bytes go between the socket and the caller in one step.
//
// Reading is by one of two ways, and so is writing: a coroutine that awaits read() or write(), or
// callbacks: receive() and send() never wait, on_readable() and on_writable() say once when it is
// worth another try. Not both ways at a time.
class NetStream final : public Carrier {
 public:
  NetStream(Reactor& reactor, NetStreamOptions options);
  // Nothing is called any more.
  ~NetStream() override;

  asio::awaitable<Result<void>> connect() override;
  bool connected() const;
  void close() override;

  // The next bytes, as many as have come; empty at the end of the stream.
  asio::awaitable<Result<std::string>> read();
  // Completes when the system has taken all of it. The bytes stay where they are until then.
  asio::awaitable<Result<void>> write(std::string_view bytes);

  Result<Received> receive(std::span<char> into) override;
  Result<std::size_t> send(std::string_view bytes) override;
  void end_sending() override;

  void on_readable(std::function<void()> callback) override;
  void on_writable(std::function<void()> callback) override;
  void readable_from(std::size_t bytes) override;
  void widen() override;
  void forget_readable() override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
