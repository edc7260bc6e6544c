#include "app/compare/round.hpp"

#include <algorithm>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "app/compare/ends.hpp"
#include "app/compare/server.hpp"
#include "io/loop/notifier.hpp"
#include "io/net/impaired_proxy.hpp"
#include "io/process/process_figures.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr Milliseconds kPatience = 20s;            // until each reader has had a message
constexpr std::chrono::nanoseconds kOnTime = 2ms;  // no message that leaves so late is behind
constexpr double kMostBehind = 0.01;               // a part of all messages

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

struct Reader {
  explicit Reader(std::uint32_t count) : tally(count) {}

  std::unique_ptr<RemoteEnd> end;
  ReaderTally tally;
  bool warm = false;
  std::optional<SteadyTime> back;  // the first message after the cut
};

struct Publisher {
  explicit Publisher(Reactor& reactor) : changed(reactor.executor()) {}

  std::unique_ptr<RemoteEnd> end;
  Batch waiting;
  bool busy = false;
  Notifier changed;
};

class Round {
 public:
  Round(Reactor& reactor, const CompareOptions& options, ComparedWay way)
      : reactor_(reactor),
        options_(options),
        way_(way),
        server_(reactor),
        timer_(reactor.executor()),
        changed_(reactor.executor()) {}

  asio::awaitable<Result<RoundFigures>> run();
  // Ends all that goes on. Completes when nothing does.
  asio::awaitable<void> end();

 private:
  struct Marks {
    ImpairedProxy::Counts counts;
    std::optional<ProcessFigures> server;
  };

  void begin(asio::awaitable<void> work);
  asio::awaitable<void> read(Reader& reader);
  asio::awaitable<void> publish(Publisher& publisher);
  void take(Reader& reader, const Message& message, SteadyTime at);
  void send(std::size_t publisher, std::uint32_t number);
  asio::awaitable<Result<void>> connect();
  asio::awaitable<Result<void>> warm_up();
  asio::awaitable<void> send_all();
  asio::awaitable<void> await_rest();
  asio::awaitable<void> sleep_until(SteadyTime time);
  Milliseconds grace() const;
  Marks marks() const;
  bool was_behind() const;
  std::size_t timeline_part(std::uint32_t number) const;
  RoundFigures figures(const Marks& from, const Marks& to);

  Reactor& reactor_;
  const CompareOptions& options_;
  const ComparedWay way_;
  ComparedServer server_;
  std::optional<ImpairedProxy> proxy_;
  std::deque<Reader> readers_;
  std::deque<Publisher> publishers_;
  std::deque<asio::cancellation_signal> signals_;
  std::size_t going_ = 0;
  std::optional<Error> failed_;
  bool ending_ = false;
  asio::steady_timer timer_;
  Notifier changed_;
  SteadyTime begin_{};
  std::optional<SteadyTime> cut_ends_;
  std::optional<std::uint64_t> memory_before_;
  std::vector<SteadyTime::duration> delays_;  // of messages, until they were sent
  RoundFigures figures_;
};

void Round::begin(asio::awaitable<void> work) {
  ++going_;
  asio::co_spawn(reactor_.executor(), std::move(work),
                 asio::bind_cancellation_slot(signals_.emplace_back().slot(),
                                              [this](const std::exception_ptr&) {
                                                --going_;
                                                changed_.notify_all();
                                              }));
}

