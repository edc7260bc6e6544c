#include "io/hub/event_streams.hpp"

#include <string>
#include <utility>

#include "codec/sse.hpp"
#include "io/hub/channel_writer.hpp"
#include "io/hub/listed.hpp"
#include "io/loop/deadlines.hpp"

namespace rt {

// It deletes itself when its peer is gone.
class EventStreams::Stream final : public Subscriber,
                                   public Listed<Stream>,
                                   private ExchangeListener,
                                   private Deadline,
                                   private ChannelWriter::Target {
 public:
  Stream(EventStreams& owner, Exchange& exchange, Wire wire)
      : Listed(owner.streams_, this), owner_(owner), exchange_(exchange), writer_(wire) {}

  void begin(const http::Fields& fields, Channel& channel, const Start& start,
             std::string_view from) {
    if (owner_.watcher_ != nullptr)
      owner_.watcher_->on_opened(this, "sse", channel.name(), exchange_.peer_address());
    exchange_.open_stream(fields, *this);
    const HubServiceOptions& options = owner_.hub_.options;
    std::string head;
    sse::append_retry(head, static_cast<std::uint64_t>(options.sse_retry.count()));
    writer_.begin(owner_.delivery_, *this, channel, start, from);
    // The cursor at once: a reader that is cut off before its first message resumes from here.
    if (!start.gap && start.position >= channel.end())
      head += "id: " + to_string(owner_.hub_.hub.cursor_of(channel)) + "\n\n";
    writer_.push(std::move(head));
    if (options.heartbeat > 0ms) owner_.hub_.deadlines.set(*this, options.heartbeat);
    flush(owner_.delivery_);
  }
  void flush(Delivery& delivery) override { writer_.write(delivery, *this, *this, nullptr); }
  const Identity& identity() const override { return exchange_.identity(); }
  void cut() override {
    exchange_.cut();
    leave(false);
  }
  void end() {
    exchange_.end_stream();
    leave(false);
  }

 private:
  std::size_t take(std::string_view bytes) override { return exchange_.write(bytes); }
  void on_writable() override {
    writer_.unblock();
    flush(owner_.delivery_);
  }
  void on_gone() override { leave(true); }
  void leave(bool by_peer) {
    if (owner_.watcher_ != nullptr) owner_.watcher_->on_closed(this, {by_peer, 0, {}});
    delete this;
  }
  void on_deadline() override {
    if (!writer_.blocked()) {
      std::string beat;
      sse::append_comment(beat, {});
      writer_.push(std::move(beat));
      flush(owner_.delivery_);
    }
    owner_.hub_.deadlines.set(*this, owner_.hub_.options.heartbeat);
  }

  EventStreams& owner_;
  Exchange& exchange_;
  ChannelWriter writer_;
};

EventStreams::~EventStreams() {
  while (!streams_.empty()) delete streams_.back();
}

void EventStreams::open(Exchange& exchange, const http::Fields& fields, Wire wire, Channel& channel,
                        const Start& start, std::string_view from) {
  auto* const stream = new Stream(*this, exchange, wire);
  stream->begin(fields, channel, start, from);
}

void EventStreams::drain() {
  while (!streams_.empty()) streams_.back()->end();
}

}  // namespace rt
