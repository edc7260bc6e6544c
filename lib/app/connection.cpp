#include "app/connection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "codec/dialect_signs.hpp"

namespace rt {

asio::awaitable<Result<Batch>> Connection::read() {
  co_return Error(Fault::other, "this transport has no way down");
}

asio::awaitable<Result<void>> Connection::write(Messages&) {
  co_return Error(Fault::other, "this transport has no way up");
}

// Of what travels together and was refused, halves are tried, until one message is left.
asio::awaitable<Result<void>> write_skipping(Connection& connection, Messages& rest,
                                             const OnSkipped& on_skipped) {
  std::size_t most = rest.size();
  while (!rest.empty()) {
    most = std::clamp<std::size_t>(most, 1, rest.size());
    Messages part = rest.first(most);
    const bool whole = most == rest.size();
    const Result<void> written = co_await connection.write(whole ? rest : part);
    if (!whole) rest = rest.subspan(most - part.size());
    if (written) {
      most *= 2;
      continue;
    }
    const std::size_t left = whole ? rest.size() : part.size();
    const Refusal refusal = connection.refusal(written.error());
    if (refusal == Refusal::none || left == 0) co_return written;
    if (refusal == Refusal::some && left > 1) {
      most = left / 2;
      continue;
    }
    on_skipped(rest.front(), written.error());
    rest = rest.subspan(1);
    if (refusal == Refusal::first) most = rest.size();
  }
  co_return Result<void>();
}

// Of a request: what -d said, joined by "&".
static asio::awaitable<Result<std::string>> body_of(Reactor& reactor,
                                                    const std::vector<Argument>& arguments) {
  const Result<Batch> parts = co_await messages_of(reactor, arguments, defaults::kMaxMessage);
  if (!parts) co_return parts.error().as_fatal();
  std::string body;
  for (const MessagePtr& part : *parts) {
    if (!body.empty()) body += '&';
    body += part->payload;
  }
  co_return body;
}

asio::awaitable<Result<void>> PollConnection::open() {
  if (body_.empty()) co_return Result<void>();
  auto body = co_await body_of(reactor_, body_);
  if (!body) co_return body.error();
  source_.set_body(std::move(*body));
  body_.clear();
  co_return Result<void>();
}

asio::awaitable<Result<void>> SseConnection::open() {
  ended_well_ = false;
  if (!body_.empty()) {
    auto body = co_await body_of(reactor_, body_);
    if (!body) co_return body.error();
    source_.set_body(std::move(*body));
    body_.clear();
  }
  Result<void> result = co_await source_.connect();
  established_ = established_ || result.ok();
  co_return result;
}

asio::awaitable<Result<Batch>> SseConnection::read() {
  Result<Batch> batch = co_await source_.read();
  ended_well_ = batch && batch->empty();
  co_return batch;
}

std::optional<Position> SseConnection::position_after(const Message& message, bool) const {
  if (message.gap || message.id.empty()) return std::nullopt;
  return Position{.id = message.id, .at_hub = source_.at_hub()};
}

std::optional<Position> PollConnection::position_after(const Message& message, bool is_last) const {
  if (source_.at_hub() && !message.gap && !message.id.empty())
    return Position{.id = message.id, .at_hub = true};
  return is_last ? source_.position() : std::nullopt;
}

// Elsewhere than at a hub there are no ids.
std::optional<Position> WsConnection::position_after(const Message& message, bool) const {
  if (message.gap || message.id.empty()) return std::nullopt;
  return Position{.id = message.id, .at_hub = true};
}

Ending SseConnection::ending() const {
  Ending out{.for_good = ended_well_ && source_.asks_once(),
             .wish = source_.retry_after(),
             .reconnection_time = source_.reconnection_time()};
  // WHATWG HTML: "probably in the region of a few seconds".
  constexpr Milliseconds kReconnectionTime = 3s;
  if (established_ && !out.reconnection_time) out.reconnection_time = kReconnectionTime;
  return out;
}

asio::awaitable<Result<void>> PublishConnection::write(Messages& rest) {
  if (failures_ >= kTries && !rest.empty() && rest.front() != failing_) {
    passed_over_ = true;
    failures_ = 0;
  }
  const std::size_t before = rest.size();
  Result<void> result = co_await sink_.write(rest);
  const bool accepted = result.ok() || rest.size() < before;
  if (accepted) passed_over_ = false;
  established_ = established_ || accepted;
  count_failure(rest, result);
  co_return result;
}

void PublishConnection::count_failure(const Messages& rest, const Result<void>& result) {
  const bool ill =
      !result && result.error().cause() == Cause::http_status && result.error().number() == 500;
  if (!ill || rest.empty() || rest.front() != failing_) failures_ = 0;
  failing_ = ill && !rest.empty() ? rest.front() : nullptr;
  if (ill) ++failures_;
}

Refusal PublishConnection::refusal(const Error& error) const {
  constexpr std::array kOfMessage = {400, 413, 415, 422, 431};
  if (failures_ >= kTries && !passed_over_ && error.number() == 500) return Refusal::first;
  constexpr std::array kOfTopic = {403, 404, 405, 409, 410};
  const auto is_one_of = [&](const auto& codes) {
    return std::find(codes.begin(), codes.end(), error.number()) != codes.end();
  };
  const bool of_message = error.cause() == Cause::http_status &&
                          (is_one_of(kOfMessage) || (of_topic_ && is_one_of(kOfTopic)));
  return of_message ? Refusal::some : Refusal::none;
}

asio::awaitable<Result<void>> EngineIoConnection::open() {
  Result<void> result = co_await client_.connect();
  established_ = established_ || result.ok();
  co_return result;
}

asio::awaitable<void> EngineIoConnection::close(bool hurried) {
  return client_.close(hurried ? Milliseconds(200ms) : Milliseconds(2s));
}

asio::awaitable<Result<void>> WsConnection::open() {
  if (was_too_long()) learn_limit();
  Result<void> result = co_await client_.connect();
  if (result && hub_ && !client_.at_hub()) {
    co_await client_.close();
    co_return Error(Fault::protocol,
                    "the other side is no rtwire hub: it does not speak rt.v1 "
                    "(leave out --hub)");
  }
  if (!result && client_.closed_by_peer()) co_return why_not_opened(result.error());
  const bool again = result && established_ && has_written_;
  if (again && on_subscription_lost_ && !has_opening_ && !client_.at_hub())
    std::exchange(on_subscription_lost_, {})();
  established_ = established_ || result.ok();
  if (result) longest_ = 0;
  co_return result;
}

// It closed while an answer was awaited.
Error WsConnection::why_not_opened(const Error& why) const {
  if (why.fault() == Fault::refused) return why;
  if (const auto refusal = final_refusal()) return *refusal;
  if (!why.fatal() && ending().for_good) return Error(Fault::closed, closed_text()).as_fatal();
  return why;
}

asio::awaitable<Result<void>> WsConnection::write(Messages& rest) {
  std::size_t good = 0;
  for (; good < rest.size() && rest[good]->payload.size() < too_long_; ++good)
    longest_ = std::max(longest_, rest[good]->payload.size());
  Messages front = rest.first(good);
  const bool whole = good == rest.size();
  Result<void> written = co_await client_.write(whole ? rest : front);
  if (!whole) rest = rest.subspan(good - front.size());
  write_failed_ = !written;
  has_written_ = has_written_ || written.ok();
  if (written && !whole)
    co_return Error(Fault::usage, "a message of " + std::to_string(rest.front()->payload.size()) +
                                      " bytes is longer than the peer accepts");
  co_return written;
}

// The longest of those that the peer may have seen is too long, if any is. At a hub it would be
// sent again; elsewhere it is gone, or comes again by write().
void WsConnection::learn_limit() {
  const Error error(Fault::other, closed_text());
  if (client_.acknowledges()) {
    if (const MessagePtr gone = client_.give_up_longest()) {
      too_long_ = std::min(too_long_, gone->payload.size());
      on_too_long_(error);
    }
  } else {
    too_long_ = std::min(too_long_, longest_);
    if (!write_failed_) on_too_long_(error);
  }
  longest_ = 0;
}

// A QoS that the broker does not offer is of all messages.
Refusal MqttConnection::refusal(const Error& error) const {
  if (error.cause() == Cause::qos_not_offered) return Refusal::none;
  if (error.fault() == Fault::usage) return Refusal::first;
  const bool of_message =
      client_.connected() && error.cause() == Cause::mqtt_reason && is_of_message(error.number());
  return of_message ? Refusal::first : Refusal::none;
}

bool MqttConnection::is_of_message(int reason) const {
  constexpr int kNotAuthorised = 0x87;
  constexpr std::array kOfMessage = {0x90, 0x95, 0x99};
  if (reason == kNotAuthorised) return !one_topic_;
  return std::find(kOfMessage.begin(), kOfMessage.end(), reason) != kOfMessage.end();
}

std::vector<RefusedMessage> MqttConnection::take_refused() {
  std::vector<RefusedMessage> out;
  if (!client_.has_refused()) return out;
  for (auto& [message, why] :
       client_.take_refused([this](int reason) { return is_of_message(reason); }))
    out.push_back({std::move(message), std::move(why)});
  return out;
}

asio::awaitable<Result<void>> MqttConnection::open() {
  Result<void> result = co_await client_.connect();
  established_ = established_ || result.ok();
  co_return result;
}

namespace {

// Try again later (IANA's registry): not as soon as after other ends.
constexpr std::uint16_t kTryAgainLater = 1013;
constexpr Milliseconds kLater = 5s;

// RFC 6455 section 7.4.1: what was sent is not acceptable, and would not be the next time. 1002 is
// not among them: there are servers that make it of 1012 (service restart) to 1014 as well.
bool refuses_messages(std::uint16_t code) {
  return code == 1003 || (code >= 1007 && code <= 1010);
}

}  // namespace

std::string_view WsConnection::way_to_acknowledge(const WsClientOptions& options) {
  if (!options.dialect) return "a hub acknowledges: --hub";
  const bool asks = options.dialect->name.kind == DialectKind::socket_io;
  return asks ? "the server's handler may acknowledge: --ack" : "";
}

Ending WsConnection::ending() const {
  const std::uint16_t code = client_.close_code();
  // Browsers and Node close without a code where nothing is wrong.
  const bool no_code = code == 1005 && client_.closed_by_peer();
  Ending out{.for_good = code == 1000 || no_code,
             .refusal = final_refusal(),
             .code = code,
             .reason = client_.close_reason(),
             .wish = code == kTryAgainLater && client_.closed_by_peer() ? std::optional(kLater)
                                                                        : client_.retry_after(),
             .acknowledged = hub_ || client_.acknowledges(),
             .unproven = client_.unproven(),
             .way_to_acknowledge = way_to_acknowledge_};
  if (code == 1005 || code == 1006) return out;
  out.how = " (" + std::to_string(code);
  if (!client_.close_reason().empty()) out.how += " " + printable(client_.close_reason());
  out.how += ")";
  return out;
}

// The peer may answer our goodbye with it: it was still reading what had been sent.
std::optional<Error> WsConnection::final_refusal() const {
  const std::uint16_t code = client_.close_code();
  if (!refuses_messages(code) && !final_codes_.has(code)) return std::nullopt;
  if (!said_goodbye_ && (!client_.closed_by_peer() || was_too_long())) return std::nullopt;
  Error refusal = Error(Fault::closed, closed_text()).as_fatal();
  const std::string_view meant = dialect_of_close(code, client_.close_reason());
  return meant.empty() ? refusal : refusal.with_hint(hint_at_dialect(meant, "--protocol"));
}

asio::awaitable<void> WsConnection::close(bool hurried) {
  said_goodbye_ = true;
  if (hurried) client_.hurry();
  return client_.close(close_code_);
}

asio::awaitable<void> MqttConnection::close(bool hurried) {
  if (hurried) client_.hurry();
  return client_.close();
}

std::string WsConnection::closed_text() const {
  std::string text = "the peer closed with " + std::to_string(client_.close_code());
  if (!client_.close_reason().empty()) text += " (" + printable(client_.close_reason()) + ")";
  return text;
}

}  // namespace rt
