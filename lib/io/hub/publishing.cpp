#include "io/hub/publishing.hpp"

#include <utility>

#include "base/text.hpp"
#include "codec/content_type.hpp"
#include "codec/envelope.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostBatch = 100'000;  // messages of one request

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

// A fault of a batch: its status, and what is wrong.
struct BatchFault {
  int status;
  std::string text;
};

// The messages of an NDJSON body, all that are good up to the first fault.
std::optional<BatchFault> read_batch(std::string_view rest, const Publisher& publisher,
                                     std::size_t max_message, std::vector<Message>& messages) {
  static envelope::Reader reader;
  std::size_t number = 0;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (trim(line).empty()) continue;
    const std::string where = "line " + std::to_string(number) + ": ";
    Result<Message> message = reader.read(line);
    if (!message) return BatchFault{400, where + message.error().text()};
    if (message->gap) continue;
    if (const Result<void> good = publisher.check(*message); !good)
      return BatchFault{400, where + good.error().text()};
    if (messages.size() >= kMostBatch)
      return BatchFault{413,
                        "more than " + std::to_string(kMostBatch) + " messages in one request"};
    if (message->payload.size() > max_message)
      return BatchFault{413, where + "the message is longer than --max-message"};
    messages.push_back(std::move(*message));
  }
  return std::nullopt;
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
    held_ = false;
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
    if (!outcome_) owner_.hub_.log.forget(*this);
    if (list_ != nullptr) leave();
  }

 private:
  void answer() {
    if (!owner_.pause_.holds(channel_)) return respond();
    wait_in(owner_.paused_);
  }
  void respond() {
    Response response = outcome_->ok() ? created(**outcome_) : not_taken(outcome_->error());
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
  std::vector<Posted*>* list_ = nullptr;  // the one that it is in
  std::size_t index_ = 0;
  bool as_list_ = false;
  bool held_ = false;
};

Response Publishing::Posted::created(const MessageId& first) const {
  Response response;
  response.status = 201;
  response.fields.add("Content-Type", "application/json");
  // What is not kept has no id.
  const bool kept = owner_.publisher_.keeps();
  std::string last;
  if (as_list_) response.body = "{\"ids\":[";
  for (std::size_t i = 0; kept && i < count_; ++i) {
    last = to_string(MessageId{first.epoch, first.sequence + i});
    if (i > 0) response.body += ',';
    if (as_list_) response.body += "\"" + last + "\"";
  }
  if (as_list_)
    response.body += "]}\n";
  else
    response.body = kept ? "{\"id\":\"" + last + "\"}\n" : "{\"id\":null}\n";
  if (!last.empty()) response.fields.add("RT-Id", last);
  response.fields.add(kGuard);
  return response;
}

Publishing::Publishing(const HubContext& hub, const Answers& answers, Publisher& publisher,
                       PublisherPause& pause)
    : hub_(hub), answers_(answers), publisher_(publisher), pause_(pause) {
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

bool Publishing::has_room(Exchange& exchange) const {
  if (!pause_.full()) return true;
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
  pause_.count(request.body.size());
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
  const std::string body = exchange.take_body();
  std::vector<Message> messages;
  const auto fault = read_batch(body, publisher_, hub_.hub.limits().max_message, messages);
  if (fault) return answers_.refuse(exchange, fault->status, fault->text);
  const WallTime now = wall_now();
  std::vector<Record> batch;
  batch.reserve(messages.size());
  for (Message& message : messages) {
    if (retain) message.retain = true;
    batch.push_back({name, Publisher::for_channel(name, std::move(message), now), nullptr, window});
  }
  append(exchange, batch, true);
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
}

void Publishing::drain() {
  while (!paused_.empty()) paused_.back()->release();
}

}  // namespace rt
