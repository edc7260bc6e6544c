// HttpConnection as its handler sees it: an Exchange.
#include <memory>
#include <utility>

#include "codec/ws_handshake.hpp"
#include "io/server/http_answer.hpp"
#include "io/server/http_connection.hpp"
#include "io/server/socket_stream.hpp"
#include "io/server/websocket.hpp"
#include "io/trace/access_log.hpp"

namespace rt {

std::string HttpConnection::peer_address() const {
  const std::string name = peer_name(fd_);
  const std::string host = name.substr(0, name.rfind(':'));
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

void HttpConnection::respond(const Response& response) {
  if (phase_ == Phase::closed) return;
  if (kept_ > 0) (void)keep(0);
  if (front_.draining_) keep_alive_ = false;
  if (front_.access_) front_.access_->answered(this, fd_, response.status, response.body.size());
  listener_ = nullptr;
  phase_ = keep_alive_ ? Phase::receiving : Phase::closing;
  const AnswerForm form{keep_alive_, head_only_, http10_};
  if (serving_) {
    append_answer(front_.output_, response, front_.date_field(), form);
    return;
  }
  std::string& out = front_.late_output_;
  const std::uint64_t shared = keep_alive_ && !head_only_ && !http10_ ? response.shared : 0;
  if (shared == 0 || shared != front_.late_shared_) {
    out.clear();
    append_answer(out, response, front_.date_field(), form);
    front_.late_shared_ = shared;
  }
  const std::size_t sent = unsent_ ? 0 : send_now(out);
  keep_unsent(std::string_view(out).substr(sent));
  busy_ = true;
  if (phase_ == Phase::receiving && !armed())
    front_.deadlines_.set(*this, front_.options_.idle_time);
  if (unread_ || phase_ == Phase::closing)
    // Not from here: the caller may be in the middle of answering others.
    post_finish();
}

void HttpConnection::hold(ExchangeListener& listener) {
  if (phase_ == Phase::closed) return;
  listener_ = &listener;
  phase_ = Phase::held;
  // The deadline of idleness stays armed: a long poll would clear and set it every time.
  busy_ = true;
}

bool HttpConnection::keep(std::size_t bytes) {
  kept_ = bytes;
  // Being given up it is answered, after those before it.
  if (serving_) send_output();
  return account();
}

void HttpConnection::open_stream(const http::Fields& fields, ExchangeListener& listener) {
  if (phase_ == Phase::closed) return;
  keep_alive_ = false;
  listener_ = &listener;
  if (front_.access_) front_.access_->streams(this);
  phase_ = Phase::streaming;
  clear();
  // Later, output_ may hold another connection's answers.
  std::string& out = serving_ ? front_.output_ : front_.late_output_;
  if (!serving_) {
    out.clear();
    front_.late_shared_ = 0;
  }
  append_stream_head(out, fields, front_.date_field());
  if (!serving_) {
    const std::size_t sent = unsent_ ? 0 : send_now(out);
    return keep_unsent(std::string_view(out).substr(sent));
  }
  send_output();
}

std::size_t HttpConnection::write(std::string_view bytes) {
  if (phase_ != Phase::streaming) return bytes.size();
  if (unsent_) return 0;
  const std::size_t sent = send_now(bytes);
  if (sent < bytes.size()) {
    front_.deadlines_.set(*this, front_.options_.stall_time);
    stream_cut_ = true;
    update_interest();
  }
  return sent;
}

bool HttpConnection::open_body(const http::Fields& fields, ExchangeListener& listener) {
  if (phase_ == Phase::closed) return false;
  if (front_.draining_ || http10_) keep_alive_ = false;
  if (front_.access_) front_.access_->answered(this, fd_, 200, 0);
  std::string head;
  append_pieces_head(head, fields, front_.date_field(), {keep_alive_, head_only_, http10_});
  send_output();
  if (head_only_) {
    phase_ = keep_alive_ ? Phase::receiving : Phase::closing;
    listener_ = nullptr;
    busy_ = true;
  } else {
    phase_ = Phase::streaming;
    body_in_pieces_ = true;
    listener_ = &listener;
    clear();
  }
  const std::size_t sent = unsent_ ? 0 : send_now(head);
  keep_unsent(std::string_view(head).substr(sent));
  if (head_only_ && !serving_) post_finish();
  return !head_only_;
}

bool HttpConnection::write_body(std::string_view bytes) {
  if (phase_ != Phase::streaming || bytes.empty()) return true;
  std::string chunk;
  if (!http10_) append_chunk(chunk, bytes);
  const std::string_view out = http10_ ? bytes : std::string_view(chunk);
  const std::size_t sent = unsent_ ? 0 : send_now(out);
  keep_unsent(out.substr(sent));
  return unsent_ == nullptr;
}

void HttpConnection::end_stream() {
  if (phase_ != Phase::streaming) return;
  listener_ = nullptr;
  phase_ = Phase::closing;
  if (std::exchange(body_in_pieces_, false)) {
    if (!http10_) {
      std::string last;
      append_last_chunk(last);
      const std::size_t sent = unsent_ ? 0 : send_now(last);
      keep_unsent(std::string_view(last).substr(sent));
    }
    if (keep_alive_) phase_ = Phase::receiving;
    busy_ = true;
  }
  post_finish();
}

void HttpConnection::cut() {
  listener_ = nullptr;
  abandon();
}

void HttpConnection::open_websocket(std::string_view subprotocol, WebSocketListener& listener) {
  send_output();
  if (phase_ == Phase::closed || unsent_) {
    close();
    listener.on_gone();
    return;
  }
  if (front_.access_) front_.access_->upgraded(this, subprotocol);
  const WsTerms terms{subprotocol,
                      front_.websockets_.accept(request().joined("Sec-WebSocket-Extensions"))};
  const std::string answer = ws::accepting_answer(request().value("Sec-WebSocket-Key"), subprotocol,
                                                  ws::deflate_answer(terms.deflate));
  const std::string more(front_.rest_);
  phase_ = Phase::closed;
  clear();
  const int fd = std::exchange(fd_, -1);
  front_.poller_.remove(fd, *this);
  front_.websockets_.adopt(std::make_unique<SocketStream>(front_.poller_, fd), terms, answer, more,
                           listener);
}

}  // namespace rt
