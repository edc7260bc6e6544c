#include "io/hub/long_polls.hpp"

#include <string>
#include <utility>

#include "io/hub/answers.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/listed.hpp"
#include "io/loop/deadlines.hpp"

namespace rt {

// It deletes itself when it has answered.
class LongPolls::Waiter final : public Subscriber,
                                public Listed<Waiter>,
                                private ExchangeListener,
                                private Deadline {
 public:
  Waiter(LongPolls& owner, Exchange& exchange, LateAnswer how)
      : Listed(owner.waiters_, this), owner_(owner), exchange_(exchange), how_(std::move(how)) {}

  void begin(Channel& channel, std::uint64_t start, Milliseconds wait) {
    channel.attach(*this, start);
    exchange_.hold(*this);
    owner_.hub_.deadlines.set(*this, wait);
  }
  void flush(Delivery& delivery) override;
  const Identity& identity() const override { return exchange_.identity(); }
  void cut() override {}  // it is in the middle of nothing
  void end() { on_deadline(); }

 private:
  Response news();
  // The news is to be written in pieces.
  bool grows();
  void stream();
  void answer(const Response& response);
  void on_writable() override {}
  void on_gone() override { delete this; }
  void on_deadline() override;

  LongPolls& owner_;
  Exchange& exchange_;
  LateAnswer how_;
};

Response LongPolls::Waiter::news() {
  Channel& here = *channel();
  if (how_.form == ReadForm::latest_message) return owner_.answers_.latest(here);
  const std::uint64_t missed = here.missed_before(position);
  Start start{position, missed > 0, missed};
  if (missed > 0) start.position = here.begin();
  return owner_.answers_.window(&here, start, {}, how_.form, how_.limit);
}

bool LongPolls::Waiter::grows() {
  return how_.form != ReadForm::latest_message && owner_.answers_.grows(*channel(), position);
}

void LongPolls::Waiter::stream() {
  Channel& here = *channel();
  WindowBody body(how_.form, how_.limit);
  const std::uint64_t missed = here.missed_before(position);
  if (missed > 0) {
    body.add_gap({}, missed);
    ++owner_.delivery_.counts().gaps;
  }
  owner_.streams_.answer_later(exchange_, how_.cors, std::move(body), here, position + missed);
  delete this;
}

void LongPolls::Waiter::flush(Delivery& delivery) {
  Channel& here = *channel();
  if (position >= here.end()) return;
  ++delivery.counts().delivered;
  if (grows()) return stream();
  if (how_.limit) return answer(news());
  answer(delivery.shared_response(here, static_cast<int>(how_.form), position,
                                  [this] { return news(); }));
}

void LongPolls::Waiter::answer(const Response& response) {
  if (how_.cors.empty()) {
    exchange_.respond(response);
  } else {
    Response own = response;
    own.shared = 0;
    own.fields.add(how_.cors);
    exchange_.respond(own);
  }
  delete this;
}

void LongPolls::Waiter::on_deadline() {
  Channel& here = *channel();
  if (grows()) return stream();
  if (how_.form != ReadForm::latest_message)
    return answer(owner_.answers_.window(&here, {position, false, {}}, {}, how_.form, how_.limit));
  Response response;
  const bool unchanged = how_.conditional && !here.empty();
  response.status = unchanged ? 304 : 204;
  response.fields.add("Cache-Control", "no-cache");
  response.fields.add(kGuard);
  const std::string cursor = to_string(owner_.hub_.hub.cursor_of(here));
  if (unchanged) response.fields.add("ETag", "\"" + cursor + "\"");
  response.fields.add("RT-Next", cursor);
  answer(response);
}

// --- all of them ---------------------------------------------------------------------------------

LongPolls::~LongPolls() {
  while (!waiters_.empty()) delete waiters_.back();
}

void LongPolls::hold(Exchange& exchange, LateAnswer how, Channel& channel, std::uint64_t position,
                     Milliseconds wait) {
  auto* const waiter = new Waiter(*this, exchange, std::move(how));
  waiter->begin(channel, position, wait);
}

void LongPolls::drain() {
  while (!waiters_.empty()) waiters_.back()->end();
}

}  // namespace rt
