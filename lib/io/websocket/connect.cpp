#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/rt_v1.hpp"
#include "io/net/faults.hpp"
#include "io/trace/redact.hpp"
#include "io/websocket/client_state.hpp"
#include "io/websocket/faults.hpp"
#include "io/websocket/request.hpp"
#include "model/http_url.hpp"

namespace rt {
namespace {

constexpr int kMaxRedirects = 5;
constexpr Milliseconds kDiagnosis = 2s;
constexpr Milliseconds kLook = 250ms;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

Error timed_out(Milliseconds limit, std::string_view what) {
  const std::string time = limit.count() % 1000 == 0 ? std::to_string(limit.count() / 1000) + " s"
                                                     : std::to_string(limit.count()) + " ms";
  return Error(Fault::network, std::string(what) + " within " + time);
}

// What a wait shares with the callback that ends it: either may outlive the other.
template <class T>
struct Answer {
  explicit Answer(const asio::any_io_executor& executor) : notifier(executor) {}
  void give(T what) {
    value = std::move(what);
    given = true;
    notifier.notify_all();
  }
  Notifier notifier;
  std::optional<T> value;
  bool given = false;
};

// False when the time passed first.
asio::awaitable<bool> await_answer(Notifier& notifier, const bool& given, SteadyTime deadline) {
  while (!given) {
    const bool woken = co_await notifier.wait_until(deadline);
    if (!woken && !given) co_return false;
  }
  co_return true;
}

}  // namespace

// At a hub a later connection begins behind the last id. Without ids the first connection alone can
// know where to start.
Endpoint WsClient::State::first_target() const {
  Endpoint at = options.endpoint;
  if (!last.empty()) {
    at.target = with_query(without_position(at.target), "since=" + percent_encode(last));
  } else if (behind_gap) {
    at.target = with_query(without_position(at.target), "since=");
  } else if (!options.start.empty() && (options.hub || !stood)) {
    at.target = with_query(without_position(at.target), options.start);
  }
  return at;
}

asio::awaitable<Result<void>> WsClient::State::connect() {
  keepalive.cancel();
  link.reset();
  established = ended = closing = hub = paused = peer_closed = gap_told = overflows = false;
  // It comes again: reading resumes behind the last one that was kept.
  lost.reset();
  code = 1006;
  reason.clear();
  partial.clear();
  broken.reset();

  const SteadyTime deadline = now() + options.connect_timeout;
  Endpoint at = first_target();
  for (int redirects = 0;; ++redirects) {
    const Endpoint& first = options.endpoint;
    const bool same_origin = at.tls == first.tls && at.host == first.host && at.port == first.port;
    Outcome outcome = co_await attempt(at, same_origin, deadline);
    if (abandoned) co_return why_ended();
    if (!outcome) {
      link.reset();
      co_return outcome.error();
    }
    if (!*outcome) break;
    link.reset();
    auto next = redirect_target(at, (*outcome)->location);
    if (!next) co_return next.error();
    if (redirects == kMaxRedirects) co_return Error(Fault::protocol, "too many redirects");
    Log::info("redirected to " + next->display());
    at = std::move(*next);
  }
  if (!established) begin();
  // Should the connection have ended meanwhile, read() and write() will say so.
  if (hub) co_await send_unacknowledged();
  co_return Result<void>();
}

void WsClient::State::begin() {
  established = stood = true;
  behind_gap = false;
  hub = options.hub && link->subprotocol() == v1::kName;
  sent = acknowledged = 0;
  silent_pings = 0;
  heard = true;
  keep_alive();
}

asio::awaitable<WsClient::State::Outcome> WsClient::State::attempt(Endpoint at, bool same_origin,
                                                                   SteadyTime deadline) {
  auto fields = handshake_fields(options, at, same_origin);
  if (!fields) co_return fields.error();
  auto proxy = proxy_for(at);
  if (!proxy) co_return proxy.error();
  const auto vhost = context.vhost(at.tls);
  if (!vhost) co_return vhost.error();
  // lws cuts names at their first colon and would then check the certificate against nothing.
  const bool checked = at.tls && options.tls.verify == Verify::peer;
  if (checked && at.host.find(':') != std::string::npos)
    co_return Error(Fault::tls,
                    "a certificate cannot be checked against an IPv6 address: use a name, or -k")
        .as_fatal();

  WsAttempt wish;
  wish.tls = at.tls;
  wish.port = at.port;
  wish.tls_name = at.host;
  wish.target = at.target;
  wish.fields = std::move(*fields);
  wish.subprotocols = offered_subprotocols(options);

  const std::string host = *proxy ? (*proxy)->host : at.host;
  const std::uint16_t port = *proxy ? (*proxy)->port : at.port;
  auto addresses = co_await resolve(host, deadline);
  if (!addresses) co_return addresses.error();
  for (std::size_t i = 0;; ++i) {
    WsAttempt one = wish;
    one.address = (*addresses)[i];
    if (*proxy) {
      one.address = bracketed(at.host);
      one.proxy = bracketed((*addresses)[i]) + ":" + std::to_string(port);
      if (!(*proxy)->credentials.empty()) one.proxy = (*proxy)->credentials + "@" + one.proxy;
    }
    const std::size_t left = addresses->size() - i;
    const SteadyTime patience = now() + (deadline - now()) / static_cast<int>(left);
    Outcome outcome =
        co_await try_address(std::move(one), (*addresses)[i], port, patience, deadline);
    // Another address may be better as long as nobody was reached.
    if (outcome || left == 1 || abandoned || link == nullptr || link->reached()) co_return outcome;
  }
}

asio::awaitable<Result<std::vector<std::string>>> WsClient::State::resolve(std::string host,
                                                                           SteadyTime deadline) {
  asio::error_code not_numeric;
  asio::ip::make_address(host, not_numeric);
  if (!not_numeric) co_return std::vector<std::string>{host};

  using Names = Result<std::vector<std::string>>;
  const auto answer = std::make_shared<Answer<Names>>(reactor.executor());
  asio::ip::tcp::resolver resolver(reactor.context());
  resolver.async_resolve(host, "", [answer, host](asio::error_code failed, const auto& results) {
    std::vector<std::string> addresses;
    for (const auto& entry : results) addresses.push_back(entry.endpoint().address().to_string());
    if (failed || addresses.empty()) return answer->give(cannot_resolve(host));
    answer->give(std::move(addresses));
  });
  const bool given = co_await await_answer(answer->notifier, answer->given, deadline);
  if (!given) co_return timed_out(options.connect_timeout, "cannot resolve " + host);
  if (!*answer->value) co_return answer->value->error();
  co_return **answer->value;
}

asio::awaitable<WsClient::State::Outcome> WsClient::State::try_address(WsAttempt wish,
                                                                       std::string address,
                                                                       std::uint16_t port,
                                                                       SteadyTime patience,
                                                                       SteadyTime deadline) {
  const bool proxied = !wish.proxy.empty();
  link = std::make_unique<WsClientConnection>(context, *this, wish);
  link->start();
  unsigned odd = 0;  // looks in a row, so that lws has had the time to read what has come
  while (!link->established() && !link->failed()) {
    const SteadyTime limit = link->reached() ? deadline : patience;
    const bool woken = co_await settled.wait_until(std::min(limit, now() + kLook));
    if (abandoned) co_return why_ended();
    odd = link->heard_no_http() ? odd + 1 : 0;
    if (odd == 2) co_return answer_is_not_http(port);
    if (woken || link->established() || link->failed() || now() < limit) continue;
    if (link->reached() && limit != deadline) continue;
    co_return timed_out(options.connect_timeout,
                        link->reached() ? "no answer to the handshake" : "cannot connect");
  }
  if (link->failed() && !link->reached())
    co_return co_await diagnose(address, port, proxied, deadline);
  if (link->failed() && link->refused_by_proxy()) co_return co_await ask_proxy(wish, address, port);
  co_return settle();
}

WsClient::State::Outcome WsClient::State::settle() {
  if (link->established()) return std::optional<Redirect>();
  const int status = link->status();
  const bool redirect =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  if (redirect && !link->location().empty())
    return std::optional<Redirect>(Redirect{link->location()});
  if (status != 0 && status != 101)
    return handshake_refusal(status, link->status_line(), link->explained());
  return link->failure();
}

// lws does not say why it could not connect: ask the system once more.
asio::awaitable<Error> WsClient::State::diagnose(std::string address, std::uint16_t port,
                                                 bool proxied, SteadyTime deadline) {
  const std::string what =
      proxied ? "cannot connect to the proxy " + bracketed(address) + ":" + std::to_string(port)
              : std::string("cannot connect");
  asio::error_code failed;
  const asio::ip::tcp::endpoint to(asio::ip::make_address(address, failed), port);
  const auto answer = std::make_shared<Answer<asio::error_code>>(reactor.executor());
  asio::ip::tcp::socket socket(reactor.context());
  socket.async_connect(to, [answer](asio::error_code why) { answer->give(why); });
  const SteadyTime limit = std::min(deadline, now() + kDiagnosis);
  const bool given = co_await await_answer(answer->notifier, answer->given, limit);
  if (!given) co_return Error(Fault::network, what + ": timed out");
  if (!*answer->value) co_return Error(Fault::network, what);
  co_return system_error(Fault::network, what, answer->value->value());
}

// Nor what a proxy answered: ask it once more.
asio::awaitable<Error> WsClient::State::ask_proxy(const WsAttempt& wish, std::string address,
                                                  std::uint16_t port) {
  const std::string target = wish.address + ":" + std::to_string(wish.port);
  std::string request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (const std::size_t at = wish.proxy.rfind('@'); at != std::string::npos)
    request += "Proxy-Authorization: Basic " + base64_encode(wish.proxy.substr(0, at)) + "\r\n";
  request += "\r\n";

  asio::error_code failed;
  const asio::ip::tcp::endpoint to(asio::ip::make_address(address, failed), port);
  asio::ip::tcp::socket socket(reactor.context());
  asio::steady_timer limit(reactor.context(), kDiagnosis);
  limit.async_wait([&socket](asio::error_code cancelled) {
    asio::error_code ignored;
    if (!cancelled) socket.close(ignored);
  });
  const auto token = [&failed] { return asio::redirect_error(asio::use_awaitable, failed); };
  co_await socket.async_connect(to, token());
  if (!failed) co_await asio::async_write(socket, asio::buffer(request), token());
  // "HTTP/1.1 404"
  std::string answer(12, '\0');
  if (!failed) co_await asio::async_read(socket, asio::buffer(answer), token());
  limit.cancel();
  if (abandoned) co_return why_ended();
  const bool http = !failed && answer.starts_with("HTTP/1.");
  const auto status = http ? parse_uint(answer.substr(9)) : std::nullopt;
  if (status && *status >= 300) co_return handshake_fault("proxy " + answer.substr(9), false, port);
  co_return link->failure();
}

}  // namespace rt
