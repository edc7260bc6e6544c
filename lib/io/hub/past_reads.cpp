#include "io/hub/past_reads.hpp"

#include <algorithm>
#include <utility>

#include "io/hub/listed.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostLoaded = 256;  // messages that are asked of the log at a time

// A channel that is not there is empty, with the hub's own floor.
std::uint64_t floor_of(const Hub& hub, const Channel* channel) {
  return channel != nullptr ? channel->floor() : hub.dropped_floor();
}

Start start_after(Hub& hub, Channel* channel, const MessageId& cursor) {
  if (channel != nullptr) return channel->after(cursor);
  return Channel(hub, {}, hub.dropped_floor()).after(cursor);
}

}  // namespace

// It deletes itself when it has answered.
class PastReads::Read final : public Listed<Read>, private ExchangeListener, private PastListener {
 public:
  Read(PastReads& owner, Exchange& exchange, LateAnswer how, std::string_view channel,
       std::string_view since)
      : Listed(owner.reads_, this),
        owner_(owner),
        exchange_(exchange),
        how_(std::move(how)),
        body_(how_.form, how_.limit),
        channel_(channel),
        from_(since),
        cursor_(parse_message_id(since).value_or(MessageId{})) {}
  ~Read() {
    if (asked_) owner_.hub_.log.forget(*this);
  }

  // Asks until it has met the window, or the log answers later.
  void go_on() {
    while (!past_ && !asked_) {
      ask();
      if (!past_) return hold();
      if (take(*std::exchange(past_, std::nullopt))) return finish();
    }
  }
  void end() { respond(cursor_); }

 private:
  Hub& hub() { return owner_.hub_.hub; }

  void ask() {
    floor_ = floor_of(hub(), hub().find(channel_));
    asked_ = true;
    asking_ = true;
    owner_.hub_.log.read(channel_, cursor_.sequence, body_.room(kMostLoaded), *this);
    asking_ = false;
  }
  // What cannot be read is as good as gone; so is what an earlier epoch had.
  void on_past(Result<Past> past) override {
    asked_ = false;
    const bool good = past.ok() && cursor_.epoch == hub().epoch();
    past_ = good ? std::move(*past) : Past{{}, false};
    if (asking_) return;
    if (take(*std::exchange(past_, std::nullopt))) return finish();
    go_on();
  }
  // True when there is nothing more to ask for.
  bool take(const Past& past) {
    const Start start = start_after(hub(), hub().find(channel_), cursor_);
    if (!past.whole) {
      body_.add_gap(from_, past.records.empty() ? start.missed : std::nullopt);
      ++owner_.delivery_.counts().gaps;
    }
    for (const Record& record : past.records) {
      if (body_.full()) break;
      cursor_.sequence = record.sequence;
      body_.add(*record.message, cursor_, channel_);
    }
    if (!past.records.empty()) from_ = to_string(cursor_);
    const std::uint64_t floor = floor_of(hub(), hub().find(channel_));
    if (body_.full() || cursor_.sequence >= floor) return true;
    // What left the window while the log was read is asked for, too.
    return past.records.empty() && (!past.whole || floor == floor_);
  }
  void finish() {
    Channel* const channel = hub().find(channel_);
    if (body_.full()) return respond(cursor_);
    if (channel == nullptr) return respond({hub().epoch(), hub().dropped_floor()});
    const Start start = channel->after(cursor_);
    owner_.windows_.answer(exchange_, how_.cors, std::move(body_), *channel,
                           start.gap ? channel->begin() : start.position);
    delete this;
  }
  void respond(const MessageId& cursor) {
    Response response = body_.finish(cursor);
    response.fields.add(how_.cors);
    exchange_.respond(response);
    delete this;
  }
  void hold() {
    if (!std::exchange(held_, true)) exchange_.hold(*this);
  }
  void on_writable() override {}
  void on_gone() override { delete this; }

  PastReads& owner_;
  Exchange& exchange_;
  LateAnswer how_;
  WindowBody body_;
  std::string channel_;
  std::string from_;         // how a gap names the cursor
  MessageId cursor_;         // of the last message that the reader had, or that is in the body
  std::uint64_t floor_ = 0;  // of the channel when the log was asked
  std::optional<Past> past_;
  bool asked_ = false;
  bool asking_ = false;  // the call has not returned
  bool held_ = false;
};

PastReads::~PastReads() {
  while (!reads_.empty()) delete reads_.back();
}

void PastReads::answer(Exchange& exchange, LateAnswer how, std::string_view channel,
                       std::string_view since) {
  (new Read(*this, exchange, std::move(how), channel, since))->go_on();
}

void PastReads::drain() {
  while (!reads_.empty()) reads_.back()->end();
}

}  // namespace rt
