#include "io/hub/subscribers.hpp"

#include <vector>

#include "codec/envelope.hpp"
#include "codec/rt_v1.hpp"
#include "codec/sse.hpp"
#include "codec/ws_frame.hpp"
#include "io/hub/wire.hpp"

namespace rt {

// --- event streams -------------------------------------------------------------------------------

SseSubscriber::SseSubscriber(HubService& service, Exchange& exchange, Wire wire)
    : Listed(service.streams_, this), service_(service), exchange_(exchange), writer_(wire) {}

void SseSubscriber::begin(const http::Fields& fields, Channel& channel, const Start& start,
                          std::string_view from) {
  exchange_.open_stream(fields, *this);
  channel.attach(*this, start.position);
  std::string head;
  sse::append_retry(head, static_cast<std::uint64_t>(service_.options_.sse_retry.count()));
  // The cursor at once: a reader that is cut off before its first message resumes from here.
  const bool replays = start.position < channel.end();
  writer_.push(std::move(head));
  if (start.gap) writer_.push_gap(service_.delivery_, from, start.missed);
  // Behind the gap: who is cut off between the two must not resume as if there were none.
  if (!replays) writer_.push("id: " + to_string(service_.hub_.cursor_of(channel)) + "\n\n");
  if (service_.options_.heartbeat > 0ms)
    service_.deadlines_.set(*this, service_.options_.heartbeat);
  flush(service_.delivery_);
}

void SseSubscriber::flush(Delivery& delivery) {
  writer_.write(delivery, *this, *this, nullptr);
}

void SseSubscriber::on_writable() {
  writer_.unblock();
  flush(service_.delivery_);
}

void SseSubscriber::on_deadline() {
  if (!writer_.blocked()) {
    std::string beat;
    sse::append_comment(beat, {});
    writer_.push(std::move(beat));
    flush(service_.delivery_);
  }
  service_.deadlines_.set(*this, service_.options_.heartbeat);
}

void SseSubscriber::end() {
  exchange_.end_stream();
  delete this;
}

// --- WebSockets ----------------------------------------------------------------------------------

void WsSubscriber::begin(Channel& channel, const Start& start, std::string_view from) {
  channel.attach(*this, start.position);
  if (!start.gap) return;
  // Told in its place when the connection stands; a plain WebSocket can only be closed.
  if (!writer_.push_gap(service_.delivery_, from, start.missed)) position = kGapAtStart;
}

void WsSubscriber::on_open(WebSocket& socket) {
  socket_ = &socket;
  flush(service_.delivery_);
}

void WsSubscriber::flush(Delivery& delivery) {
  if (socket_ == nullptr) return;
  const void* const own = published_ ? token_ : nullptr;
  const bool gap = position == kGapAtStart;
  if (gap) position = channel()->end();
  if (gap ||
      writer_.write(delivery, *this, *this, own) == ChannelWriter::Outcome::gap_not_sayable) {
    position = channel()->end();
    socket_->close(v1::kGapCloseCode, v1::kGapCloseReason);
  }
}

void WsSubscriber::on_writable() {
  writer_.unblock();
  flush(service_.delivery_);
  if (writer_.blocked()) return;
  if (ack_due_) acknowledge();
  if (service_.options_.echo && !writer_.blocked()) socket_->pause_reading(service_.paused_);
}

void WsSubscriber::on_message(PayloadKind kind, std::string payload) {
  if (service_.options_.echo) {
    std::string frames;
    ws::append_message(frames, kind == PayloadKind::text ? ws::Opcode::text : ws::Opcode::binary,
                       payload);
    writer_.push(std::move(frames));
    flush(service_.delivery_);
    // Whoever does not take the echoes is not listened to: they would pile up here.
    if (writer_.blocked()) socket_->pause_reading(true);
    return;
  }
  Message message;
  if (wire_ == Wire::ws_v1) {
    static envelope::Reader reader;
    Result<Message> read = reader.read(payload);
    if (!read) return socket_->close(1007, read.error().text());
    if (read->gap) return;
    message = std::move(*read);
    if (message.payload.size() > service_.hub_.limits().max_message)
      return socket_->close(1009, "message too big");
  } else {
    message.payload = std::move(payload);
    message.kind = kind;
  }
  published_ = true;
  MessageId id;
  if (const auto failed = service_.accept(channel()->name(), std::move(message), token_, id))
    return socket_->close(failed->fault() == Fault::usage ? 1008 : 1013, failed->text());
  ++accepted_;
  last_accepted_ = id.sequence;
  if (wire_ == Wire::ws_v1 && !ack_pending_) {
    ack_pending_ = true;
    service_.acknowledge_soon(*this);
  }
  if (service_.paused_for(channel()->name())) socket_->pause_reading(true);
}

void WsSubscriber::acknowledge() {
  ack_pending_ = false;
  // One acknowledgement stands for all before it, so a slow reader is owed one at most.
  ack_due_ = writer_.blocked();
  if (ack_due_) return;
  const std::string id = to_string(MessageId{service_.hub_.epoch(), last_accepted_});
  std::string line;
  v1::append(line, {id, accepted_});
  std::string frame;
  ws::append_message(frame, ws::Opcode::text, line);
  writer_.push(std::move(frame));
  flush(service_.delivery_);
}

WsSubscriber::~WsSubscriber() {
  if (ack_pending_) std::erase(service_.acks_, this);
}

// --- long polls ----------------------------------------------------------------------------------

void PollWaiter::begin(Channel& channel, std::uint64_t start, Milliseconds wait) {
  channel.attach(*this, start);
  exchange_.hold(*this);
  service_.deadlines_.set(*this, wait);
}

void PollWaiter::flush(Delivery& delivery) {
  Channel& here = *channel();
  if (position >= here.end()) return;
  const auto make = [&]() -> Response {
    if (variant_ == latest_message) return service_.latest_response(here);
    const std::uint64_t missed = here.missed_before(position);
    Start start{position, missed > 0, missed};
    if (missed > 0) start.position = here.begin();
    return service_.window_response(&here, start, {}, variant_, limit_);
  };
  ++delivery.counts().delivered;
  if (limit_) return answer(make());
  const Response& shared = delivery.shared_response(here, variant_, position, make);
  answer(shared);
}

void PollWaiter::answer(const Response& response) {
  if (cors_.empty()) {
    exchange_.respond(response);
  } else {
    Response own = response;
    own.shared = 0;
    own.fields.add(cors_);
    exchange_.respond(own);
  }
  delete this;
}

void PollWaiter::on_deadline() {
  Channel& here = *channel();
  if (variant_ != latest_message)
    return answer(service_.window_response(&here, {position, false, {}}, {}, variant_, limit_));
  Response response;
  const bool unchanged = conditional_ && !here.empty();
  response.status = unchanged ? 304 : 204;
  response.fields.add("Cache-Control", "no-cache");
  response.fields.add(HubService::kGuard);
  const std::string cursor = to_string(service_.hub_.cursor_of(here));
  if (unchanged) response.fields.add("ETag", "\"" + cursor + "\"");
  response.fields.add("RT-Next", cursor);
  answer(response);
}

}  // namespace rt
