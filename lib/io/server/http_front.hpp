#pragma once

#include <asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "codec/http1.hpp"
#include "engine/holdings.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/reactor.hpp"
#include "io/loop/socket_poller.hpp"
#include "io/server/exchange.hpp"
#include "io/server/inherited_socket.hpp"
#include "io/trace/access_log.hpp"
#include "model/defaults.hpp"
#include "model/endpoint.hpp"

namespace rt {

class WsServer;
class HttpConnection;

struct HttpFrontOptions {
  http1::Limits limits;
  // Fewer where the system has not so many descriptors
  std::size_t max_connections = defaults::kMaxConnections;
  Milliseconds request_time = 30s;  // from a request's first byte to its head's last one
  Milliseconds body_time = 60s;     // for every 16 KiB of a body
  Milliseconds idle_time = 75s;     // between two requests of a connection
  Milliseconds stall_time = 120s;   // a peer that takes nothing of what waits for it
};

// Clear-text HTTP/1.1 (RFC 9112) on Asio: gives exchanges to a handler. Sockets that become
// WebSockets are handed to a WsServer. An idle connection holds no buffer and no coroutine.
class HttpFront {
 public:
  // `holdings` bounds what is held for peers: heads and bodies that are not whole, answers that are
  // not taken. The sockets are watched by `poller`, also after they have become WebSockets.
  HttpFront(Reactor& reactor, SocketPoller& poller, Deadlines& deadlines, Holdings& holdings,
            WsServer& websockets, ExchangeHandler& handler, HttpFrontOptions options);
  ~HttpFront();
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;

  // Binds and listens; the port that was bound (address.port may be 0).
  Result<std::uint16_t> listen(const ListenAddress& address);
  // Accepts on a socket that listens already and is this one's from now on.
  Result<void> adopt(const InheritedSocket& socket);

  // Accepts no more, closes idle connections, and the others after their answers.
  void drain();
  std::size_t connections() const { return count_; }
  // Descriptors that its connections cost besides their own: they count where the system's are few.
  void count_also(std::function<std::size_t()> others) { others_ = std::move(others); }
  // Called when the last connection has gone.
  void on_empty(std::function<void()> callback) { on_empty_ = std::move(callback); }

 private:
  friend class HttpConnection;
  using Executor = asio::io_context::executor_type;
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

  void accept(Acceptor& acceptor);
  void on_accept(Acceptor& acceptor);
  void pause_accepting();
  bool full() const;
  // The rest of a "Date: ...\r\n" line is made once a second.
  const std::string& date_field();

  Reactor& reactor_;
  SocketPoller& poller_;
  Deadlines& deadlines_;
  Holdings& holdings_;
  WsServer& websockets_;
  ExchangeHandler& handler_;
  HttpFrontOptions options_;
  const std::unique_ptr<AccessLog> access_ = AccessLog::if_wanted();
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  asio::steady_timer pause_;       // after accept failed for want of descriptors
  http1::Request request_;         // scratch, shared by all connections
  std::string_view rest_;          // what lies behind the request that is being served
  std::string output_;             // answers of the connection that is being served
  std::string late_output_;        // an answer that was held
  std::uint64_t late_shared_ = 0;  // Response::shared of what late_output_ holds
  std::string date_;
  std::int64_t date_second_ = -1;
  HttpConnection* first_ = nullptr;
  std::size_t count_ = 0;
  std::function<void()> on_empty_;
  std::function<std::size_t()> others_;
  std::size_t most_descriptors_;
  bool accept_paused_ = false;
  bool draining_ = false;
  bool warned_full_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace rt
