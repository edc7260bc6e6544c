#include "io/server/http_connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <optional>
#include <utility>

#include "codec/ws_handshake.hpp"
#include "io/loop/socket_send.hpp"
#include "io/server/http_answer.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostUnread = 64u << 10;
constexpr std::size_t kMostBehindHeld = 16u << 10;  // a held request; more than what is pipelined
constexpr std::size_t kBodyStep = 16u << 10;
constexpr Milliseconds kLingerTime = 2s;
constexpr std::size_t kFlushOutput = 256u << 10;  // pipelined answers gather up to here

}  // namespace

HttpConnection::HttpConnection(HttpFront& front, int fd)
    : front_(front), fd_(fd), decoder_(front.options_.limits) {
  next_ = front_.first_;
  if (next_ != nullptr) next_->previous_ = this;
  front_.first_ = this;
  ++front_.count_;
}

HttpConnection::~HttpConnection() {
  if (fd_ >= 0) {
    front_.poller_.remove(fd_, *this);
    ::close(fd_);
  }
  if (previous_ != nullptr)
    previous_->next_ = next_;
  else
    front_.first_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (--front_.count_ == 0 && front_.on_empty_) front_.on_empty_();
  if (front_.access_) front_.access_->gone(this);
}

bool HttpConnection::start() {
  if (!front_.poller_.add(fd_, *this)) {
    ::close(std::exchange(fd_, -1));
    delete this;
    return false;
  }
  front_.deadlines_.set(*this, front_.options_.request_time);
  return true;
}

// --- reading -------------------------------------------------------------------------------------

void HttpConnection::on_ready(bool readable, bool writable, bool ended) {
  ++pins_;
  if (writable && writing_) on_writable();
  if (readable && phase_ != Phase::closed) {
    if (!reading_ && broken()) abandon();
    // The end of what the peer sends is not reported again: it is read up to there.
    while (reading_ && phase_ != Phase::closed && on_readable() && ended) {
    }
  }
  --pins_;
  release_if_done();
}

// Without interest in reading, readiness is that of a broken connection or was fetched before.
bool HttpConnection::broken() const {
  pollfd state{fd_, 0, 0};
  return poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

void HttpConnection::update_interest() {
  if (phase_ == Phase::closed) return;
  const bool full = unread_ && unread_->size() >= kMostUnread;
  const bool read = !eof_ && !full && !(phase_ == Phase::receiving && unsent_);
  const bool write = unsent_ != nullptr || stream_cut_;
  if (read == reading_ && write == writing_) return;
  reading_ = read;
  writing_ = write;
  front_.poller_.want(fd_, *this, read, write);
}

// False when there was nothing.
bool HttpConnection::on_readable() {
  std::span<char> scratch = front_.reactor_.scratch();
  scratch = scratch.first(std::min(scratch.size(), turn_bytes()));
  const ssize_t received = ::recv(fd_, scratch.data(), scratch.size(), 0);
  if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return false;
  if (received <= 0) {
    eof_ = true;
    // A peer that has only finished sending may read the answers to what is here.
    const bool owing = phase_ == Phase::closing ||
                       (phase_ == Phase::receiving && (unsent_ || unread_)) ||
                       (phase_ == Phase::streaming && body_in_pieces_);
    if (received < 0 || !owing) {
      abandon();
    } else {
      update_interest();
      finish_or_wait();
    }
    return false;
  }
  const auto n = static_cast<std::size_t>(received);
  const std::string_view bytes(scratch.data(), n);
  // Others get their turn before the rest of a long upload: it is reported once more.
  const bool rest_later = n == scratch.size();
  if (rest_later) front_.poller_.want(fd_, *this, reading_, writing_);
  if (phase_ == Phase::receiving && !unread_ && !unsent_ && !send_failed_) {
    process(bytes);
    return !rest_later;
  }
  // Nobody waits for it.
  if ((phase_ != Phase::receiving && !answers_later()) || send_failed_) return !rest_later;
  // Behind what came before: requests are served in their order.
  if (!unread_) unread_ = std::make_unique<std::string>();
  unread_->append(bytes);
  // It is read on, so that the end of the peer is seen.
  if (answers_later() && unread_->size() > kMostBehindHeld) {
    abandon();
    return false;
  }
  if (!account()) return false;
  finish_or_wait();
  return !rest_later;
}

// Serves the requests in `bytes` and sends their answers in one go.
void HttpConnection::process(std::string_view bytes) {
  serving_ = true;
  std::optional<SteadyTime> turn_end;  // pipelining alone needs a clock
  bool turn_over = false;
  while (phase_ == Phase::receiving && !bytes.empty()) {
    if (!serve_one(bytes)) break;
    if (front_.output_.size() >= kFlushOutput) send_output();
    // A peer that does not take its answers is not asked for more requests.
    if (unsent_ || send_failed_) break;
    if (bytes.empty()) break;
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!turn_end) turn_end = now + front_.poller_.share();
    turn_over = now >= *turn_end;
    if (turn_over) break;
  }
  serving_ = false;
  if (phase_ == Phase::closed) return;
  if (send_failed_) {
    front_.output_.clear();
    return abandon();
  }
  if (!bytes.empty() && (phase_ == Phase::receiving || answers_later()))
    unread_ = std::make_unique<std::string>(bytes);
  send_output();
  if (answers_later() && unread_ && unread_->size() > kMostBehindHeld) return abandon();
  if (!account()) return;
  if (!turn_over || phase_ != Phase::receiving || unsent_) return finish_or_wait();
  // The rest after everybody else has had a turn.
  update_interest();
  post_finish();
}

