#include <asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/http_refusal.hpp"
#include "codec/rt_v1.hpp"
#include "io/net/cookie_file.hpp"
#include "io/net/proxy.hpp"
#include "io/net/tls.hpp"
#include "io/websocket/client_state.hpp"
#include "io/websocket/faults.hpp"
#include "io/websocket/request.hpp"
#include "model/http_url.hpp"

namespace rt {
namespace {

constexpr int kMaxRedirects = 5;

std::int64_t unix_now() {
  return std::chrono::floor<std::chrono::seconds>(wall_now().time_since_epoch()).count();
}

}  // namespace

// At a hub a later connection begins behind the last id. Without ids the first connection alone can
// know where to start.
Endpoint WsClient::State::first_target() const {
  Endpoint at = options.endpoint;
  if (!last.empty()) {
    at.target = with_query(without_position(at.target),
                           "since=" + percent_encode(cursor_of ? cursor_of(last) : last));
  } else if (behind_gap) {
    at.target = with_query(without_position(at.target), "since=");
  } else if (!options.start.empty() && (options.hub || !stood)) {
    at.target = with_query(without_position(at.target), options.start);
  }
  return at;
}

asio::awaitable<Result<void>> WsClient::State::connect() {
  keepalive.cancel();
  message_pings.cancel();
  link.reset();
  beats.cancel();
  silence.cancel();
  dialect.reset();
  opening = sending = acknowledges = done = false;
  awaited = nullptr;
  rejection.reset();
  owed.clear();
  challenged = false;
  established = ended = closing = hub = met_hub = paused = peer_closed = gap_told = overflows =
      false;
  // It comes again: reading resumes behind the last one that was kept.
  lost.reset();
  code = 1006;
  reason.clear();
  broken.reset();
  retry_after.reset();

  const SteadyTime deadline = std::chrono::steady_clock::now() + options.connect_timeout;
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
    if (redirects == kMaxRedirects) co_return Error(Fault::protocol, "too many redirects");
    if ((*outcome)->again) continue;
    auto next = redirect_target(at, (*outcome)->location);
    if (!next) co_return next.error();
    Log::info("redirected to " + next->display());
    at = std::move(*next);
  }
  // Should the connection have ended meanwhile, read() and write() will say so.
  Result<void> opened;
  if (dialect) opened = co_await join();
  if (opened && converses) opened = co_await converse();
  // Nobody must find it open.
  if (!opened) co_await close(1000);
  if (opened && acknowledges) co_await send_unacknowledged();
  if (opened) end_if_complete();
  co_return opened;
}

asio::awaitable<WsClient::State::Outcome> WsClient::State::attempt(Endpoint at, bool same_origin,
                                                                   SteadyTime deadline) {
  if (auto read = read_cookies(); !read) co_return read.error();
  const std::string answer_to_digest = same_origin ? digest_answer(at) : std::string();
  auto fields = handshake_fields(options, at, same_origin, cookies, unix_now(), answer_to_digest);
  if (!fields) co_return fields.error();
  auto proxy = proxy_for(at, options.network);
  if (!proxy) co_return proxy.error();
  if (at.tls)
    if (auto checked = check_tls_files(options.tls); !checked) co_return checked.error();

  WsAttempt wish;
  wish.at = at;
  wish.tls = options.tls;
  wish.network = options.network;
  wish.proxy = std::move(*proxy);
  wish.fields = std::move(*fields);
  wish.offer = {new_websocket_key(), offered_subprotocols(options), {}};
  wish.compression.on = options.compress;
  wish.deadline = deadline;
  wish.patience = options.connect_timeout;
  const auto current = link = std::make_shared<WsLink>(reactor, session, *this);
  const Result<ws::Answer> answer = co_await current->open(std::move(wish));
  if (abandoned) co_return why_ended();
  if (!answer) co_return answer.error();
  keep_cookies(at, *answer);
  if (answer->status != 101) co_return judge(*answer, at, same_origin);
  begin(*answer);
  link->start();
  // So that a short run has a round trip, too.
  if (options.round_trips && options.ping_interval > 0ms && open()) ping(std::to_string(writes));
  co_return std::optional<Redirect>();
}

