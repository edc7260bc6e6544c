#include "app/relay.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>
#include <utility>

#include "app/relay_buffer.hpp"
#include "app/relay_losses.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "engine/dedupe.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t kMostAhead = 1u << 20;  // bytes of one source that are on their way
constexpr std::size_t kMostJobs = 16;         // batches of one source
constexpr std::size_t kOverhead = 128;        // of a message, beside its payload
constexpr Milliseconds kSettleTime = 5s;      // for what was read, when told to end

std::size_t size_of(const Batch& batch) {
  std::size_t bytes = 0;
  for (const MessagePtr& message : batch) bytes += message->payload.size() + kOverhead;
  return bytes;
}

constexpr std::string_view kLost = "messages were lost";
constexpr std::string_view kUnnamed = "dropped, because their new names are no channels";
constexpr std::string_view kCircling = "dropped, because they have passed too many relays";

struct Path;

// One source on its way to the sinks.
struct Lane {
  RelayFrom from;
  Path* path = nullptr;
  std::optional<RelayBuffer> buffer;
  std::size_t jobs = 0;  // under way
  std::size_t bytes = 0;
  std::size_t taken = 0;  // messages of the source that are not done, those that were dropped too
  Losses lost;
  Losses unnamed;
  Losses circling;
};

// A batch on its way to every sink.
struct Job {
  Lane* lane = nullptr;  // none: only to finish the sinks
  Batch batch;
  std::size_t bytes = 0;
  std::size_t taken = 0;  // messages that the source gave for it
  bool finish = false;    // the sink is to say that it has arrived, not only that it is accepted
  std::size_t remaining = 0;
};

struct Feeder {
  Feeder(Reactor& reactor, RelayTo sink) : to(std::move(sink)), wake(reactor.executor()) {}
  RelayTo to;
  Notifier wake;
  std::deque<std::shared_ptr<Job>> queue;
};

struct Path {
  Route route;
  bool payload_only = true;
  std::deque<Lane> lanes;
  std::deque<Feeder> feeders;
  RelayFigures figures;
};

}  // namespace

struct Relay::State {
  State(Reactor& loop, Shutdown& end, RelayRules how)
      : reactor(loop),
        shutdown(end),
        rules(std::move(how)),
        dedupe(rules.relay_id),
        changed(loop.executor()) {}

  // --- what a message must pass
  // Leaves in the batch what passes; gives how many were looked at before the count was reached.
  std::size_t select(Batch& batch, Lane& lane) {
    std::size_t kept = 0;
    std::size_t seen = 0;
    while (seen < batch.size() && !counted()) {
      MessagePtr chosen = choose(std::move(batch[seen++]), lane);
      if (!chosen) continue;
      batch[kept++] = std::move(chosen);
      ++passed;
    }
    batch.resize(kept);
    lane.path->figures.lag += kept;
    return seen;
  }
  bool counted() const { return rules.count && passed >= *rules.count; }

  MessagePtr choose(MessagePtr message, Lane& lane) {
    Path& path = *lane.path;
    if (message->gap) {
      lose(lane, lane.lost, kLost, message->gap->missed);
      return nullptr;
    }
    const Dedupe::Verdict verdict = dedupe.judge(*message);
    if (verdict == Dedupe::Verdict::own) {
      ++path.figures.dropped;
      return nullptr;
    }
    if (verdict == Dedupe::Verdict::too_far) {
      ++path.figures.dropped;
      lane.circling.add(lane.from.name, kCircling, 1);
      return nullptr;
    }
    const Route::Answer* answer = nullptr;
    if (!path.route.trivial()) {
      answer = &path.route.of(message->channel);
      if (answer->verdict == Route::Verdict::filtered) return nullptr;
      if (answer->verdict == Route::Verdict::invalid) {
        lose(lane, lane.unnamed, kUnnamed, 1);
        return nullptr;
      }
    }
    if (path.payload_only) return message;
    auto marked = std::make_shared<Message>(*message);
    dedupe.mark(*marked);
    if (answer != nullptr) marked->channel = answer->channel;
    if (marked->content_type.empty()) marked->content_type = rules.content_type;
    return marked;
  }

  void lose(Lane& lane, Losses& kind, std::string_view what, std::optional<std::uint64_t> number) {
    lost += number.value_or(1);
    lane.path->figures.dropped += number.value_or(1);
    kind.add(lane.from.name, what, number);
  }