// Takes bytes of one request, and answers it when it is whole. False: wait for more bytes.
bool HttpConnection::serve_one(std::string_view& bytes) {
  using State = http1::RequestDecoder::State;
  http1::Request& request = front_.request_;
  const State before = decoder_.state();
  const std::size_t taken = decoder_.receive(bytes, request);
  bytes.remove_prefix(taken);
  front_.rest_ = bytes;
  switch (decoder_.state()) {
    case State::idle:
      return false;
    case State::head:
      if (before == State::idle) front_.deadlines_.set(*this, front_.options_.request_time);
      return false;
    case State::failed:
      refuse(decoder_.status(), decoder_.reason());
      return false;
    case State::body:
      extend_body_time(taken);
      if (!admitted_) {
        admitted_ = true;
        keep_alive_ = false;  // an answer now leaves the body unread
        head_only_ = request.method == "HEAD";
        http10_ = request.minor_version == 0;
        phase_ = Phase::handling;
        request.websocket = ws::wish_of(request);
        if (front_.access_) front_.access_->request(this, fd_, request);
        if (!front_.handler_.admit(*this)) return false;
        phase_ = Phase::receiving;
        if (request.expect_continue) front_.output_ += "HTTP/1.1 100 Continue\r\n\r\n";
        // The decoder was told where the body begins: more of it may be there already.
        return !bytes.empty() && taken > 0;
      }
      return false;
    case State::complete:
      forget_body();
      run_handler();
      return true;
  }
  return false;
}

// A body has to come at some speed.
void HttpConnection::extend_body_time(std::size_t taken) {
  body_bytes_ += taken;
  if (admitted_ && body_bytes_ - body_mark_ < kBodyStep) return;
  body_mark_ = body_bytes_;
  front_.deadlines_.set(*this, front_.options_.body_time);
}

void HttpConnection::forget_body() {
  body_bytes_ = body_mark_ = 0;
  front_.holdings_.let_go(*this);  // the handler has it now
}

// Counts what is held for the peer. False: there was no room for it, and it is given up.
bool HttpConnection::account() {
  std::size_t bytes = decoder_.held();
  if (unread_) bytes += unread_->capacity();
  if (unsent_) bytes += unsent_->bytes.capacity();
  bytes += kept_;
  if (front_.holdings_.hold(*this, bytes)) return true;
  give_up();
  return false;
}

// Its memory goes at once, the connection when nobody is in the middle of something. Whoever does
// not take answers gets no further one.
void HttpConnection::give_up() {
  const bool batch = phase_ == Phase::held && kept_ > 0;
  const bool owes_answer = (phase_ == Phase::receiving || batch) && !unsent_;
  kept_ = 0;
  if (owes_answer) {
    std::string answer;
    append_answer(answer,
                  refusal_answer(503, "too much memory is held for requests that are not whole"),
                  front_.date_field(), AnswerForm{false, false, false});
    (void)send_now(answer);
    if (front_.access_) front_.access_->answered(this, fd_, 503, 0);
    decoder_.reset();
  }
  unread_.reset();
  unsent_.reset();
  send_failed_ = true;
  ++pins_;
  asio::post(front_.reactor_.context(), [this, owes_answer] {
    // Whoever has the exchange must not answer it.
    ExchangeListener* const listener = owes_answer ? std::exchange(listener_, nullptr) : nullptr;
    if (phase_ != Phase::closed) owes_answer ? begin_close() : abandon();
    if (listener != nullptr) listener->on_gone();
    --pins_;
    release_if_done();
  });
}

void HttpConnection::drop_unsent(std::size_t bytes) {
  unsent_->sent += bytes;
  if (unsent_->sent < unsent_->bytes.size()) return;
  unsent_.reset();
  (void)account();  // it is less than before
}

void HttpConnection::run_handler() {
  http1::Request& request = front_.request_;
  request.websocket = ws::wish_of(request);
  keep_alive_ = request.keep_alive && !front_.draining_;
  head_only_ = request.method == "HEAD";
  http10_ = request.minor_version == 0;
  admitted_ = false;
  busy_ = true;
  phase_ = Phase::handling;
  if (front_.access_) front_.access_->request(this, fd_, request);
  front_.handler_.handle(*this);
  decoder_.reset();
}