void WsClient::State::keep_cookies(const Endpoint& at, const ws::Answer& answer) {
  if (!options.keeps_cookies) return;
  const std::string path = at.path();
  bool some = false;
  for (const http::Field field : answer.fields) {
    if (!iequals(field.name, "Set-Cookie")) continue;
    cookies.store(field.value, cookie_place(at, path), unix_now());
    some = true;
  }
  if (!some || options.cookie_jar.empty()) return;
  const Result<void> saved = replace_cookie_file(options.cookie_jar, cookies.file(unix_now()));
  if (!saved && !std::exchange(jar_told, true)) Log::warn(saved.error().text());
}

Result<void> WsClient::State::read_cookies() {
  if (options.cookie_jar.empty() || std::exchange(jar_read, true)) return {};
  const Result<std::string> text = read_cookie_file(options.cookie_jar);
  if (!text) return text.error();
  cookies.read(*text, unix_now());
  return {};
}

// Empty where no server has asked for it.
std::string WsClient::State::digest_answer(const Endpoint& at) {
  if (!digest) return {};
  const bool own = !options.user.empty() || !options.password.empty();
  return http::digest_authorization(*digest, {.user = own ? options.user : at.user,
                                              .password = own ? options.password : at.password,
                                              .method = "GET",
                                              .target = at.target,
                                              .cnonce = new_websocket_key(),
                                              .count = ++digest_uses});
}

// True when the challenge can be met: the request is to be made again. As over HTTP, Basic stays
// what is spoken where it is offered.
bool WsClient::State::learns_digest(const ws::Answer& answer) {
  const Endpoint& at = options.endpoint;
  const bool known = !options.user.empty() || !options.password.empty() || !at.user.empty();
  if (!known || !options.bearer.empty()) return false;
  std::optional<http::DigestChallenge> best;
  for (const http::Field field : answer.fields) {
    if (!iequals(field.name, "WWW-Authenticate")) continue;
    if (ascii_lower(field.value).starts_with("basic")) return false;
    auto challenge = http::parse_digest_challenge(field.value);
    if (challenge && (!best || (challenge->sha256 && !best->sha256))) best = std::move(challenge);
  }
  if (!best) return false;
  // Once for each connection, or the answer was wrong; a nonce may have become old.
  const bool refused = std::exchange(challenged, true) && !best->stale;
  digest = std::move(best);
  digest_uses = 0;
  return !refused;
}

// Of an answer that is no WebSocket.
WsClient::State::Outcome WsClient::State::judge(const ws::Answer& answer, const Endpoint& at,
                                                bool same_origin) {
  const int status = answer.status;
  if (status == 401 && same_origin && learns_digest(answer))
    return std::optional<Redirect>(Redirect{.location = {}, .again = true});
  const bool redirect =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  if (const std::string_view location = answer.value("Location");
      redirect && options.follows && !location.empty())
    return std::optional<Redirect>(Redirect{.location = std::string(location)});
  if (const auto seconds = http::seconds_to_wait(answer.value("Retry-After"), unix_now()))
    retry_after = std::chrono::seconds(*seconds);
  return handshake_refusal(answer, handshake_place(at));
}

void WsClient::State::begin(const ws::Answer& answer) {
  looks_for_dialect = !stood && !converses;
  established = stood = true;
  behind_gap = false;
  hub = options.hub && answer.subprotocol == v1::kName;
  met_hub = answer.value("Server") == v1::kServerName;
  sent = acknowledged = 0;
  silent_pings = 0;
  unproven = false;
  heard = true;
  pinged.reset();
  sent_times.clear();
  acknowledges = hub;
  if (options.dialect) begin_dialect();
  keep_alive();
}

}  // namespace rt
