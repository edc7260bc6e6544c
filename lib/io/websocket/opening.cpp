#include "io/websocket/opening.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "io/trace/wire.hpp"
#include "io/websocket/faults.hpp"
#include "io/websocket/random.hpp"

namespace rt {
namespace {

constexpr Milliseconds kBodyTime = 1s;  // for what a refusal says
constexpr std::size_t kKeyBytes = 16;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

NetStreamOptions stream_options(const WsAttempt& attempt) {
  NetStreamOptions out;
  out.host = attempt.at.host;
  out.port = attempt.at.port;
  out.over_tls = attempt.at.tls;
  out.tls = attempt.tls;
  out.network = attempt.network;
  // Our own timer ends attempts, so curl's patience is longer.
  out.connect_timeout = attempt.patience + 10s;
  if (attempt.at.tls) out.clear_url = attempt.at.display_otherwise();
  out.speaks_http = true;
  out.proxy = attempt.proxy;
  return out;
}

Error timed_out(Milliseconds limit, std::string_view what) {
  const std::string time = limit.count() % 1000 == 0 ? std::to_string(limit.count() / 1000) + " s"
                                                     : std::to_string(limit.count()) + " ms";
  return Error(Fault::network, std::string(what) + " within " + time);
}

}  // namespace

std::string new_websocket_key() {
  std::string bytes;
  fill_with_random(bytes, kKeyBytes);
  return base64_encode(bytes);
}

WsOpening::WsOpening(Reactor& reactor) : reactor_(reactor), limit_(reactor.executor()) {}

void WsOpening::limit(SteadyTime deadline) {
  limit_.expires_at(deadline);
  limit_.async_wait([this, alive = std::weak_ptr<char>(alive_)](asio::error_code cancelled) {
    if (cancelled || alive.expired()) return;
    timed_out_ = true;
    stream_->close();
  });
}

asio::awaitable<Result<ws::Answer>> WsOpening::run(WsAttempt attempt) {
  stream_ = std::make_unique<NetStream>(reactor_, stream_options(attempt));
  limit(attempt.deadline);
  attempt.offer.extensions = ws::deflate_offer(attempt.compression);
  Result<ws::Answer> answer = co_await shake_hands(attempt);
  limit_.cancel();
  if (answer && answer->status == 101) {
    const auto agreed = ws::check_deflate_answer(answer->extensions, attempt.compression);
    if (agreed) {
      agreed_ = *agreed;
      co_return answer;
    }
    answer = agreed.error();
  }
  stream_->close();
  co_return answer;
}

void WsOpening::abandon() {
  limit_.cancel();
  if (stream_) stream_->close();
}

asio::awaitable<Result<ws::Answer>> WsOpening::shake_hands(const WsAttempt& attempt) {
  using State = ws::AnswerReader::State;
  const bool traced = trace::on();
  const HandshakePlace place = handshake_place(attempt.at);
  const Result<void> connected = co_await stream_->connect();
  if (!connected && timed_out_) co_return timed_out(attempt.patience, "cannot connect");
  if (!connected) co_return connected.error();

  const std::string request = ws::request_text(attempt.at.target, attempt.fields, attempt.offer);
  if (traced) trace::head(">", request);
  // Where it fails, an answer may have come that says why.
  const Result<void> ignored = co_await stream_->write(request);
  static_cast<void>(ignored);
  ws::AnswerReader reader(attempt.offer);
  bool hurried = false;
  for (;;) {
    const Result<std::string> got = co_await stream_->read();
    const State before = reader.state();
    if (!got || got->empty()) {
      reader.end();
      if (reader.state() == State::complete) break;
      if (timed_out_) co_return timed_out(attempt.patience, "no answer to the handshake");
      if (!got && got.error().fault() == Fault::tls) co_return got.error();
      co_return no_answer(!got || before != State::nothing, place);
    }
    const std::size_t taken = reader.receive(*got);
    if (traced) trace::head("<", reader.take_heads());
    if (reader.state() == State::failed) co_return answer_fault(reader.fault(), place);
    if (reader.state() == State::switched) early_ = got->substr(taken);
    if (reader.state() == State::switched || reader.state() == State::complete) break;
    if (reader.state() == State::body && !std::exchange(hurried, true))
      limit(std::min(attempt.deadline, now() + kBodyTime));
  }
  co_return reader.answer();
}

}  // namespace rt
