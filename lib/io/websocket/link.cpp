#include "io/websocket/link.hpp"

#include <asio/post.hpp>
#include <utility>

namespace rt {
namespace {

constexpr std::size_t kMostAtOnce = 2u << 20;     // read before others have their turn
constexpr std::size_t kMostGathered = 64u << 10;  // more than comes in a pause
constexpr std::size_t kMostWork = 1u << 20;       // bytes of messages, before others have theirs

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

// Of the close frame in whole masked frames; 1006 without one.
std::uint16_t code_in(std::string_view frames) {
  std::uint16_t code = 1006;
  ws::for_each_frame(frames, [&](const ws::FrameFacts& facts, std::string_view payload) {
    if (facts.opcode != static_cast<unsigned>(ws::Opcode::close) || payload.size() < 2) return;
    code = static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                      static_cast<unsigned char>(payload[1]));
  });
  return code;
}

}  // namespace

WsLink::WsLink(Reactor& reactor, const ws::SessionOptions& options, WsLinkListener& listener)
    : reactor_(reactor),
      options_(options),
      listener_(listener),
      opening_(reactor),
      gathering_(reactor.executor()) {
  if (trace::on()) trace_ = std::make_unique<Trace>();
}

WsLink::~WsLink() = default;

// --- the opening handshake -----------------------------------------------------------------------

asio::awaitable<Result<ws::Answer>> WsLink::open(WsAttempt attempt) {
  over_tls_ = attempt.at.tls;
  Result<ws::Answer> answer = co_await opening_.run(std::move(attempt));
  if (!answer || answer->status != 101) co_return answer;
  stream_ = opening_.take_stream();
  session_.emplace(options_, static_cast<ws::SessionListener&>(*this), opening_.agreed());
  gone_ = false;
  co_return answer;
}

void WsLink::start() {
  std::string early = opening_.take_early();
  if (!early.empty()) take({early.data(), early.size()}, false);
  if (!gone_) wait_for_bytes();
}

void WsLink::abandon() {
  gone_ = true;
  opening_.abandon();
  if (stream_) stream_->close();
}

// --- reading -------------------------------------------------------------------------------------

void WsLink::wait_for_bytes() {
  if (paused_) return;
  if (!kept_.empty()) return take_kept_soon();
  stream_->readable_from(1);
  stream_->on_readable([this] { read(); });
}

void WsLink::pause_reading(bool paused) {
  if (gone_ || paused == paused_) return;
  paused_ = paused;
  if (paused) {
    stream_->forget_readable();
    if (in_session_) session_->pause();
  } else
    wait_for_bytes();
}

void WsLink::read() {
  std::size_t most = kMostAtOnce;
  bool more = true;
  while (more && !paused_ && !gone_ && most > 0 && kept_.empty()) {
    if (!read_once(most, more)) return;
  }
  if (gone_) return;
  if (!kept_.empty()) return wait_for_bytes();
  // Whoever writes may be waited for by the peer.
  if (!dense_wakes_.note(now(), messages_, std::exchange(has_written_, false)))
    return wait_for_bytes();
  // Or each message would wake us all the same, for nothing.
  stream_->readable_from(kMostGathered);
  gathering_.expires_after(DenseWakes::kPause);
  gathering_.async_wait([weak = weak_from_this()](asio::error_code) {
    const auto self = weak.lock();
    if (self && !self->gone_ && !self->paused_) self->read();
  });
}

// False when the connection has ended.
bool WsLink::read_once(std::size_t& most, bool& more) {
  const std::span<char> landing = session_->landing();
  const std::span<char> into = landing.empty() ? reactor_.scratch() : landing;
  const Result<NetStream::Received> got = stream_->receive(into);
  if (!got || got->ended) {
    end(got ? std::nullopt : std::optional(got.error()));
    return false;
  }
  // TLS hands out a record at a time.
  more = got->size == into.size() || (over_tls_ && got->size > 0);
  most -= std::min(most, got->size);
  if (got->size > 0) take(into.first(got->size), !landing.empty());
  return !gone_;
}

void WsLink::take(std::span<char> bytes, bool landed) {
  if (trace_) trace_->arriving.receive("<", {bytes.data(), bytes.size()});
  came_at_ = {};
  work_ = 0;
  if (!landed) return receive(bytes);
  in_session_ = true;
  session_->landed(bytes.size());
  in_session_ = false;
  look_at_session();
}

