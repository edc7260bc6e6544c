#include "io/server/ws_server_connection.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "codec/rt_v1.hpp"
#include "codec/ws_describe.hpp"
#include "io/trace/wire.hpp"

namespace rt {
namespace {

constexpr Milliseconds kLingerTime = 2s;      // for the peer to read our close frame
constexpr std::size_t kTurn = 64u << 10;      // bytes of one connection, before others have theirs
constexpr Milliseconds kTurnTime = 8ms;       // of all together that go on with what they have
constexpr Milliseconds kLeastTurnTime = 1ms;  // ... less than which brings more to do
constexpr std::size_t kLooksAtClock = 16;     // after so much work
constexpr std::size_t kWorkBytes = 256;       // as much work as a short message
constexpr std::size_t kPartialStep = 16u << 10;
constexpr int kSilentPings = 3;         // unanswered ones before a peer counts as gone
constexpr int kSilentPingsStalled = 8;  // ... while it does not even take what waits for it
constexpr std::string_view kTooMuchHeld = "too much memory is held for messages that are not whole";
constexpr std::string_view kMqtt = "mqtt";

// A message is a whole envelope, or a packet, in which the message of the channel is.
bool is_wrapped(std::string_view subprotocol) {
  return subprotocol == v1::kName || subprotocol == kMqtt;
}

}  // namespace

void WsServerState::call_soon(WsServerConnection& connection) {
  if (std::exchange(connection.soon_, true)) return;
  soon.push_back(&connection);
  if (soon.size() == 1) call_back();
}

// As many as there are now, for as long as others can wait.
void WsServerState::call_back() {
  asio::post(reactor.context(), [known = weak_from_this()] {
    const std::shared_ptr<WsServerState> state = known.lock();
    if (!state) return;
    const SteadyTime end = std::chrono::steady_clock::now() + kTurnTime;
    std::size_t left = state->soon.size();
    // One that comes to its end takes itself, or another one, out of the list.
    for (; left > 0 && !state->soon.empty(); --left) {
      WsServerConnection* const next = state->soon.front();
      state->soon.pop_front();
      next->look_again();
      if (std::chrono::steady_clock::now() >= end) break;
    }
    if (!state->soon.empty()) state->call_back();
  });
}

void WsServerState::begin_turn(SteadyTime::duration time) {
  turn_end =
      std::chrono::steady_clock::now() + std::max<SteadyTime::duration>(time, kLeastTurnTime);
  turn_work = 0;
  turn_over = false;
}

bool WsServerState::turn_is_over(std::size_t more_work) {
  turn_work += more_work;
  if (turn_over || turn_work < kLooksAtClock) return turn_over;
  turn_work = 0;
  turn_over = std::chrono::steady_clock::now() >= turn_end;
  return turn_over;
}

WsServerConnection::WsServerConnection(WsServerState& state, std::unique_ptr<ByteStream> stream,
                                       const WsTerms& terms, WebSocketListener& listener)
    : state_(state),
      listener_(&listener),
      stream_(std::move(stream)),
      session_(is_wrapped(terms.subprotocol) ? state.wrapped : state.plain, *this, terms.deflate),
      packets_(terms.subprotocol == kMqtt) {
  next_ = state.first;
  if (next_ != nullptr) next_->previous_ = this;
  state.first = this;
  ++state.count;
}

WsServerConnection::~WsServerConnection() {
  (previous_ != nullptr ? previous_->next_ : state_.first) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (soon_) std::erase(state_.soon, this);
  if (--state_.count == 0 && state_.on_empty) state_.on_empty();
}

void WsServerConnection::begin(std::string_view answer, std::string_view more) {
  if (!stream_->start(*this)) return finish();
  if (trace::on()) peer_ = std::make_unique<std::string>(stream_->peer());
  send_or_keep(answer);
  if (lost_) return finish();
  if (state_.options.ping_interval > 0ms) state_.deadlines.set(*this, state_.options.ping_interval);
  if (!more.empty()) {
    unread_ = std::make_unique<Kept>(Kept{std::string(more)});
    if (!account()) give_up();
    state_.call_soon(*this);
  }
  listener_->on_open(*this);
  settle();
}

// --- the listener's side -------------------------------------------------------------------------

bool WsServerConnection::write(std::string_view frames) {
  if (lost_ || session_.state() != ws::Session::State::open) return true;  // on_gone will come
  if (unsent_) {
    blocked_ = true;
    return false;
  }
  took_ = true;
  send_or_keep(frames);
  return true;
}

void WsServerConnection::close(std::uint16_t code, std::string_view reason) {
  if (lost_ || session_.state() != ws::Session::State::open) return;
  session_.close(code, reason);
  begin_closing();
  if (!receiving_) send_output();
}

void WsServerConnection::pause_reading(bool paused) {
  if (paused == paused_ || closing_) return;
  paused_ = paused;
  if (paused && receiving_) session_.pause();
  // Interest in reading is taken back when there is something to read.
  if (!paused) state_.call_soon(*this);
}

// --- reading -------------------------------------------------------------------------------------

void WsServerConnection::on_ready(bool readable, bool writable) {
  if (writable && unsent_) send_unsent();
  if (readable) read();
  settle();
}

void WsServerConnection::on_broken() {
  finish();
}

void WsServerConnection::look_again() {
  soon_ = false;
  if (unread_ && !paused_) receive_unread();
  settle();
}

// One turn: others get theirs before the rest of what a bulk publisher sends.
void WsServerConnection::read() {
  std::size_t left = std::min(kTurn, stream_->turn_bytes());
  while (!lost_ && !peer_ended_ && wants_reading()) {
    const bool thrown_away = deaf_ || lingering_;
    const std::span<char> landing = thrown_away ? std::span<char>() : session_.landing();
    const std::span<char> into = landing.empty() ? state_.reactor.scratch().first(left)
                                                 : landing.first(std::min(landing.size(), left));
    const ByteStream::Received got = stream_->receive(into);
    peer_ended_ = got.ended;
    if (got.size > 0 && !thrown_away) {
      heard_ = true;
      if (landing.empty()) {
        receive(into.first(got.size));
      } else {
        receiving_ = true;
        session_.landed(got.size);
        receiving_ = false;
        note_message();
      }
    }
    if (!got.more) return;
    left -= got.size;
    read_again_ = left == 0;
    if (read_again_) return;
  }
}

void WsServerConnection::receive(std::span<char> bytes) {
  const std::size_t taken = hand_over(bytes);
  if (taken == bytes.size() || lost_ || deaf_) return;
  const std::span<char> rest = bytes.subspan(taken);
  unread_ = std::make_unique<Kept>(Kept{std::string(rest.data(), rest.size())});
  if (!account()) return give_up();
  // Its turn is over.
  if (!paused_) state_.call_soon(*this);
}

// What the listener may do meanwhile is not to take these bytes from the session.
void WsServerConnection::receive_unread() {
  std::unique_ptr<Kept> kept = std::move(unread_);
  reads_unread_ = true;
  const std::size_t size = std::min(kept->bytes.size() - kept->taken, stream_->turn_bytes());
  kept->taken += hand_over(std::span<char>(kept->bytes).subspan(kept->taken, size));
  reads_unread_ = false;
  const bool more = kept->taken < kept->bytes.size() && !lost_ && !deaf_;
  if (more) unread_ = std::move(kept);
  if (more && !paused_) state_.call_soon(*this);
  if (!account()) give_up();
}

std::size_t WsServerConnection::hand_over(std::span<char> bytes) {
  std::size_t taken = 0;
  receiving_ = true;
  state_.begin_turn(stream_->turn_time());
  while (taken < bytes.size() && !paused_ && !lost_ && !deaf_ && !state_.turn_over)
    taken += session_.receive(bytes.subspan(taken));
  receiving_ = false;
  note_message();
  return taken;
}

void WsServerConnection::on_message(PayloadKind kind, ws::Payload payload) {
  message_since_ = 0;
  // What comes after our close is for nobody.
  if (closing_ || lost_ || listener_ == nullptr) return;
  const std::size_t size = payload.view().size();
  if (peer_)
    trace_frame("<", kind == PayloadKind::binary ? ws::Opcode::binary : ws::Opcode::text,
                payload.view());
  listener_->on_message(kind, payload);
  note_work(size);
}

// What a peer sends may cost much more than to read it: what it inflates to, whom it is for.
void WsServerConnection::note_work(std::size_t bytes) {
  if (state_.turn_is_over(1 + bytes / kWorkBytes)) session_.pause();
}

void WsServerConnection::on_control(ws::Opcode opcode, std::string_view payload) {
  if (opcode == ws::Opcode::close) trace_frame("<", opcode, payload);
  note_work(payload.size());
}

// A message has to come at some speed, as a request's body has.
void WsServerConnection::note_message() {
  if (message_since_ != 0 || !session_.in_message()) return;
  message_mark_ = 0;
  message_since_ = std::max(static_cast<std::uint32_t>(state_.deadlines.now_ticks()), 1u);
  // Without pings nobody else would come to look.
  if (state_.options.ping_interval <= 0ms && !closing_)
    state_.deadlines.set(*this, state_.options.message_time);
}

bool WsServerConnection::message_is_late() {
  if (message_since_ == 0 || !session_.in_message()) return false;
  const auto now = static_cast<std::uint32_t>(state_.deadlines.now_ticks());
  if (session_.message_bytes() - message_mark_ < kPartialStep)
    return now - message_since_ >= state_.options.message_time / Deadlines::kTick;
  message_mark_ = session_.message_bytes();
  message_since_ = std::max(now, 1u);
  return false;
}

// --- sending -------------------------------------------------------------------------------------

void WsServerConnection::send_or_keep(std::string_view bytes) {
  const std::optional<std::size_t> sent = stream_->send(bytes);
  if (!sent) return lose();
  if (*sent == bytes.size()) return;
  unsent_ = std::make_unique<Kept>(Kept{std::string(bytes.substr(*sent))});
  if (!account()) return lose();
  update_interest();
}

void WsServerConnection::send_unsent() {
  const std::optional<std::size_t> sent =
      stream_->send(std::string_view(unsent_->bytes).substr(unsent_->taken));
  if (!sent) return lose();
  unsent_->taken += *sent;
  if (unsent_->taken < unsent_->bytes.size()) return;
  unsent_.reset();
  (void)account();  // less is never refused
  send_output();
  if (unsent_ || lost_ || !std::exchange(blocked_, false)) return;
  if (session_.state() == ws::Session::State::open) listener_->on_writable();
}

// What answers the peer goes between whole frames.
void WsServerConnection::send_output() {
  if (unsent_ || lost_ || session_.output().empty()) return;
  const std::string output = std::exchange(session_.output(), {});
  if (peer_)
    ws::for_each_frame(output, [&](const ws::FrameFacts& facts, std::string_view payload) {
      if (facts.opcode == static_cast<unsigned>(ws::Opcode::close))
        trace_frame(">", ws::Opcode::close, payload);
    });
  send_or_keep(output);
}

void WsServerConnection::trace_frame(std::string_view way, ws::Opcode opcode,
                                     std::string_view payload) const {
  if (!peer_) return;
  const std::string from = *peer_ + " " + std::string(way);
  if (packets_ && opcode == ws::Opcode::binary)
    return Log::info(from + " binary " + std::to_string(payload.size()) + " (MQTT)");
  trace::frame(from, {static_cast<unsigned>(opcode), true, payload.size()}, payload);
}

// --- what is held for the peer -------------------------------------------------------------------

// False: there is no room, and it is this one that has to let go.
bool WsServerConnection::account() {
  std::size_t bytes = message_room_;
  if (unsent_) bytes += unsent_->bytes.capacity();
  if (unread_) bytes += unread_->bytes.capacity();
  return state_.holdings.hold(*this, bytes);
}

bool WsServerConnection::on_hold(std::size_t bytes) {
  message_room_ = bytes;
  if (account()) return true;
  message_room_ = 0;
  if (unsent_) lose();
  return false;
}

void WsServerConnection::give_up() {
  // Without bytes between, nothing can be made of what comes.
  deaf_ = unread_ != nullptr || reads_unread_;
  unread_.reset();
  message_room_ = 0;
  session_.give_up(1013, kTooMuchHeld);
  if (unsent_) return lose();
  state_.call_soon(*this);
}

// --- the end -------------------------------------------------------------------------------------

void WsServerConnection::begin_closing() {
  closing_ = true;
  state_.deadlines.set(*this, state_.options.close_time);
  // The peer's close is waited for, behind whatever it has sent before.
  if (std::exchange(paused_, false)) state_.call_soon(*this);
}

// All is said on both sides. What the peer still sends is read and thrown away for a short time: a
// reset would take our close frame from it.
void WsServerConnection::begin_lingering() {
  lingering_ = true;
  stream_->end_sending();
  state_.deadlines.set(*this, kLingerTime);
  tell_gone();
}

// What follows from what has happened. It may be gone afterwards.
void WsServerConnection::settle() {
  send_output();
  if (session_.state() != ws::Session::State::open && !closing_) begin_closing();
  const bool all_sent = !unsent_ && session_.output().empty();
  const bool over = deaf_ || session_.state() == ws::Session::State::ended;
  if (lost_ || (peer_ended_ && (!over || all_sent))) return finish();
  if (over && all_sent && !lingering_) begin_lingering();
  update_interest();
}

void WsServerConnection::update_interest() {
  const bool read = !peer_ended_ && wants_reading();
  const bool write = unsent_ != nullptr;
  if (read == reading_ && write == writing_ && !read_again_) return;
  reading_ = read;
  writing_ = write;
  read_again_ = false;
  stream_->want(read, write);
}

// Not at once: whoever has called is in the middle of something.
void WsServerConnection::lose() {
  lost_ = true;
  unsent_.reset();
  unread_.reset();
  message_room_ = 0;
  session_.output().clear();
  state_.holdings.let_go(*this);
  state_.call_soon(*this);
}

void WsServerConnection::finish() {
  tell_gone();
  delete this;
}

WebSocketEnd WsServerConnection::end() const {
  if (session_.closed_by_peer()) return {true, session_.peer_code(), session_.peer_reason()};
  if (session_.own_code() == 0) return {};
  return {false, session_.own_code(), session_.own_reason()};
}

void WsServerConnection::tell_gone() {
  if (const std::unique_ptr<std::string> peer = std::move(peer_))
    Log::info(*peer + ": the WebSocket has ended");
  WebSocketListener* const listener = std::exchange(listener_, nullptr);
  if (listener != nullptr) listener->on_gone();
}

// --- silence -------------------------------------------------------------------------------------

void WsServerConnection::on_deadline() {
  if (closing_ || lost_) return finish();
  if (message_is_late()) {
    session_.give_up(1008, "the message did not arrive in time");
    return settle();
  }
  if (state_.options.ping_interval <= 0ms) {
    if (session_.in_message()) state_.deadlines.set(*this, state_.options.message_time);
    return;
  }
  if (is_silent()) {
    Log::info("a WebSocket peer has answered no ping: closing its connection");
    return finish();
  }
  if (!unsent_) session_.ping({});
  state_.deadlines.set(*this, state_.options.ping_interval);
  settle();
}

bool WsServerConnection::is_silent() {
  // A peer that is slow to read gets no ping between its messages, and is there all the same; so is
  // one that is not read from.
  const bool stalled = unsent_ != nullptr;
  if (heard_ || paused_ || (stalled && took_)) silent_pings_ = 0;
  heard_ = false;
  took_ = false;
  return silent_pings_++ >= (stalled ? kSilentPingsStalled : kSilentPings);
}

}  // namespace rt