void HttpConnection::refuse(int status, std::string_view reason) {
  keep_alive_ = false;
  head_only_ = false;
  phase_ = Phase::handling;
  respond(refusal_answer(status, reason));
}

// --- sending -------------------------------------------------------------------------------------

// What the socket takes now. A broken connection takes everything: the reading side will notice.
std::size_t HttpConnection::send_now(std::string_view bytes) {
  if (send_failed_) return bytes.size();
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send_quietly(fd_, bytes.substr(sent));
    if (n >= 0) {
      sent += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      send_failed_ = true;
      return bytes.size();
    }
  }
  return sent;
}

void HttpConnection::keep_unsent(std::string_view bytes) {
  if (bytes.empty()) return;
  if (!unsent_) unsent_ = std::make_unique<Unsent>();
  unsent_->bytes.append(bytes);
  if (!account()) return;
  front_.deadlines_.set(*this, front_.options_.stall_time);
  update_interest();
}

void HttpConnection::send_output() {
  std::string& out = front_.output_;
  if (out.empty()) return;
  const std::size_t sent = unsent_ ? 0 : send_now(out);
  keep_unsent(std::string_view(out).substr(sent));
  out.clear();
  if (out.capacity() > 4 * kFlushOutput) out.shrink_to_fit();
}

void HttpConnection::on_writable() {
  if (unsent_) {
    const std::size_t sent = send_now(std::string_view(unsent_->bytes).substr(unsent_->sent));
    if (sent > 0) front_.deadlines_.set(*this, front_.options_.stall_time);
    drop_unsent(sent);
    if (unsent_) return;
  }
  if (phase_ == Phase::streaming || phase_ == Phase::held) {
    clear();
    stream_cut_ = false;
    listener_->on_writable();
    return update_interest();
  }
  finish_or_wait();
}

// --- what comes next -----------------------------------------------------------------------------

void HttpConnection::finish_or_wait() {
  if (phase_ == Phase::closed) return;
  if (phase_ == Phase::closing) {
    if (!unsent_) begin_close();
    return;
  }
  if (phase_ == Phase::receiving && unread_ && !unsent_) {
    const std::unique_ptr<std::string> bytes = std::move(unread_);
    return process(*bytes);
  }
  if (phase_ == Phase::receiving && !unsent_ && (eof_ || (front_.draining_ && idle())))
    return begin_close();
  if (phase_ == Phase::receiving && !armed()) {
    busy_ = false;
    front_.deadlines_.set(*this, front_.options_.idle_time);
  }
  update_interest();
}

void HttpConnection::post_finish() {
  ++pins_;
  asio::post(front_.reactor_.context(), [this] {
    finish_or_wait();
    --pins_;
    release_if_done();
  });
}

// The last answer is out. What the peer still sends is read and thrown away for a short time: a
// reset would take the answer from it (RFC 9112 section 9.6).
void HttpConnection::begin_close() {
  phase_ = Phase::lingering;
  if (::shutdown(fd_, SHUT_WR) != 0 || eof_) return close();
  front_.deadlines_.set(*this, kLingerTime);
  update_interest();
}

void HttpConnection::on_deadline() {
  ++pins_;
  time_out();
  --pins_;
  release_if_done();
}

void HttpConnection::time_out() {
  using State = http1::RequestDecoder::State;
  // Whoever holds the exchange has a time limit of its own.
  if (phase_ == Phase::held && !unsent_)
    return front_.deadlines_.set(*this, front_.options_.idle_time);
  if (phase_ == Phase::receiving && !unsent_) {
    if (decoder_.state() == State::idle && busy_) {
      busy_ = false;
      front_.deadlines_.set(*this, front_.options_.idle_time);
      return;
    }
    if (decoder_.state() != State::idle) {
      serving_ = true;
      refuse(408, "the request did not arrive in time");
      serving_ = false;
      send_output();
      return finish_or_wait();
    }
  }
  abandon();
}

// Whoever is not idle now ends in respond() or finish_or_wait().
void HttpConnection::drain() {
  if (phase_ == Phase::receiving && idle() && !unsent_ && !unread_) abandon();
}

void HttpConnection::abandon() {
  ExchangeListener* const listener = std::exchange(listener_, nullptr);
  close();
  if (listener != nullptr) listener->on_gone();
}

void HttpConnection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  clear();
  forget_body();
  unsent_.reset();
  front_.poller_.remove(fd_, *this);
  ::close(std::exchange(fd_, -1));
  if (!serving_) post_finish();
}

// Called where the loop calls in, and nowhere else: everything between is pinned.
void HttpConnection::release_if_done() {
  if (phase_ == Phase::closed && pins_ == 0 && !serving_) delete this;
}

}  // namespace rt
