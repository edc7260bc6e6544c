#include "app/relay.hpp"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>
#include <utility>

#include "app/relay_losses.hpp"
#include "app/relay_parts.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "engine/dedupe.hpp"
#include "engine/known_messages.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;
using namespace relay_parts;

constexpr std::size_t kMostAhead = 1u << 20;   // bytes of one source that are on their way
constexpr std::size_t kMostJobs = 16;          // batches of one source
constexpr std::size_t kMostGathered = 16'384;  // where a sink would have many at once
constexpr std::size_t kMostSettling = 1024;  // where none is waited for before the next is written
constexpr std::size_t kSlice = 16;           // messages that are committed together then
constexpr std::size_t kOverhead = 128;       // of a message, beside its payload
constexpr Milliseconds kSettleTime = 5s;     // for what was read, at an end of itself

std::size_t size_of(const Batch& batch) {
  std::size_t bytes = 0;
  for (const MessagePtr& message : batch) bytes += message->payload.size() + kOverhead;
  return bytes;
}

constexpr std::string_view kLost = "messages were lost";
constexpr std::string_view kUnnamed = "dropped, because their new names are no channels";
constexpr std::string_view kReturned =
    "dropped, because they had been passed on from here (a command that answers leaves \"via\" "
    "out)";
constexpr std::string_view kKnown = "have come before and are not passed on again";
constexpr std::string_view kCircling = "dropped, because they have passed too many relays";

}  // namespace

struct Relay::State {
  State(Reactor& loop, Shutdown& end, RelayRules how)
      : reactor(loop),
        shutdown(end),
        rules(std::move(how)),
        dedupe(rules.relay_id),
        known(rules.hash),
        changed(loop.executor()) {}

  // --- what a message must pass
  // Leaves in the batch what passes; gives how many were looked at before the count was reached.
  std::size_t select(Batch& batch, Reading& reading) {
    std::size_t kept = 0;
    std::size_t seen = 0;
    while (seen < batch.size() && !counted()) {
      MessagePtr chosen = choose(std::move(batch[seen++]), reading);
      if (!chosen) continue;
      batch[kept++] = std::move(chosen);
      ++passed;
    }
    batch.resize(kept);
    reading.path->figures.lag += kept;
    reading.lag += kept;
    return seen;
  }
  bool counted() const { return rules.count && passed >= *rules.count; }

  MessagePtr choose(MessagePtr message, Reading& reading) {
    Path& path = *reading.path;
    if (message->gap) {
      lose(reading, reading.lost, kLost, message->gap->missed);
      return nullptr;
    }
    const Dedupe::Verdict verdict = dedupe.judge(*message);
    if (verdict == Dedupe::Verdict::own) {
      ++path.figures.dropped;
      if (reading.from.local) reading.returned.add(reading.from.name, kReturned, 1);
      return nullptr;
    }
    if (verdict == Dedupe::Verdict::too_far) {
      ++path.figures.dropped;
      reading.circling.add(reading.from.name, kCircling, 1);
      return nullptr;
    }
    if (!reading.from.allow_doubles && known.knows(*message)) {
      reading.known.add_quietly(1);
      return nullptr;
    }
    const Route::Answer* answer = nullptr;
    if (!path.route.trivial()) {
      answer = &path.route.of(message->channel);
      if (answer->verdict == Route::Verdict::filtered) return nullptr;
      if (answer->verdict == Route::Verdict::invalid) {
        lose(reading, reading.unnamed, kUnnamed, 1);
        return nullptr;
      }
    }
    if (path.payload_only) return message;
    // Who alone has it may change it; all are made as messages that are not const.
    const std::shared_ptr<Message> marked = message.use_count() == 1
                                                ? std::const_pointer_cast<Message>(message)
                                                : std::make_shared<Message>(*message);
    dedupe.mark(*marked);
    if (answer != nullptr) marked->channel = answer->channel;
    if (marked->content_type.empty()) marked->content_type = rules.content_type;
    return marked;
  }

  void lose(Reading& reading, Losses& kind, std::string_view what,
            std::optional<std::uint64_t> number) {
    lost += number.value_or(1);
    reading.path->figures.dropped += number.value_or(1);
    kind.add(reading.from.name, what, number);
  }

