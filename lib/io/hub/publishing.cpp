#include "io/hub/publishing.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "codec/content_type.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr Milliseconds kFirstSlice = 5ms;      // of a batch
constexpr std::size_t kSmallBody = 64u << 10;  // is read at once
constexpr std::size_t kMostKept = 8u << 20;    // of the messages of a batch

std::vector<std::string> list_of(std::string_view field) {
  std::vector<std::string> out;
  for (const std::string_view item : split(field, ','))
    if (!trim(item).empty()) out.emplace_back(trim(item));
  return out;
}

// What the fields of a request say of the message that is its body.
Message described_by(const http::Request& request) {
  Message message;
  message.retain = request.method == "PUT";
  message.origin_id = request.value("RT-Origin-Id");
  for (const http::Field& field : request.fields)
    if (iequals(field.name, "RT-Via"))
      for (std::string& relay : list_of(field.value)) message.via.push_back(std::move(relay));
  message.event = request.value("RT-Event");
  return message;
}

}  // namespace

// In a list of `owner` while it waits for something; owned by it.
class Publishing::Posted final : public AppendListener, private ExchangeListener {
 public:
  explicit Posted(Publishing& owner) : owner_(owner) {}

  // What is remembered of the request: it is gone when the answer comes.
  void begin(Exchange& exchange, std::string_view channel, std::size_t count, bool as_list) {
    exchange_ = &exchange;
    channel_ = channel;
    count_ = count;
    as_list_ = as_list;
    cors_.clear();
    owner_.answers_.add_cors(exchange.request(), cors_);
    outcome_.reset();
    whole_.reset();
    held_ = false;
  }
  // The answer is there; the request is not, but its exchange is held.
  void answer_with(Exchange& exchange, std::string_view channel, http::Fields cors,
                   Response response) {
    exchange_ = &exchange;
    channel_ = channel;
    cors_ = std::move(cors);
    outcome_.reset();
    whole_ = std::move(response);
    held_ = false;
    answer();
  }
  // It has been appended, or is going to be.
  void wait_or_answer() {
    if (outcome_) return answer();
    wait_in(owner_.waiting_);
  }
  void on_appended(const Result<MessageId>& first) override {
    outcome_ = first;
    // Within the call of append() the answer is given after it.
    if (list_ == nullptr) return;
    leave();
    answer();
  }
  // The end of a pause.
  void release() {
    leave();
    respond();
  }
  // Neither exchange nor log knows it any more.
  void abandon() {
    if (!outcome_ && !whole_) owner_.hub_.log.forget(*this);
    if (list_ != nullptr) leave();
  }

 private:
  void answer() {
    if (!owner_.pause_.holds(channel_)) return respond();
    wait_in(owner_.paused_);
  }
  void respond() {
    Response response = whole_           ? *std::exchange(whole_, std::nullopt)
                        : outcome_->ok() ? created(**outcome_)
                                         : not_taken(outcome_->error());
    response.fields.add(cors_);
    exchange_->respond(response);
    owner_.recycle(this);
  }
  Response created(const MessageId& first) const;
  void on_writable() override {}
  void on_gone() override {
    abandon();
    owner_.recycle(this);
  }
  void wait_in(std::vector<Posted*>& list) {
    list_ = &list;
    index_ = list.size();
    list.push_back(this);
    if (!std::exchange(held_, true)) exchange_->hold(*this);
  }
  void leave() {
    Posted* const last = list_->back();
    (*list_)[index_] = last;
    last->index_ = index_;
    list_->pop_back();
    list_ = nullptr;
  }

  Publishing& owner_;
  Exchange* exchange_ = nullptr;
  std::string channel_;
  http::Fields cors_;
  std::size_t count_ = 0;
  std::optional<Result<MessageId>> outcome_;
  std::optional<Response> whole_;         // instead of an outcome
  std::vector<Posted*>* list_ = nullptr;  // the one that it is in
  std::size_t index_ = 0;
  bool as_list_ = false;
  bool held_ = false;
};

Response Publishing::Posted::created(const MessageId& first) const {
  // What is not kept has no id.
  const bool kept = owner_.publisher_.keeps() && count_ > 0;
  const std::string last =
      kept ? to_string(MessageId{first.epoch, first.sequence + count_ - 1}) : std::string();
  if (as_list_) {
    std::string ids;
    if (kept) append_ids(ids, first, count_);
    return batch_answer(ids, last);
  }
  Response response;
  response.status = 201;
  response.fields.add("Content-Type", "application/json");
  response.body = kept ? "{\"id\":\"" + last + "\"}\n" : "{\"id\":null}\n";
  if (!last.empty()) response.fields.add("RT-Id", last);
  response.fields.add(kGuard);
  return response;
}