  // --- down the lanes
  asio::awaitable<void> pump(Lane& lane) {
    Source& source = lane.buffer ? static_cast<Source&>(*lane.buffer) : *lane.from.source;
    while (!counted()) {
      Result<Batch> batch = co_await source.read();
      if (!batch) {
        if (!source_failed) source_failed = batch.error();
        end();
        co_return;
      }
      if (batch->empty()) break;
      const std::size_t all = batch->size();
      const std::size_t seen = select(*batch, lane);
      lane.taken += all;  // what was not looked at is never done
      if (!batch->empty() || lane.from.source->commits()) send(lane, std::move(*batch), seen);
      while (lane.bytes > kMostAhead || lane.jobs > kMostJobs) co_await changed.wait();
      if (counted()) end();
    }
    if (paths.size() > 1) co_await end_two_way(lane);
  }

  // One side of a two-way relay has ended: so has the relay.
  asio::awaitable<void> end_two_way(Lane& lane) {
    while (lane.jobs > 0) co_await changed.wait();
    if (lane.from.local && !ended) {
      asio::steady_timer timer(reactor.context(), rules.linger);
      co_await timer.async_wait(asio::use_awaitable);
    }
    end();
  }

  asio::awaitable<void> run_lane(Lane& lane) {
    if (!lane.from.buffer) {
      co_await pump(lane);
      co_return;
    }
    lane.buffer.emplace(reactor, *lane.from.source, *lane.from.buffer);
    // The buffer's reader may wait for room that nobody makes any more.
    (void)co_await (pump(lane) || fill_forever(*lane.buffer));
  }
  asio::awaitable<void> fill_forever(RelayBuffer& buffer) {
    co_await buffer.fill();
    for (;;) co_await changed.wait();
  }

  asio::awaitable<void> run_lanes(std::size_t first) {
    if (first + 1 >= all_lanes.size()) {
      co_await run_lane(*all_lanes[first]);
      co_return;
    }
    co_await (run_lane(*all_lanes[first]) && run_lanes(first + 1));
  }

  void send(Lane& lane, Batch batch, std::size_t taken) {
    auto job = std::make_shared<Job>();
    job->lane = &lane;
    job->taken = taken;
    job->bytes = size_of(batch);
    job->batch = std::move(batch);
    job->finish = lane.from.source->commits();
    ++lane.jobs;
    lane.bytes += job->bytes;
    give(*lane.path, job);
  }

  void give(Path& path, const std::shared_ptr<Job>& job) {
    job->remaining = path.feeders.size();
    for (Feeder& feeder : path.feeders) {
      feeder.queue.push_back(job);
      feeder.wake.notify_all();
    }
  }

  void done(Job& job) {
    if (--job.remaining > 0) return;
    if (job.lane != nullptr) {
      --job.lane->jobs;
      job.lane->bytes -= job.bytes;
      RelayFigures& figures = job.lane->path->figures;
      figures.messages += job.batch.size();
      figures.bytes += job.bytes - kOverhead * job.batch.size();
      if (!figures.first && !job.batch.empty()) figures.first = std::chrono::steady_clock::now();
      figures.lag -= job.batch.size();
      job.lane->taken -= job.taken;
      // Each sink takes the jobs of a lane in their order: those before this one are done, too.
      if (job.finish) job.lane->from.source->commit(job.lane->taken);
    } else {
      --finishing;
    }
    changed.notify_all();
  }

  // --- into the sinks
  asio::awaitable<void> feed(Feeder& feeder) {
    for (;;) {
      while (feeder.queue.empty()) co_await feeder.wake.wait();
      std::vector<std::shared_ptr<Job>> jobs;
      bool finish = false;
      std::size_t bytes = 0;
      while (!feeder.queue.empty() && bytes < kMostAhead) {
        jobs.push_back(std::move(feeder.queue.front()));
        feeder.queue.pop_front();
        bytes += jobs.back()->bytes;
        const bool last = jobs.back()->lane == nullptr;
        finish = finish || (jobs.back()->finish && (last || !feeder.to.finishes_once));
      }
      // What has piled up leaves together.
      Batch together;
      if (jobs.size() > 1)
        for (const auto& job : jobs)
          together.insert(together.end(), job->batch.begin(), job->batch.end());
      const Batch& batch = jobs.size() > 1 ? together : jobs.front()->batch;
      Result<void> result;
      if (!batch.empty()) result = co_await feeder.to.sink->write(batch);
      if (result && finish) result = co_await feeder.to.sink->finish();
      if (!result) {
        fail(result.error());
        co_return;
      }
      for (const auto& job : jobs) done(*job);
    }
  }