  // --- out of the sources
  asio::awaitable<void> pump(Reading& reading) {
    Source& source = reading.buffer ? static_cast<Source&>(*reading.buffer) : *reading.from.source;
    while (!counted()) {
      Result<Batch> batch = co_await source.read();
      if (!batch) {
        if (!source_failed) source_failed = batch.error();
        end();
        co_return;
      }
      if (batch->empty()) break;
      const std::size_t all = batch->size();
      const std::size_t seen = select(*batch, reading);
      reading.taken += all;  // what was not looked at is never done
      if (!batch->empty() || reading.from.source->commits()) send(reading, std::move(*batch), seen);
      const std::size_t most = most_jobs(*reading.path);
      while (reading.bytes > kMostAhead || reading.jobs > most) co_await changed.wait();
      if (counted()) end();
    }
    if (paths.size() > 1) co_await end_two_way(reading);
  }

  static std::size_t most_jobs(const Path& path) {
    if (path.gathers) return kMostGathered;
    const auto tells = [](const Writing& writing) { return writing.tells_progress(); };
    const auto& all = path.writings;
    return std::all_of(all.begin(), all.end(), tells) ? kMostSettling : kMostJobs;
  }

  // One side of a two-way relay has ended: so has the relay.
  asio::awaitable<void> end_two_way(Reading& reading) {
    while (reading.jobs > 0) co_await changed.wait();
    if (reading.from.local && !ended) {
      asio::steady_timer timer(reactor.executor(), rules.linger);
      co_await timer.async_wait(asio::use_awaitable);
    }
    end();
  }

  asio::awaitable<void> run_reading(Reading& reading) {
    if (!reading.from.buffer) {
      co_await pump(reading);
      co_return;
    }
    reading.buffer.emplace(reactor, *reading.from.source, *reading.from.buffer);
    // The buffer's reader may wait for room that nobody makes any more.
    (void)co_await (pump(reading) || fill_forever(*reading.buffer));
  }
  asio::awaitable<void> fill_forever(RelayBuffer& buffer) {
    co_await buffer.fill();
    for (;;) co_await changed.wait();
  }

  asio::awaitable<void> run_readings(std::size_t first) {
    if (first + 1 >= all_readings.size()) {
      co_await run_reading(*all_readings[first]);
      co_return;
    }
    co_await (run_reading(*all_readings[first]) && run_readings(first + 1));
  }

  void send(Reading& reading, Batch batch, std::size_t taken) {
    auto job = std::make_shared<Job>();
    job->reading = &reading;
    job->taken = taken;
    job->bytes = size_of(batch);
    job->batch = std::move(batch);
    job->finish = reading.from.source->commits();
    ++reading.jobs;
    reading.bytes += job->bytes;
    give(*reading.path, job);
  }

  void give(Path& path, const std::shared_ptr<Job>& job) {
    job->remaining = path.writings.size();
    for (Writing& writing : path.writings) {
      writing.queue.push_back(job);
      writing.wake.notify_all();
    }
  }

  void done(Job& job) {
    if (count_done(job)) commit(*job.reading);
    changed.notify_all();
  }
  // True: there is something to be committed.
  bool count_done(Job& job) {
    if (--job.remaining > 0) return false;
    if (job.reading == nullptr) {
      --finishing;
      return false;
    }
    Reading& reading = *job.reading;
    --reading.jobs;
    reading.bytes -= job.bytes;
    RelayFigures& figures = reading.path->figures;
    figures.messages += job.batch.size();
    figures.bytes += job.bytes - kOverhead * job.batch.size();
    if (!figures.first && !job.batch.empty()) figures.first = std::chrono::steady_clock::now();
    figures.lag -= job.batch.size();
    reading.lag -= job.batch.size();
    reading.taken -= job.taken - job.settled;
    return job.finish;
  }
  // Each sink takes the jobs of a reading in their order: those before this one are done, too.
  static void commit(Reading& reading) { reading.from.source->commit(reading.taken); }

  // --- into the sinks
  // Until there is as much as it would have at once, or the time for it has passed.
  asio::awaitable<void> gather(Writing& writing) {
    const SteadyTime until = std::chrono::steady_clock::now() + writing.to.gather_time;
    for (;;) {
      std::size_t messages = 0;
      std::size_t bytes = 0;
      for (const auto& job : writing.queue) {
        messages += job->batch.size();
        bytes += job->bytes;
      }
      const bool last = writing.queue.back()->reading == nullptr;
      if (last || ended || messages >= writing.to.gather || bytes >= kMostAhead) co_return;
      if (std::chrono::steady_clock::now() >= until) co_return;
      (void)co_await writing.wake.wait_until(until);
    }
  }

