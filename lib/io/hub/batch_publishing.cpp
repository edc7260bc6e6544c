#include "io/hub/batch_publishing.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "io/hub/answers.hpp"
#include "io/hub/listed.hpp"

namespace rt {
namespace {

constexpr Milliseconds kSlice = 5ms;

}  // namespace

void append_ids(std::string& out, const MessageId& first, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (!out.empty()) out += ',';
    out += '"';
    out += to_string(MessageId{first.epoch, first.sequence + i});
    out += '"';
  }
}

Response batch_answer(std::string_view ids, std::string_view last) {
  Response response;
  response.status = 201;
  response.fields.add("Content-Type", "application/json");
  response.body.reserve(ids.size() + 16);
  response.body = "{\"ids\":[";
  response.body += ids;
  response.body += "]}\n";
  if (!last.empty()) response.fields.add("RT-Id", last);
  response.fields.add(kGuard);
  return response;
}

// A reader of its channel, so that the channel stays while a part of the batch is in it. It deletes
// itself when it has answered, or nobody is there to be answered.
class BatchPublishing::Batch final : public Subscriber,
                                     public Listed<Batch>,
                                     public AppendListener,
                                     private ExchangeListener {
 public:
  Batch(BatchPublishing& owner, Exchange& exchange, std::unique_ptr<BatchReader> reader,
        std::string_view channel, http::Fields cors)
      : Listed(owner.batches_, this),
        owner_(owner),
        exchange_(&exchange),
        reader_(std::move(reader)),
        name_(channel),
        cors_(std::move(cors)) {}
  ~Batch() {
    if (awaits_log_) owner_.hub_.log.forget(*this);
    leave_line();
  }

  void begin() {
    exchange_->hold(*this);
    owner_.line_.push_back(this);
    if (keep() && owner_.line_.front() == this) go_on_later();
  }
  void flush(Delivery&) override {
    if (has_turn_ && !next_turn_.stands()) turn();
  }
  void cut() override {}  // it holds no message of others
  const Identity& identity() const override {
    static const Identity nobody;
    return exchange_ != nullptr ? exchange_->identity() : nobody;
  }
  void on_appended(const Result<MessageId>& first) override {
    awaits_log_ = false;
    if (first) {
      if (owner_.publisher_.keeps()) {
        append_ids(ids_, *first, part_);
        last_ = to_string(MessageId{first->epoch, first->sequence + part_ - 1});
      }
    } else {
      failed_ = first.error();
    }
    if (!in_call_) finish();
  }
  // The end of a pause: it stands in line again.
  void resume() {
    if (!std::exchange(paused_, false)) return;
    owner_.line_.push_back(this);
    if (owner_.line_.front() == this) go_on_later();
  }
  // No turn for others any more.
  void hurry() {
    next_turn_.end();
    hurries_ = true;
    paused_ = false;
    if (reader_ && !awaits_log_) turn();
  }

 private:
  void go_on_later() {
    has_turn_ = true;
    owner_.delivery_.goes_on_later(next_turn_, *this);
  }
  // False: there is no room for it, and its connection is about to go.
  bool keep() {
    if (exchange_ == nullptr || exchange_->keep(reader_->held())) return true;
    reader_.reset();
    leave_line();
    return false;
  }
  void leave_line() {
    std::deque<Batch*>& line = owner_.line_;
    const bool first = !line.empty() && line.front() == this;
    std::erase(line, this);
    if (first && !line.empty()) line.front()->go_on_later();
  }
  void turn() {
    has_turn_ = false;
    for (;;) {
      if (read_ && !hurries_ && owner_.pause_.holds(name_)) {
        paused_ = true;
        return leave_line();
      }
      const Step step = read_ ? append() : read();
      if (step == Step::over) return;
      if (!hurries_) return go_on_later();
    }
  }

  // over: it has been answered, or waits for something else.
  enum class Step : std::uint8_t { on, over };
  Step read() {
    const SteadyTime until =
        hurries_ ? SteadyTime::max() : std::chrono::steady_clock::now() + kSlice;
    read_ = reader_->read_until(until);
    if (!keep()) return Step::over;
    if (!read_) return Step::on;
    if (const auto& fault = reader_->fault()) {
      answer(Answers::problem(fault->status, fault->text));
      return Step::over;
    }
    if (reader_->count() > 0) return Step::on;
    answer(batch_answer({}, {}));
    return Step::over;
  }
  Step append() {
    const std::span<Record> part =
        reader_->next(owner_.hub_.log.takes_parts() ? kBatchPart : reader_->count());
    part_ = part.size();
    awaits_log_ = in_call_ = true;
    std::optional<Error> refused = owner_.publisher_.publish(part, *this);
    in_call_ = false;
    published_ += part_;
    if (refused) {
      awaits_log_ = false;
      failed_ = std::move(refused);
    }
    if (awaits_log_) {
      leave_line();
      return Step::over;
    }
    if (failed_ || published_ == reader_->count()) {
      finish();
      return Step::over;
    }
    if (channel() == nullptr)
      if (Channel* const window = owner_.hub_.hub.find(name_)) window->attach(*this, window->end());
    return Step::on;
  }

  void finish() { answer(failed_ ? not_taken(*failed_) : batch_answer(ids_, last_)); }
  void answer(Response response) {
    if (exchange_ != nullptr) {
      (void)exchange_->keep(0);
      owner_.answering_.answer(*exchange_, name_, std::move(cors_), std::move(response));
    }
    delete this;
  }
  void on_writable() override {}
  void on_gone() override {
    exchange_ = nullptr;
    if (published_ == 0) delete this;
  }

  BatchPublishing& owner_;
  Exchange* exchange_;  // null: the peer has gone, and the rest is published all the same
  std::unique_ptr<BatchReader> reader_;  // null: given up
  const std::string name_;
  http::Fields cors_;
  std::string ids_;
  std::string last_;
  std::optional<Error> failed_;
  std::size_t published_ = 0;  // records that the log has been given
  std::size_t part_ = 0;       // of which so many in the last call
  PlaceInLine next_turn_;
  bool read_ = false;
  bool has_turn_ = false;
  bool paused_ = false;  // with all publishers: it does not stand in line
  bool hurries_ = false;
  bool in_call_ = false;
  bool awaits_log_ = false;
};

BatchPublishing::~BatchPublishing() {
  while (!batches_.empty()) delete batches_.back();
}

void BatchPublishing::begin(Exchange& exchange, std::unique_ptr<BatchReader> batch,
                            std::string_view channel, http::Fields cors) {
  (new Batch(*this, exchange, std::move(batch), channel, std::move(cors)))->begin();
}

void BatchPublishing::resume() {
  for (Batch* const batch : batches_) batch->resume();
}

void BatchPublishing::drain() {
  const std::vector<Batch*> all = batches_;
  for (Batch* const batch : all) batch->hurry();
}

}  // namespace rt
