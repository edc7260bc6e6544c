#include "io/server/http_front.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/ip/v6_only.hpp>
#include <asio/post.hpp>
#include <cerrno>
#include <ctime>
#include <limits>

#include "base/log.hpp"
#include "codec/http_date.hpp"
#include "io/server/http_connection.hpp"
#include "io/server/websocket.hpp"

namespace rt {
namespace {

using asio::ip::tcp;

constexpr int kAcceptBatch = 64;
constexpr Milliseconds kAcceptPause = 100ms;

bool out_of_descriptors(int failed) {
  return failed == EMFILE || failed == ENFILE || failed == ENOBUFS || failed == ENOMEM;
}

// A non-blocking socket without Nagle's delay, or -1 with errno.
int accept_one(int listener) {
#ifdef __linux__
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return fd;
#else
  const int fd = ::accept(listener, nullptr, nullptr);
  if (fd < 0) return fd;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, O_NONBLOCK);
#endif
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
  setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return fd;
}

Error bind_error(const ListenAddress& address, const asio::error_code& failed) {
  std::string text = "cannot listen on " + address.host + ":" + std::to_string(address.port) +
                     ": " + failed.message();
  if (failed == asio::error::address_in_use)
    text += " (another program has it; 0 picks a free one)";
  if (failed == asio::error::access_denied) text += " (ports below 1024 need special rights)";
  if (failed.value() == EADDRNOTAVAIL) text += " (no interface of this machine has this address)";
  return Error(Fault::other, std::move(text));
}

// A newcomer that gets an answer of 503 needs a descriptor, too, and so does all else that is open.
std::size_t connections_the_system_has() {
  constexpr rlim_t kOthers = 64;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(limit.rlim_cur > 2 * kOthers ? limit.rlim_cur - kOthers
                                                               : limit.rlim_cur / 2);
}

}  // namespace

HttpFront::HttpFront(Reactor& reactor, SocketPoller& poller, Deadlines& deadlines,
                     Holdings& holdings, WsServer& websockets, ExchangeHandler& handler,
                     HttpFrontOptions options)
    : reactor_(reactor),
      poller_(poller),
      deadlines_(deadlines),
      holdings_(holdings),
      websockets_(websockets),
      handler_(handler),
      options_(options),
      pause_(reactor.context()),
      most_descriptors_(connections_the_system_has()) {}

HttpFront::~HttpFront() {
  while (first_ != nullptr) delete first_;
}

Result<std::uint16_t> HttpFront::listen(const ListenAddress& address) {
  std::vector<tcp::endpoint> endpoints;
  asio::error_code failed;
  if (address.host == "*") {
    endpoints.emplace_back(tcp::v6(), address.port);
  } else {
    tcp::resolver resolver(reactor_.context());
    for (const auto& entry :
         resolver.resolve(address.host, std::to_string(address.port),
                          tcp::resolver::passive | tcp::resolver::numeric_service, failed))
      endpoints.push_back(entry.endpoint());
    if (failed || endpoints.empty())
      return Error(Fault::network, "cannot resolve " + address.host + ": " + failed.message());
  }

  const auto open = [&](const tcp::endpoint& endpoint) -> std::unique_ptr<Acceptor> {
    auto acceptor = std::make_unique<Acceptor>(reactor_.context().get_executor());
    acceptor->open(endpoint.protocol(), failed);
    if (!failed) acceptor->set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed && endpoint.protocol() == tcp::v6())
      acceptor->set_option(asio::ip::v6_only(address.host != "*"), failed);
    if (!failed) acceptor->bind(endpoint, failed);
    if (!failed) acceptor->listen(4096, failed);
    if (!failed) acceptor->non_blocking(true, failed);
    return failed ? nullptr : std::move(acceptor);
  };

  std::uint16_t port = address.port;
  std::vector<std::unique_ptr<Acceptor>> opened;
  asio::error_code first_failure;
  for (tcp::endpoint endpoint : endpoints) {
    endpoint.port(port);
    auto acceptor = open(endpoint);
    // A machine without IPv6 still has all its IPv4 interfaces.
    if (!acceptor && address.host == "*" && failed == asio::error::address_family_not_supported)
      acceptor = open(tcp::endpoint(tcp::v4(), port));
    if (!acceptor) {
      if (!first_failure) first_failure = failed;
      // "localhost" means both loopbacks where both exist; one that is taken is an error.
      if (failed == asio::error::address_in_use || failed == asio::error::access_denied)
        return bind_error(address, failed);
      continue;
    }
    port = acceptor->local_endpoint(failed).port();
    opened.push_back(std::move(acceptor));
  }
  if (opened.empty()) return bind_error(address, first_failure);
  for (auto& acceptor : opened) {
    acceptors_.push_back(std::move(acceptor));
    accept(*acceptors_.back());
  }
  return port;
}