  asio::awaitable<void> feed(Writing& writing) {
    const bool on = writing.tells_progress();
    for (;;) {
      while (writing.queue.empty()) co_await writing.wake.wait();
      if (writing.to.gather > 1) co_await gather(writing);
      Result<void> result;
      if (on)
        result = co_await write_on(writing);
      else
        result = co_await write_together(writing);
      if (!result) {
        fail(result.error());
        co_return;
      }
    }
  }

  // What has piled up leaves together, and is waited for.
  asio::awaitable<Result<void>> write_together(Writing& writing) {
    std::vector<std::shared_ptr<Job>> jobs;
    bool drain = false;
    bool finish = false;
    std::size_t bytes = 0;
    while (!writing.queue.empty() && bytes < kMostAhead) {
      jobs.push_back(std::move(writing.queue.front()));
      writing.queue.pop_front();
      bytes += jobs.back()->bytes;
      drain = drain || jobs.back()->finish;
      finish = finish || jobs.back()->reading == nullptr;
    }
    Batch together;
    if (jobs.size() > 1)
      for (const auto& job : jobs)
        together.insert(together.end(), job->batch.begin(), job->batch.end());
    const Batch& batch = jobs.size() > 1 ? together : jobs.front()->batch;
    Result<void> result;
    if (!batch.empty()) result = co_await writing.to.sink->write(batch);
    if (result && finish)
      result = co_await writing.to.sink->finish();
    else if (result && drain)
      result = co_await writing.to.sink->drain();
    if (result && has_dead_letters()) result = co_await rules.dead_letters->deliver();
    if (result)
      for (const auto& job : jobs) done(*job);
    co_return result;
  }
  bool has_dead_letters() const {
    return rules.dead_letters != nullptr && rules.dead_letters->waiting();
  }

  // A sink that tells how far it is is not waited for: its window would run empty each time.
  asio::awaitable<Result<void>> write_on(Writing& writing) {
    Sink& sink = *writing.to.sink;
    const std::shared_ptr<Job> job = std::move(writing.queue.front());
    writing.queue.pop_front();
    Messages rest = job->batch;
    Result<void> result;
    do {
      const Messages slice = rest.first(std::min(rest.size(), job->finish ? kSlice : rest.size()));
      rest = rest.subspan(slice.size());
      if (!slice.empty()) result = co_await sink.write(slice);
      if (result && job->reading == nullptr) result = co_await sink.finish();
      if (!result) break;
      const std::uint64_t number = job->finish ? sink.progress()->written : 0;
      writing.slices.push_back({number, job, slice.size(), rest.empty()});
      writing.taken.notify_all();
    } while (!rest.empty());
    co_return result;
  }

  // Commits what such a sink has.
  asio::awaitable<void> settle(Writing& writing) {
    if (!writing.tells_progress()) co_return;
    Sink& sink = *writing.to.sink;
    std::deque<Slice>& slices = writing.slices;
    for (;;) {
      while (slices.empty()) co_await writing.taken.wait();
      Result<void> result;
      if (slices.front().number > 0) result = co_await sink.settle(slices.front().number);
      const std::uint64_t settled = sink.progress()->settled;
      // What is taken meanwhile may have dead letters of its own.
      std::size_t most = slices.size();
      if (result && has_dead_letters()) result = co_await rules.dead_letters->deliver();
      if (!result) {
        fail(result.error());
        co_return;
      }
      Reading* of = nullptr;
      for (; most > 0 && slices.front().number <= settled; --most, slices.pop_front()) {
        const Slice& slice = slices.front();
        if (of != nullptr && of != slice.job->reading) commit(*std::exchange(of, nullptr));
        if (slice.last ? count_done(*slice.job) : count_part(slice)) of = slice.job->reading;
      }
      if (of != nullptr) commit(*of);
      changed.notify_all();
    }
  }

  // A long batch is committed part by part: what comes twice after a crash is not all of it.
  bool count_part(const Slice& slice) {
    Job& job = *slice.job;
    const bool plain = job.taken == job.batch.size() && job.reading->path->writings.size() == 1;
    if (!plain) return false;
    job.settled += slice.messages;
    job.reading->taken -= slice.messages;
    return true;
  }