Publishing::Publishing(const HubContext& hub, Delivery& delivery, const Answers& answers,
                       Publisher& publisher, PublisherPause& pause)
    : hub_(hub),
      answers_(answers),
      publisher_(publisher),
      pause_(pause),
      batches_(hub, delivery, publisher, pause, *this) {
  pause_.add(*this);
}

Publishing::~Publishing() {
  pause_.remove(*this);
  for (std::vector<Posted*>* const list : {&waiting_, &paused_}) {
    while (!list->empty()) {
      const std::unique_ptr<Posted> last(list->back());
      last->abandon();
    }
  }
}

bool Publishing::has_room(Exchange& exchange, std::string_view name) const {
  if (!pause_.refuses(name)) return true;
  answers_.refuse(exchange, 503, "what is published here is not taken fast enough",
                  {{"Retry-After", "1"}});
  return false;
}

void Publishing::post(Exchange& exchange, std::string_view name, Channel* window) {
  const http::Request& request = exchange.request();
  const std::string_view type = request.value("Content-Type");
  const bool batch = ascii_lower(trim(type.substr(0, type.find(';')))) == "application/x-ndjson";
  const std::size_t most = hub_.hub.limits().max_message;
  if (request.body.size() > most && !batch)
    return answers_.refuse(exchange, 413,
                           "this server takes no message longer than " + std::to_string(most) +
                               " bytes (its --max-message)");
  // It was asked when the request came: its body has taken a while.
  if (!has_room(exchange, name)) return;
  if (batch) return post_envelopes(exchange, name, window);

  Message message = described_by(request);
  const std::string declared(type);
  message.payload = exchange.take_body();
  set_content_type(message, declared);
  if (const Result<void> good = publisher_.check(message); !good)
    return answers_.refuse(exchange, 400, good.error().text());
  Record record{name, Publisher::for_channel(name, std::move(message), wall_now()), nullptr,
                window};
  append(exchange, {&record, 1}, false);
}

void Publishing::post_envelopes(Exchange& exchange, std::string_view name, Channel* window) {
  const bool retain = exchange.request().method == "PUT";
  auto batch = std::make_unique<BatchReader>(
      publisher_, exchange.take_body(), name,
      BatchReader::Rules{hub_.hub.limits().max_message, most_kept(), retain, wall_now()});
  const bool waits = batches_.is_busy() && batch->held() > kSmallBody;
  const bool whole = !waits && batch->read_until(std::chrono::steady_clock::now() + kFirstSlice);
  if (const auto& fault = batch->fault())
    return answers_.refuse(exchange, fault->status, fault->text);
  if (!whole || !batch->keeps_all() || batch->count() > kBatchPart) {
    http::Fields cors;
    answers_.add_cors(exchange.request(), cors);
    return batches_.begin(exchange, std::move(batch), name, std::move(cors));
  }
  const std::span<Record> records = batch->next(kBatchPart);
  if (!records.empty()) records[0].window = window;
  append(exchange, records, true);
}

// A log that takes no parts is given all of them at once.
std::size_t Publishing::most_kept() const {
  if (!hub_.log.takes_parts()) return std::numeric_limits<std::size_t>::max();
  return std::min(kMostKept, hub_.hub.limits().memory / 16);
}

void Publishing::answer(Exchange& exchange, std::string_view channel, http::Fields cors,
                        Response response) {
  new_posted().release()->answer_with(exchange, channel, std::move(cors), std::move(response));
}

void Publishing::append(Exchange& exchange, std::span<Record> batch, bool as_list) {
  std::unique_ptr<Posted> posted = new_posted();
  posted->begin(exchange, batch.empty() ? std::string_view() : batch[0].channel, batch.size(),
                as_list);
  std::optional<Error> failed;
  if (batch.empty())
    posted->on_appended(MessageId{});
  else
    failed = publisher_.publish(batch, *posted);
  if (failed) posted->on_appended(*failed);
  posted.release()->wait_or_answer();
}

std::unique_ptr<Publishing::Posted> Publishing::new_posted() {
  return spare_ ? std::move(spare_) : std::make_unique<Posted>(*this);
}

void Publishing::recycle(Posted* posted) {
  spare_.reset(posted);
}

void Publishing::on_resume() {
  while (!pause_.paused() && !paused_.empty()) paused_.back()->release();
  batches_.resume();
}

void Publishing::drain() {
  batches_.drain();
  while (!paused_.empty()) paused_.back()->release();
}

}  // namespace rt
