#include "app/compare/feeds.hpp"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "app/compare/feed_match.hpp"
#include "app/compare/feed_report.hpp"
#include "app/compare/participants.hpp"
#include "base/text.hpp"
#include "codec/json_picker.hpp"
#include "io/stdio/print.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr Milliseconds kLook = 10ms;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

class Watch {
 public:
  Watch(Reactor& reactor, const FeedsOptions& options)
      : options_(options),
        match_(options.feeds.size()),
        feeds_(options.feeds.size()),
        all_(reactor),
        timer_(reactor.executor()) {
    for (std::size_t i = 0; i < feeds_.size(); ++i) {
      figures_.feeds.emplace_back().name = options.feeds[i].name;
      const Participant::Take taken = [this, i](const Batch& batch) { take(i, batch); };
      const EndUse use{.read = true, .write = false};
      feeds_[i].end = &all_.add(make_remote_end(reactor, options.feeds[i], use), use, taken);
    }
  }

  asio::awaitable<Result<void>> run();
  asio::awaitable<void> end() { return all_.end(); }
  FeedsFigures figures();

 private:
  struct Feed {
    Participant* end = nullptr;
    std::optional<SteadyTime> last;
  };

  void take(std::size_t number, const Batch& batch);
  void compare(std::size_t number, const Message& message, SteadyTime at);
  asio::awaitable<void> wait(SteadyTime until);

  const FeedsOptions& options_;
  FeedMatch match_;
  JsonPicker picker_;
  std::vector<PickedValue> picked_;
  std::vector<Feed> feeds_;
  Participants all_;
  asio::steady_timer timer_;
  std::optional<SteadyTime> begin_;
  FeedsFigures figures_;
};

void Watch::take(std::size_t number, const Batch& batch) {
  if (!begin_) return;
  const SteadyTime at = now();
  FeedFigures& figures = figures_.feeds[number];
  for (const MessagePtr& message : batch) {
    if (message->gap) {
      ++figures.gaps;
      figures.missed += message->gap->missed.value_or(0);
      continue;
    }
    ++figures.messages;
    figures.bytes += message->payload.size();
    std::optional<SteadyTime>& last = feeds_[number].last;
    if (last)
      figures.longest_silence = std::max(figures.longest_silence.value_or(0),
                                         std::chrono::duration<double>(at - *last).count());
    last = at;
    compare(number, *message, at);
  }
}

void Watch::compare(std::size_t number, const Message& message, SteadyTime at) {
  if (!options_.same_by) return match_.came(number, message.payload, at);
  picked_.clear();
  if (!picker_.pick(message.payload, *options_.same_by, picked_) || picked_.empty()) {
    ++figures_.keyless;
    return;
  }
  std::string key;
  for (const PickedValue& value : picked_) key += value.json + "\n";
  match_.came(number, key, at);
}

asio::awaitable<void> Watch::wait(SteadyTime until) {
  timer_.expires_at(until);
  asio::error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<Result<void>> Watch::run() {
  if (options_.same_by) {
    Result<void> ready = picker_.prepare();
    if (!ready) co_return ready;
  }
  while (!all_.all_open()) {
    if (all_.failed()) co_return *all_.failed();
    co_await wait(now() + kLook);
  }
  begin_ = now();
  const SteadyTime until = *begin_ + options_.time;
  const auto any = [&] {
    return std::any_of(feeds_.begin(), feeds_.end(),
                       [](const Feed& feed) { return !feed.end->failed(); });
  };
  while (now() < until && any()) co_await wait(std::min(until, now() + 100ms));
  co_return Result<void>();
}

FeedsFigures Watch::figures() {
  figures_.seconds = begin_ ? std::chrono::duration<double>(now() - *begin_).count() : 0;
  const std::vector<FeedLead> leads = match_.leads();
  for (std::size_t i = 0; i < feeds_.size(); ++i) {
    FeedFigures& figures = figures_.feeds[i];
    figures.lead = leads[i];
    figures.reconnects = feeds_[i].end->status().reconnects;
    if (feeds_[i].end->failed()) figures.ended = feeds_[i].end->failed()->text();
  }
  figures_.shared = match_.shared();
  figures_.repeated = match_.repeated();
  return std::move(figures_);
}

}  // namespace

std::string feeds_plan(const FeedsOptions& options) {
  std::string text = "watch for " + seconds_text(options.time.count()) + ":";
  for (const EndOptions& feed : options.feeds) text += " " + feed.name;
  return text + "\n";
}

// An interruption ends it early, and what was seen until then is shown.
asio::awaitable<Result<void>> compare_feeds(Reactor& reactor, Shutdown& shutdown,
                                            FeedsOptions options) {
  Watch watch(reactor, options);
  auto done = co_await (watch.run() || shutdown.wait());
  const FeedsFigures figures = watch.figures();
  co_await watch.end();
  if (done.index() == 0 && !std::get<0>(done)) co_return std::get<0>(done).error();
  if (figures.seconds <= 0) co_return Result<void>();
  std::string text = std::to_string(figures.feeds.size()) +
                     (figures.feeds.size() == 1 ? " feed" : " feeds at the same time") + ", for " +
                     seconds_text(static_cast<std::int64_t>(figures.seconds * 1000)) + "\n" +
                     feeds_table(figures);
  Result<void> printed = print(text);
  if (printed && options.json) printed = options.json->write(feeds_json(figures));
  co_return printed;
}

}  // namespace rt