  asio::awaitable<void> run_writings(std::size_t first) {
    if (first + 1 >= all_writings.size()) {
      co_await (feed(*all_writings[first]) && settle(*all_writings[first]));
      co_return;
    }
    co_await (feed(*all_writings[first]) && settle(*all_writings[first]) &&
              run_writings(first + 1));
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
    const bool asked_for = shutdown.requested();
    asio::steady_timer timer(reactor.executor());
    timer.expires_after(kSettleTime);
    if (asked_for) timer.expires_at(shutdown.patience_ends());
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
    asio::steady_timer timer(reactor.executor(), deadline.value_or(SteadyTime::max()));
    const auto why = co_await (run_readings(0) || wait_for_end() || shutdown.wait() ||
                               timer.async_wait(asio::use_awaitable));
    late = why.index() == 3;
    if (failed) co_return count_left();
    const auto how = co_await (finish_sinks() || wait_for_failure() || settle_time());
    if (how.index() == 2) tell_unfinished();
    if (how.index() == 1) count_left();
  }

  void tell_unfinished() {
    for (const Path& path : paths)
      if (path.figures.lag > 0) tell_not_passed_on(path.figures.lag);
    // A source that is told when a message is safe has kept the others.
    for (const Reading* const reading : all_readings)
      if (!reading->from.source->commits()) lost += reading->lag;
  }

  // What was read ahead of a source that cannot give it again is gone with its buffer.
  void tell_buffered() {
    if (!failed && !shutdown.requested()) return;
    for (Reading* const reading : all_readings) {
      const std::uint64_t number = reading->buffer ? reading->buffer->left() : 0;
      if (number > 0) lose(*reading, reading->lost, kLost, number);
    }
  }

  void count_left() {
    for (const Reading* const reading : all_readings)
      if (!reading->from.source->commits()) left += reading->lag;
  }

  void tell_losses() {
    for (Reading* const reading : all_readings) {
      reading->lost.tell(reading->from.name, kLost);
      reading->unnamed.tell(reading->from.name, kUnnamed);
      reading->circling.tell(reading->from.name, kCircling);
      reading->returned.tell(reading->from.name, kReturned);
      reading->known.tell_quietly(reading->from.name, kKnown);
    }
  }

  Reactor& reactor;
  Shutdown& shutdown;
  RelayRules rules;
  Dedupe dedupe;
  KnownMessages known;
  Notifier changed;
  std::deque<Path> paths;
  std::vector<Reading*> all_readings;
  std::vector<Writing*> all_writings;
  std::optional<Error> failed;         // a sink: nothing more can be written
  std::optional<Error> source_failed;  // what it had given is still written
  bool ended = false;
  bool late = false;
  std::size_t finishing = 0;  // paths whose sinks are told to finish
  std::uint64_t passed = 0;
  std::uint64_t lost = 0;
  std::uint64_t left = 0;
};

Relay::Relay(Reactor& reactor, Shutdown& shutdown, std::vector<RelayPath> paths, RelayRules rules)
    : state_(std::make_unique<State>(reactor, shutdown, std::move(rules))) {
  for (RelayPath& given : paths) {
    Path& path = state_->paths.emplace_back();
    path.route = std::move(given.route);
    for (const RelayTo& to : given.to) {
      path.payload_only = path.payload_only && to.payload_only;
      path.gathers = path.gathers || to.gather > 1;
      state_->all_writings.push_back(&path.writings.emplace_back(reactor, to));
    }
    for (RelayFrom& from : given.from) {
      Reading& reading = path.readings.emplace_back();
      reading.from = std::move(from);
      reading.path = &path;
      state_->all_readings.push_back(&reading);
    }
  }
}

Relay::~Relay() = default;

asio::awaitable<Result<void>> Relay::run(std::optional<SteadyTime> deadline) {
  (void)co_await (state_->control(deadline) || state_->run_writings(0));
  state_->tell_buffered();
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
std::uint64_t Relay::left() const {
  return state_->left;
}

std::vector<RelayFigures> Relay::figures() const {
  std::vector<RelayFigures> all;
  for (const Path& path : state_->paths) all.push_back(path.figures);
  return all;
}

}  // namespace rt