Result<void> HttpFront::adopt(const InheritedSocket& socket) {
  const bool v6 = socket.address.host.find(':') != std::string::npos;
  auto acceptor = std::make_unique<Acceptor>(reactor_.context().get_executor());
  asio::error_code failed;
  acceptor->assign(v6 ? tcp::v6() : tcp::v4(), socket.fd, failed);
  if (!failed) acceptor->non_blocking(true, failed);
  if (failed) return bind_error(socket.address, failed);
  acceptors_.push_back(std::move(acceptor));
  accept(*acceptors_.back());
  return {};
}

void HttpFront::accept(Acceptor& acceptor) {
  acceptor.async_wait(Acceptor::wait_read, [this, &acceptor, known = std::weak_ptr<char>(alive_)](
                                               asio::error_code failed) {
    if (!failed && !known.expired() && !draining_) on_accept(acceptor);
  });
}

// Descriptors are missing to all acceptors alike: all wait.
void HttpFront::pause_accepting() {
  accept_paused_ = true;
  asio::error_code ignored;
  for (auto& acceptor : acceptors_) acceptor->cancel(ignored);
  pause_.expires_after(kAcceptPause);
  pause_.async_wait([this, known = std::weak_ptr<char>(alive_)](asio::error_code cancelled) {
    if (cancelled || known.expired()) return;
    accept_paused_ = false;
    for (auto& acceptor : acceptors_) accept(*acceptor);
  });
}

void HttpFront::on_accept(Acceptor& acceptor) {
  if (accept_paused_) return;
  for (int i = 0; i < kAcceptBatch && !draining_; ++i) {
    const int fd = accept_one(acceptor.native_handle());
    const int failed = fd < 0 ? errno : 0;
    if (failed == EAGAIN || failed == EWOULDBLOCK) break;
    if (failed == ECONNABORTED || failed == EINTR) continue;
    if (out_of_descriptors(failed)) {
      if (!warned_full_)
        Log::warn(system_error(Fault::other, "cannot accept connections", failed).text());
      warned_full_ = true;
      return pause_accepting();
    }
    if (failed != 0) {
      Log::warn(system_error(Fault::other, "accept", failed).text());
      break;
    }
    if (full()) {
      constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
          "Connection: close\r\n\r\n";
      (void)!::write(fd, kFull.data(), kFull.size());
      ::shutdown(fd, SHUT_WR);
      // Closing on bytes that have come would be a reset, which takes the answer away.
      const std::span<char> scratch = reactor_.scratch();
      (void)!::recv(fd, scratch.data(), scratch.size(), 0);
      ::close(fd);
      continue;
    }
    (new HttpConnection(*this, fd))->start();
  }
  if (!draining_) accept(acceptor);
}

bool HttpFront::full() const {
  const std::size_t all = count_ + websockets_.connections();
  return all >= options_.max_connections || all + (others_ ? others_() : 0) >= most_descriptors_;
}

const std::string& HttpFront::date_field() {
  const std::int64_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    date_ = "Date: " + format_http_date(now) + "\r\n";
  }
  return date_;
}

void HttpFront::drain() {
  draining_ = true;
  asio::error_code ignored;
  for (auto& acceptor : acceptors_) acceptor->close(ignored);
  pause_.cancel();
  for (HttpConnection* connection = first_; connection != nullptr;) {
    HttpConnection* const next = connection->next_;
    connection->drain();
    connection = next;
  }
}

}  // namespace rt
