#include "io/hub/side.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "io/loop/notifier.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostRead = 512;            // messages of one batch
constexpr std::size_t kMostGathered = 16u << 20;  // bytes that one turn of the loop may bring

bool bears(const Message& message, const std::string& relay_id) {
  return std::find(message.via.begin(), message.via.end(), relay_id) != message.via.end();
}

}  // namespace

struct HubSide::State final : Follower, PublisherPause::Waiter, AppendListener {
  // What is out of the log and not read yet.
  struct Item {
    MessagePtr message;      // null: a gap
    std::uint64_t sequence;  // of the message, or how many are missing
    std::uint64_t before;    // the sequence before a gap
  };

  State(Reactor& reactor, HubService& its_service, Options its_options)
      : service(its_service),
        options(std::move(its_options)),
        token(service.publisher().new_token()),
        cursor(service.hub(), {token, options.channel}),
        news(reactor.executor()),
        go_on(reactor.executor()) {
    service.news().add(*this);
    service.pause().add(*this);
  }
  ~State() {
    service.news().remove(*this);
    service.pause().remove(*this);
    if (appending > 0) service.log().forget(*this);
  }

  // A burst within one turn of the loop may be longer than the window.
  void on_news() override {
    if (!cursor.has_next() && ready.empty()) return;
    gather(~std::size_t{0});
    if (!ready.empty()) news.notify_all();
  }
  void on_resume() override { go_on.notify_all(); }
  // A log that cannot take it is no fault of the message; it is lost all the same.
  void on_appended(const Result<MessageId>& first) override {
    if (!first) ++skipped;
    if (--appending == 0 && waits) go_on.notify_all();
  }

  void gather(std::size_t most) {
    if (ready.size() >= most || ready_bytes >= kMostGathered) return;
    const std::uint64_t before = cursor.last_sequence();
    if (const std::uint64_t lost = cursor.take_missed(); lost > 0) {
      missed += lost;
      ready.push_back({nullptr, lost, before});
    }
    while (ready.size() < most && ready_bytes < kMostGathered) {
      const Entry* const entry = cursor.next();
      if (entry == nullptr) return;
      if (!options.relay_id.empty() && bears(*entry->message, options.relay_id)) continue;
      ready_bytes += window_charge(*entry->message);
      ready.push_back({entry->message, entry->sequence, 0});
    }
  }

  MessagePtr outgoing(const Item& item) const {
    const Hub& hub = service.hub();
    if (item.message == nullptr) {
      Message report;
      Gap gap;
      if (item.before > 0) gap.from = to_string(hub.id_of(item.before));
      gap.missed = item.sequence;
      report.channel = options.channel;
      report.gap = std::make_shared<const Gap>(std::move(gap));
      return std::make_shared<Message>(std::move(report));
    }
    auto message = std::make_shared<Message>(*item.message);
    message->id = to_string(hub.id_of(item.sequence));
    if (!options.relay_id.empty()) {
      if (message->origin_id.empty()) message->origin_id = message->id;
      message->via.push_back(options.relay_id);
    }
    return message;
  }

  Batch take_ready() {
    Batch batch;
    const std::size_t count = std::min(ready.size(), kMostRead);
    batch.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const Item& item = ready.front();
      if (item.message != nullptr) ready_bytes -= window_charge(*item.message);
      batch.push_back(outgoing(item));
      ready.pop_front();
    }
    return batch;
  }

  const std::string& channel_for(const Message& message) const {
    static const std::string kDefault = "/";
    if (!options.channel.empty()) return options.channel;
    return message.channel.empty() ? kDefault : message.channel;
  }

  void publish(const MessagePtr& message, const std::string& channel, WallTime now) {
    if (!options.relay_id.empty() && bears(*message, options.relay_id)) return;
    if (options.fill_only_empty && message->retained) {
      const Channel* const known = service.hub().find(channel);
      if (known != nullptr && known->ever_published()) return;
    }
    ++appending;
    const auto failed = service.publisher().publish(channel, message, token, now, *this);
    if (!failed) return;
    --appending;
    ++skipped;
    if (options.on_skipped) options.on_skipped(*message, *failed);
  }

  HubService& service;
  Options options;
  const void* const token;  // the origin of what is written
  HubCursor cursor;
  Notifier news;
  Notifier go_on;  // with writing: the pause is over, or the log has it all
  std::deque<Item> ready;
  std::size_t ready_bytes = 0;
  std::uint64_t skipped = 0;
  std::uint64_t missed = 0;
  std::size_t appending = 0;  // messages that the log has not answered for
  bool waits = false;         // a write waits for them
};

HubSide::HubSide(Reactor& reactor, HubService& service, Options options)
    : state_(std::make_unique<State>(reactor, service, std::move(options))) {}

HubSide::~HubSide() = default;

asio::awaitable<Result<Batch>> HubSide::read() {
  State& state = *state_;
  state.gather(kMostRead);
  while (state.ready.empty()) {
    co_await state.news.wait();
    state.gather(kMostRead);
  }
  co_return state.take_ready();
}

asio::awaitable<Result<void>> HubSide::write(Messages messages) {
  State& state = *state_;
  const WallTime now = wall_now();
  for (const MessagePtr& message : messages) {
    if (message->gap) continue;
    const std::string& channel = state.channel_for(*message);
    while (state.service.pause().holds(channel)) co_await state.go_on.wait();
    state.publish(message, channel, now);
  }
  state.waits = true;
  while (state.appending > 0) co_await state.go_on.wait();
  state.waits = false;
  co_return Result<void>();
}

bool HubSide::has_unread() const {
  return !state_->ready.empty() || state_->cursor.has_next();
}

std::uint64_t HubSide::drop_unread() {
  State& state = *state_;
  std::uint64_t number = 0;
  for (;;) {
    state.gather(kMostRead);
    if (state.ready.empty()) return number;
    for (const State::Item& item : state.ready) number += item.message ? 1 : item.sequence;
    state.ready.clear();
    state.ready_bytes = 0;
  }
}

std::uint64_t HubSide::skipped() const {
  return state_->skipped;
}

std::uint64_t HubSide::missed() const {
  return state_->missed;
}

}  // namespace rt
