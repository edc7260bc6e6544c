#include "io/net/stream.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "io/loop/curl.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/socket_send.hpp"
#include "io/net/curl_connection.hpp"
#include "io/net/curl_errors.hpp"

namespace rt {
namespace {

using asio::posix::stream_descriptor;

constexpr std::size_t kPiece = 64u << 10;  // of read()

// A proxy may be spoken to over TLS, which only curl sees through.
bool proxy_is_named(const NetStreamOptions& options) {
  if (!options.network.unix_socket.empty()) return false;
  if (options.proxy) return !options.proxy->empty();
  if (options.network.proxy) return !options.network.proxy->empty();
  for (const char* const name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

NetworkOptions with_proxy(const NetStreamOptions& options) {
  NetworkOptions out = options.network;
  if (options.proxy) out.proxy = options.proxy;
  return out;
}

std::string url_of(const NetStreamOptions& options) {
  const bool v6 = options.host.find(':') != std::string::npos;
  std::string host = options.host;
  // RFC 6874: the zone's sign is encoded in a URL.
  if (const std::size_t zone = host.find('%'); zone != std::string::npos)
    host.insert(zone + 1, "25");
  return (options.over_tls ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(options.port) + "/";
}

int limit_receive_buffer(void* options, curl_socket_t socket, curlsocktype) {
  const int bytes = static_cast<const NetStreamOptions*>(options)->receive_buffer;
  ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  return CURL_SOCKOPT_OK;
}

Error lost(int error_number) {
  return system_error(Fault::network, "connection lost", error_number);
}

}  // namespace

struct NetStream::State : std::enable_shared_from_this<NetStream::State> {
  State(Reactor& reactor, NetStreamOptions with)
      : options(std::move(with)),
        url(url_of(options)),
        direct(options.beside || (!options.over_tls && !proxy_is_named(options))),
        its_reactor(reactor),
        descriptor(reactor.executor()),
        connected_or_failed(reactor.executor()),
        executor(reactor.executor()) {}
  ~State() { close(); }

  void close() {
    readable = nullptr;
    ++writable_turn;
    asio::error_code ignored;
    if (options.beside) descriptor.close(ignored);
    // The descriptor is curl's to close.
    if (descriptor.is_open()) descriptor.release();
    if (easy == nullptr) return;
    loop->remove(easy);
    loop->give_back(easy);
    easy = nullptr;
  }

  asio::awaitable<Result<void>> connect_beside() {
    asio::error_code failed;
    const asio::ip::tcp::endpoint to(asio::ip::make_address(options.host, failed), options.port);
    if (failed) co_return Error(Fault::other, "no address: " + options.host);
    asio::ip::tcp::socket socket(its_reactor.executor());
    co_await socket.async_connect(to, asio::redirect_error(asio::use_awaitable, failed));
    if (done) co_return Error(Fault::network, "the connection was given up");
    if (!failed) socket.set_option(asio::ip::tcp::no_delay(true), failed);
    if (failed) co_return system_error(Fault::network, "cannot connect", failed.value());
    descriptor.assign(socket.release(), failed);
    if (failed) co_return Error(Fault::network, "the connection was lost at once");
    co_return Result<void>();
  }

  Result<void> start() {
    loop.emplace(its_reactor);
    easy = loop->take_handle();
    if (easy == nullptr) return Error(Fault::other, "out of memory");
    set_up_connection(easy, url, options.tls, options.connect_timeout);
    network = std::make_unique<CurlNetwork>(with_proxy(options), options.tls);
    network->set_up(easy);
    if (options.speaks_http) announce_http(easy);
    if (direct && options.receive_buffer > 0) {
      curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &limit_receive_buffer);
      curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, &options);
    }
    if (!options.context.empty() && !set_up_context(easy, options.context))
      return Error(Fault::tls,
                   "this libcurl has another TLS library than OpenSSL, which --alpn and "
                   "--psk-identity need")
          .as_fatal();
    if (options.proxy) set_proxy(easy, *options.proxy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text.data());
    const bool added = loop->add_connection(easy, [this](int result) {
      code = result;
      done = true;
      connected_or_failed.notify_all();
    });
    if (!added) return Error(Fault::other, "libcurl refused the connection");
    return {};
  }

  Result<void> take_socket() {
    if (code != CURLE_OK) return connection_error(easy, code, error_text.data(), options.clear_url);
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
    asio::error_code failed = asio::error::bad_descriptor;
    if (socket != CURL_SOCKET_BAD) descriptor.assign(socket, failed);
    if (failed) return Error(Fault::network, "the connection was lost at once");
    return {};
  }

  Result<Received> receive(std::span<char> into) {
    if (!descriptor.is_open()) return Error(Fault::network, "not connected");
    if (direct) {
      for (;;) {
        const ssize_t n =
            ::recv(descriptor.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
        if (n > 0) {
          const auto size = static_cast<std::size_t>(n);
          return Received{.size = size, .all = size < into.size()};
        }
        if (n == 0) return Received{.ended = true};
        if (errno == EAGAIN || errno == EWOULDBLOCK) return Received{};
        if (errno != EINTR) return lost(errno);
      }
    }
    std::size_t n = 0;
    const CURLcode result = curl_easy_recv(easy, into.data(), into.size(), &n);
    // What TLS has decrypted ahead does not make the socket readable.
    more_inside = result == CURLE_OK && n > 0;
    if (result == CURLE_AGAIN) return Received{};
    if (result != CURLE_OK)
      return connection_error(easy, result, error_text.data(), options.clear_url);
    // TLS hands out a record at a time.
    return Received{.size = n, .ended = n == 0};
  }

  Result<std::size_t> send(std::string_view bytes) {
    if (!descriptor.is_open()) return Error(Fault::network, "not connected");
    if (direct) {
      for (;;) {
        const ssize_t n = send_quietly(descriptor.native_handle(), bytes);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno == EAGAIN || errno == EWOULDBLOCK) return std::size_t{0};
        if (errno != EINTR) return lost(errno);
      }
    }
    std::size_t n = 0;
    const CURLcode result = curl_easy_send(easy, bytes.data(), bytes.size(), &n);
    if (result == CURLE_AGAIN) return std::size_t{0};
    if (result != CURLE_OK)
      return connection_error(easy, result, error_text.data(), options.clear_url);
    return n;
  }

  void on_readable(std::function<void()> callback) {
    readable = std::move(callback);
    const auto call = [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      if (const auto now = std::exchange(self->readable, nullptr)) now();
    };
    if (more_inside) {
      asio::post(executor, call);
      return;
    }
    // A wait that was forgotten is as good as a new one.
    if (std::exchange(readable_awaited, true)) return;
    descriptor.async_wait(stream_descriptor::wait_read,
                          [call, weak = weak_from_this()](asio::error_code) {
                            if (const auto self = weak.lock()) self->readable_awaited = false;
                            call();
                          });
  }

  void readable_from(std::size_t bytes) {
    // With TLS, curl reads from the socket what it likes. Elsewhere than on Linux a wait that is
    // under way might not notice.
#ifdef __linux__
    if (!direct || bytes == least || !descriptor.is_open()) return;
    least = bytes;
    const int number = static_cast<int>(bytes);
    ::setsockopt(descriptor.native_handle(), SOL_SOCKET, SO_RCVLOWAT, &number, sizeof number);
#else
    least = bytes;
#endif
  }

  void on_writable(std::function<void()> callback) {
    const unsigned turn = ++writable_turn;
    descriptor.async_wait(
        stream_descriptor::wait_write,
        [weak = weak_from_this(), turn, callback = std::move(callback)](asio::error_code) {
          const auto self = weak.lock();
          if (self && self->writable_turn == turn) callback();
        });
  }

  const NetStreamOptions options;
  std::unique_ptr<CurlNetwork> network;  // while curl has a part in it
  const std::string url;
  const bool direct;
  Reactor& its_reactor;
  std::optional<CurlLoop> loop;
  stream_descriptor descriptor;
  Notifier connected_or_failed;
  asio::any_io_executor executor;
  std::array<char, CURL_ERROR_SIZE> error_text{};
  CURL* easy = nullptr;
  int code = CURLE_OK;
  bool done = false;
  bool more_inside = false;
  std::size_t least = 1;
  std::function<void()> readable;  // to be called once
  bool readable_awaited = false;
  unsigned writable_turn = 0;
};

NetStream::NetStream(Reactor& reactor, NetStreamOptions options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}
NetStream::~NetStream() {
  state_->close();
}

asio::awaitable<Result<void>> NetStream::connect() {
  const std::shared_ptr<State> state = state_;
  if (state->options.beside) co_return co_await state->connect_beside();
  if (Result<void> started = state->start(); !started) co_return started;
  while (!state->done) co_await state->connected_or_failed.wait();
  if (state->easy == nullptr) co_return Error(Fault::network, "the connection was given up");
  co_return state->take_socket();
}

bool NetStream::connected() const {
  return state_->descriptor.is_open();
}
void NetStream::close() {
  state_->close();
  state_->done = true;
  state_->connected_or_failed.notify_all();
}

asio::awaitable<Result<std::string>> NetStream::read() {
  const std::shared_ptr<State> state = state_;
  std::string bytes(kPiece, '\0');
  for (;;) {
    const Result<Received> got = state->receive(bytes);
    if (!got) co_return got.error();
    if (got->size > 0 || got->ended) {
      bytes.resize(got->size);
      co_return bytes;
    }
    asio::error_code ignored;
    co_await state->descriptor.async_wait(stream_descriptor::wait_read,
                                          asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<Result<void>> NetStream::write(std::string_view bytes) {
  const std::shared_ptr<State> state = state_;
  while (!bytes.empty()) {
    const Result<std::size_t> sent = state->send(bytes);
    if (!sent) co_return sent.error();
    bytes.remove_prefix(*sent);
    if (*sent > 0) continue;
    asio::error_code ignored;
    co_await state->descriptor.async_wait(stream_descriptor::wait_write,
                                          asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return Result<void>();
}

Result<NetStream::Received> NetStream::receive(std::span<char> into) {
  return state_->receive(into);
}
Result<std::size_t> NetStream::send(std::string_view bytes) {
  return state_->send(bytes);
}
// Over TLS, too: what was sent was the protocol's own last word.
void NetStream::end_sending() {
  if (state_->descriptor.is_open()) ::shutdown(state_->descriptor.native_handle(), SHUT_WR);
}
void NetStream::on_readable(std::function<void()> callback) {
  state_->on_readable(std::move(callback));
}
void NetStream::readable_from(std::size_t bytes) {
  state_->readable_from(bytes);
}
void NetStream::widen() {
  constexpr int kWide = 1 << 20;
  if (!state_->direct || state_->options.receive_buffer == 0 || !connected()) return;
  ::setsockopt(state_->descriptor.native_handle(), SOL_SOCKET, SO_RCVBUF, &kWide, sizeof kWide);
}
void NetStream::on_writable(std::function<void()> callback) {
  state_->on_writable(std::move(callback));
}
void NetStream::forget_readable() {
  state_->readable = nullptr;
}

}  // namespace rt