  asio::awaitable<void> run_feeders(std::size_t first) {
    if (first + 1 >= all_feeders.size()) {
      co_await feed(*all_feeders[first]);
      co_return;
    }
    co_await (feed(*all_feeders[first]) && run_feeders(first + 1));
  }

  // --- the end
  void fail(const Error& error) {
    if (!failed) failed = error;
    end();
  }
  void end() {
    ended = true;
    changed.notify_all();
  }
  asio::awaitable<void> wait_for_end() {
    while (!ended) co_await changed.wait();
  }
  asio::awaitable<void> wait_for_failure() {
    while (!failed) co_await changed.wait();
  }
  asio::awaitable<void> settle_time() {
    if (!late && !source_failed && paths.size() == 1) co_await shutdown.wait();
    asio::steady_timer timer(reactor.context(), kSettleTime);
    co_await timer.async_wait(asio::use_awaitable);
  }

  asio::awaitable<void> finish_sinks() {
    for (Path& path : paths) {
      auto job = std::make_shared<Job>();
      job->finish = true;
      ++finishing;
      give(path, job);
    }
    while (finishing > 0) co_await changed.wait();
  }

  asio::awaitable<void> control(std::optional<SteadyTime> deadline) {
    asio::steady_timer timer(reactor.context(), deadline.value_or(SteadyTime::max()));
    const auto why = co_await (run_lanes(0) || wait_for_end() || shutdown.wait() ||
                               timer.async_wait(asio::use_awaitable));
    late = why.index() == 3;
    if (failed) co_return;
    const auto how = co_await (finish_sinks() || wait_for_failure() || settle_time());
    if (how.index() == 2) tell_unfinished();
  }

  void tell_unfinished() {
    for (const Path& path : paths)
      if (path.figures.lag > 0)
        Log::warn("ended before " + std::to_string(path.figures.lag) +
                  " messages that were read could be passed on");
  }

  void tell_losses() {
    for (Lane* const lane : all_lanes) {
      lane->lost.tell(lane->from.name, kLost);
      lane->unnamed.tell(lane->from.name, kUnnamed);
      lane->circling.tell(lane->from.name, kCircling);
    }
  }

  Reactor& reactor;
  Shutdown& shutdown;
  RelayRules rules;
  Dedupe dedupe;
  Notifier changed;
  std::deque<Path> paths;
  std::vector<Lane*> all_lanes;
  std::vector<Feeder*> all_feeders;
  std::optional<Error> failed;         // a sink: nothing more can be written
  std::optional<Error> source_failed;  // what it had given is still written
  bool ended = false;
  bool late = false;
  std::size_t finishing = 0;  // paths whose sinks are told to finish
  std::uint64_t passed = 0;
  std::uint64_t lost = 0;
};

Relay::Relay(Reactor& reactor, Shutdown& shutdown, std::vector<RelayPath> paths, RelayRules rules)
    : state_(std::make_unique<State>(reactor, shutdown, std::move(rules))) {
  for (RelayPath& given : paths) {
    Path& path = state_->paths.emplace_back();
    path.route = std::move(given.route);
    for (RelayTo& to : given.to) {
      path.payload_only = path.payload_only && to.payload_only;
      state_->all_feeders.push_back(&path.feeders.emplace_back(reactor, std::move(to)));
    }
    for (RelayFrom& from : given.from) {
      Lane& lane = path.lanes.emplace_back();
      lane.from = std::move(from);
      lane.path = &path;
      state_->all_lanes.push_back(&lane);
    }
  }
}

Relay::~Relay() = default;

asio::awaitable<Result<void>> Relay::run(std::optional<SteadyTime> deadline) {
  (void)co_await (state_->control(deadline) || state_->run_feeders(0));
  state_->tell_losses();
  if (state_->failed) co_return *state_->failed;
  if (state_->source_failed) co_return *state_->source_failed;
  co_return Result<void>();
}

std::uint64_t Relay::passed() const {
  return state_->passed;
}
bool Relay::deadline_passed() const {
  return state_->late;
}
std::uint64_t Relay::lost() const {
  return state_->lost;
}

std::vector<RelayFigures> Relay::figures() const {
  std::vector<RelayFigures> all;
  for (const Path& path : state_->paths) all.push_back(path.figures);
  return all;
}

}  // namespace rt