// All of it, or up to where nobody wants more now.
void WsLink::receive(std::span<char> bytes) {
  in_session_ = true;
  do {
    bytes = bytes.subspan(session_->receive(bytes));
  } while (draining_ && !bytes.empty());
  in_session_ = false;
  kept_.assign(bytes.data(), bytes.size());
  look_at_session();
}

// Others have their turn before.
void WsLink::take_kept_soon() {
  if (std::exchange(kept_posted_, true)) return;
  asio::post(reactor_.context(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->kept_posted_ = false;
    if (!self->gone_ && !self->paused_) self->take_kept();
  });
}

void WsLink::take_kept() {
  std::string bytes = std::exchange(kept_, {});
  work_ = 0;
  receive(bytes);
  if (!gone_) wait_for_bytes();
}

// What came together came at one time: a look at the clock costs a tenth of a short message.
WallTime WsLink::came_at() {
  if (came_at_ == WallTime{}) came_at_ = wall_now();
  return came_at_;
}

void WsLink::on_message(PayloadKind kind, ws::Payload payload) {
  ++messages_;
  work_ += payload.view().size();
  listener_.on_message(kind, payload);
  // A few bytes may have become very many.
  if (work_ >= kMostWork) session_->pause();
}

void WsLink::on_control(ws::Opcode opcode, std::string_view payload) {
  if (opcode == ws::Opcode::pong) listener_.on_pong(payload);
}

void WsLink::look_at_session() {
  if (session_->violation() && !std::exchange(violated_, true))
    listener_.on_violation(*session_->violation(), code_in(session_->output()));
  if (session_->peer_code() != 1006 && !std::exchange(peer_closed_, true))
    listener_.on_peer_close(session_->peer_code(), session_->peer_reason(),
                            session_->closed_by_peer());
  send_output();
  if (!gone_ && session_->state() == ws::Session::State::ended && unsent_.empty())
    end(std::nullopt);
}

// --- writing -------------------------------------------------------------------------------------

bool WsLink::usable() const {
  return !gone_ && !draining_ && session_->state() == ws::Session::State::open;
}

void WsLink::write(std::string_view frames) {
  if (!usable()) return;
  if (trace_) trace_->leaving.show(">", frames);
  send(frames);
}

void WsLink::write_secret(std::string_view frames) {
  if (!usable()) return;
  if (trace_) trace::hidden_frames(">", frames);
  send(frames);
}

void WsLink::ping(std::string_view payload) {
  if (!usable()) return;
  session_->ping(payload);
  send_output();
}

void WsLink::close(std::uint16_t code, std::string_view reason) {
  if (!usable()) return;
  session_->close(code, reason);
  send_output();
}

// Between any two frames, so not before what waits has gone. Nor while the session receives: a
// socket that fails is read to its end.
void WsLink::send_output() {
  if (gone_ || in_session_ || blocked() || session_->output().empty()) return;
  const std::string output = std::exchange(session_->output(), {});
  if (trace_) trace_->leaving.show(">", output);
  send(output);
}

void WsLink::send(std::string_view bytes) {
  has_written_ = true;
  while (!bytes.empty() && !draining_) {
    const Result<std::size_t> sent = stream_->send(bytes);
    if (!sent) return drain(sent.error());
    if (*sent == 0) break;
    bytes.remove_prefix(*sent);
  }
  if (bytes.empty() || draining_) return;
  unsent_ = bytes;
  sent_ = 0;
  stream_->on_writable([this] { on_writable(); });
}

void WsLink::on_writable() {
  if (gone_) return;
  while (sent_ < unsent_.size()) {
    const Result<std::size_t> sent = stream_->send(std::string_view(unsent_).substr(sent_));
    if (!sent) return drain(sent.error());
    if (*sent == 0) return stream_->on_writable([this] { on_writable(); });
    sent_ += *sent;
  }
  unsent_.clear();
  look_at_session();
  if (!gone_ && !blocked()) listener_.on_writable();
}

// --- the end -------------------------------------------------------------------------------------

// Who takes nothing more may have said why before.
void WsLink::drain(Error why) {
  if (std::exchange(draining_, true)) return;
  unsent_.clear();
  paused_ = false;
  if (std::string kept = std::exchange(kept_, {}); !kept.empty()) receive(kept);
  std::size_t most = kMostAtOnce;
  for (bool more = true; more && !gone_;) {
    if (!read_once(most, more)) return;
  }
  end(why);
}

void WsLink::kill() {
  end(std::nullopt);
}

void WsLink::end(const std::optional<Error>& why) {
  if (std::exchange(gone_, true)) return;
  unsent_.clear();
  stream_->close();
  listener_.on_closed(why);
}

}  // namespace rt