asio::awaitable<void> Round::sleep_until(SteadyTime time) {
  timer_.expires_at(time);
  asio::error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Round::take(Reader& reader, const Message& message, SteadyTime at) {
  const auto number = ComparedLoad::number_of(message.payload);
  if (message.gap || !number) return;
  reader.warm = true;
  if (begin_ == SteadyTime() || *number == ComparedLoad::kNoNumber) return;
  if (cut_ends_ && !reader.back && at >= *cut_ends_) reader.back = at;
  const auto latency = reader.tally.came(options_.load, *number, at - begin_);
  if (!latency) return;
  figures_.latency.add(*latency);
  if (*latency > options_.late) ++figures_.late;
  if (figures_.timeline.empty()) return;  // the figures have been taken
  TimelinePart& part = figures_.timeline[timeline_part(*number)];
  ++part.delivered;
  part.longest = std::max(part.longest, *latency);
}

// Equal numbers of messages lie in each, as good as it goes.
std::size_t Round::timeline_part(std::uint32_t number) const {
  const std::uint64_t parts = figures_.timeline.size();
  return static_cast<std::size_t>(number * parts / options_.load.count());
}

asio::awaitable<void> Round::read(Reader& reader) {
  Result<void> open = co_await reader.end->down()->connect();
  while (open) {
    Result<Batch> batch = co_await reader.end->source().read();
    const SteadyTime at = now();
    if (!batch) open = batch.error();
    if (!batch || batch->empty()) break;
    for (const MessagePtr& message : *batch) take(reader, *message, at);
    if (reader.end->source().commits()) reader.end->source().commit();
  }
  if (ending_ || failed_) co_return;
  failed_ =
      open ? Error(Fault::closed, "the server has ended a reader's connection") : open.error();
}

asio::awaitable<void> Round::publish(Publisher& publisher) {
  Result<void> done = co_await publisher.end->up()->connect();
  while (done) {
    while (publisher.waiting.empty()) co_await publisher.changed.wait();
    const Batch batch = std::exchange(publisher.waiting, {});
    done = co_await publisher.end->sink().write(batch);
  }
  if (!ending_ && !failed_) failed_ = done.error();
}

void Round::send(std::size_t publisher, std::uint32_t number) {
  auto message = std::make_shared<Message>();
  message->payload = options_.load.payload(number);
  message->time = wall_now();
  publishers_[publisher].waiting.push_back(std::move(message));
  publishers_[publisher].changed.notify_all();
}

Round::Marks Round::marks() const {
  return {proxy_->counts(), process_figures(server_.process())};
}

asio::awaitable<Result<void>> Round::connect() {
  Result<void> started;
  if (is_mqtt(way_))
    started = co_await server_.start_broker();
  else
    started = co_await server_.start_hub(options_.program);
  if (!started) co_return started;
  proxy_.emplace(reactor_, ImpairedProxy::Options{.port = server_.port(),
                                                  .network = options_.network,
                                                  .seed = static_cast<std::uint64_t>(way_) + 1});
  if (Result<void> open = proxy_->open(); !open) co_return open;
  for (std::size_t i = 0; i < options_.publishers; ++i) {
    Publisher& publisher = publishers_.emplace_back(reactor_);
    publisher.end = compared_publisher(reactor_, way_, server_.port());
    begin(publish(publisher));
  }
  // What its own start takes is not the readers'.
  send(0, ComparedLoad::kNoNumber);
  co_await sleep_until(now() + 100ms);
  if (const auto before = process_figures(server_.process())) memory_before_ = before->resident;
  for (std::size_t i = 0; i < options_.readers; ++i) {
    Reader& reader = readers_.emplace_back(options_.load.count());
    reader.end = compared_reader(reactor_, options_, way_, proxy_->port(), i);
    begin(read(reader));
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> Round::warm_up() {
  const SteadyTime until = now() + kPatience + 10 * options_.network.rtt + 2 * options_.poll_every;
  const auto warm = [&] {
    return std::all_of(readers_.begin(), readers_.end(),
                       [](const Reader& reader) { return reader.warm; });
  };
  while (!warm()) {
    if (failed_) co_return *failed_;
    if (now() > until)
      co_return Error(Fault::timeout,
                      "a reader had no message within " + seconds_text(kPatience.count()));
    for (std::size_t i = 0; i < publishers_.size(); ++i) send(i, ComparedLoad::kNoNumber);
    co_await sleep_until(now() + 50ms);
  }
  co_await sleep_until(
      now() + 100ms +
      std::chrono::duration_cast<Milliseconds>(2 * options_.network.rtt + options_.network.jitter));
  co_return Result<void>();
}

asio::awaitable<void> Round::send_all() {
  const auto& cut = options_.cut;
  bool cut_done = !cut;
  figures_.timeline.resize(std::min(kTimelineParts, options_.load.count()));
  begin_ = now() + 20ms;
  for (std::uint32_t number = 0; number < options_.load.count() && !failed_; ++number) {
    const SteadyTime due = begin_ + options_.load.due(number);
    if (!cut_done && due >= begin_ + cut->first) {
      cut_done = true;
      co_await sleep_until(begin_ + cut->first);
      proxy_->cut(cut->second);
      cut_ends_ = now() + cut->second;
    }
    if (due > now()) co_await sleep_until(due);
    delays_.push_back(now() - due);
    send(number % publishers_.size(), number);
    ++figures_.sent;
    TimelinePart& part = figures_.timeline[timeline_part(number)];
    if (part.expected == 0)
      part.from = std::chrono::duration<double>(options_.load.due(number)).count();
    part.expected += readers_.size();
  }
}

Milliseconds Round::grace() const {
  Milliseconds out = 500ms + std::chrono::duration_cast<Milliseconds>(4 * options_.network.rtt);
  if (way_ == ComparedWay::poll || way_ == ComparedWay::poll_cursor) out += options_.poll_every;
  if (options_.cut) out += options_.cut->second + 5s;
  return std::max(out, options_.late);
}

asio::awaitable<void> Round::await_rest() {
  const auto all = [&] {
    return std::all_of(readers_.begin(), readers_.end(), [&](const Reader& reader) {
      return reader.tally.delivered() == options_.load.count();
    });
  };
  const SteadyTime until = now() + grace();
  while (!all() && !failed_ && now() < until) co_await sleep_until(now() + 10ms);
}

// What left late matters as far as it shows in what is measured. One may always be.
bool Round::was_behind() const {
  const auto matters = std::max(kOnTime, figures_.latency.percentile(0.99) / 10);
  const auto late = std::count_if(delays_.begin(), delays_.end(),
                                  [&](SteadyTime::duration delay) { return delay > matters; });
  return static_cast<double>(late) >
         std::max(1.0, kMostBehind * static_cast<double>(delays_.size()));
}

RoundFigures Round::figures(const Marks& from, const Marks& to) {
  RoundFigures& out = figures_;
  out.expected = out.sent * readers_.size();
  std::vector<double> back;
  for (const Reader& reader : readers_) {
    out.delivered += reader.tally.delivered();
    out.doubled += reader.tally.doubled();
    out.disordered += reader.tally.disordered();
    if (reader.back)
      back.push_back(std::chrono::duration<double>(*reader.back - *cut_ends_).count());
  }
  out.down_bytes = to.counts.down.bytes - from.counts.down.bytes;
  out.up_bytes = to.counts.up.bytes - from.counts.up.bytes;
  out.down_writes = to.counts.down.writes - from.counts.down.writes;
  out.connections = to.counts.connections;
  if (from.server && to.server) {
    out.cpu_microseconds =
        std::chrono::duration<double, std::micro>(to.server->cpu - from.server->cpu).count();
    if (memory_before_ && to.server->resident >= *memory_before_)
      out.memory_bytes = static_cast<double>(to.server->resident - *memory_before_) /
                         static_cast<double>(readers_.size());
  }
  if (!back.empty()) {
    std::sort(back.begin(), back.end());
    out.back_seconds = back[back.size() / 2];
  }
  out.behind = was_behind();
  return std::move(figures_);
}

asio::awaitable<Result<RoundFigures>> Round::run() {
  Result<void> connected = co_await connect();
  if (connected) connected = co_await warm_up();
  if (!connected) co_return connected.error();
  const Marks from = marks();
  co_await send_all();
  co_await await_rest();
  if (failed_) co_return *failed_;
  const Marks to = marks();
  co_return figures(from, to);
}

asio::awaitable<void> Round::end() {
  ending_ = true;
  for (asio::cancellation_signal& signal : signals_) signal.emit(asio::cancellation_type::terminal);
  while (going_ > 0) co_await changed_.wait();
  readers_.clear();
  publishers_.clear();
  proxy_.reset();
  co_await server_.stop();
}

}  // namespace

asio::awaitable<Result<RoundFigures>> compare_round(Reactor& reactor, Shutdown& shutdown,
                                                    const CompareOptions& options,
                                                    ComparedWay way) {
  Round round(reactor, options, way);
  auto done = co_await (round.run() || shutdown.wait());
  co_await round.end();
  if (done.index() == 1) co_return Error(Fault::other, "interrupted");
  co_return std::get<0>(std::move(done));
}

}  // namespace rt
