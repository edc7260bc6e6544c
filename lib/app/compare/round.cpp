#include "app/compare/round.hpp"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "app/compare/ends.hpp"
#include "app/compare/overhead.hpp"
#include "app/compare/participants.hpp"
#include "app/compare/server.hpp"
#include "io/net/impaired_proxy.hpp"
#include "io/process/process_figures.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr Milliseconds kPatience = 20s;  // until each reader has had a message

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

Error no_first_message() {
  return Error(Fault::timeout, "a reader had no message within " + seconds_text(kPatience.count()));
}

struct Reader {
  explicit Reader(std::uint32_t count) : tally(count) {}

  Participant* end = nullptr;
  ReaderTally tally;
  std::optional<SteadyTime> warm;  // the first message
  std::optional<SteadyTime> back;  // the first one after the cut
};

class Round {
 public:
  Round(Reactor& reactor, const CompareOptions& options, MeasuredClient& client, ComparedWay way)
      : reactor_(reactor),
        options_(options),
        client_(client),
        way_(way),
        server_(reactor),
        all_(reactor),
        timer_(reactor.executor()) {}

  asio::awaitable<Result<RoundFigures>> run();
  // Ends all that goes on. Completes when nothing does.
  asio::awaitable<void> end();

 private:
  struct Marks {
    ImpairedProxy::Counts counts;
    std::optional<ProcessFigures> server;
    std::optional<ProcessFigures> client;
    std::uint64_t client_messages = 0;
  };

  void take(Reader& reader, const Message& message, SteadyTime at);
  void send(Participant& to, std::uint32_t number);
  void send_in_turn(std::uint32_t number);
  void send_warm_up();
  void add_reader(std::size_t number);
  asio::awaitable<Result<void>> connect();
  asio::awaitable<Result<void>> first_message();
  asio::awaitable<Result<void>> warm_up();
  asio::awaitable<void> become_quiet();
  asio::awaitable<void> send_all();
  asio::awaitable<void> await_rest();
  asio::awaitable<void> sleep_until(SteadyTime time);
  SteadyTime patience() const;
  Milliseconds grace() const;
  Marks marks() const;
  std::size_t timeline_part(std::uint32_t number) const;
  // What a message that is sent is expected at.
  std::size_t expected_of_each() const { return options_.two_way ? 1 : readers_.size(); }
  void add_cut_figures();
  void add_costs(const Marks& from, const Marks& to);
  RoundFigures figures(const Marks& from, const Marks& to);

  Reactor& reactor_;
  const CompareOptions& options_;
  MeasuredClient& client_;
  const ComparedWay way_;
  ComparedServer server_;
  std::optional<ImpairedProxy> proxy_;
  Participants all_;
  std::deque<Reader> readers_;
  std::vector<Participant*> publishers_;
  asio::steady_timer timer_;
  SteadyTime begin_{};
  std::optional<SteadyTime> cut_begins_;
  std::optional<SteadyTime> cut_ends_;
  std::optional<std::uint64_t> memory_before_;
  std::uint64_t came_ = 0;                 // at all readers, of whatever kind
  std::vector<Histogram::Length> delays_;  // of messages, until they were sent
  RoundFigures figures_;
};

asio::awaitable<void> Round::sleep_until(SteadyTime time) {
  timer_.expires_at(time);
  asio::error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void Round::take(Reader& reader, const Message& message, SteadyTime at) {
  const auto number = ComparedLoad::number_of(message.payload);
  if (message.gap || !number) return;
  ++came_;
  if (!reader.warm) reader.warm = at;
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

void Round::send(Participant& to, std::uint32_t number) {
  auto message = std::make_shared<Message>();
  message->payload = options_.load.payload(number);
  message->kind = options_.load.kind();
  message->time = wall_now();
  to.send(std::move(message));
}

void Round::send_in_turn(std::uint32_t number) {
  if (options_.two_way)
    send(*readers_[number % readers_.size()].end, number);
  else
    send(*publishers_[number % publishers_.size()], number);
}

void Round::send_warm_up() {
  for (Participant* publisher : publishers_) send(*publisher, ComparedLoad::kNoNumber);
  if (!options_.two_way) return;
  for (Reader& reader : readers_)
    if (!reader.warm) send(*reader.end, ComparedLoad::kNoNumber);
}

void Round::add_reader(std::size_t number) {
  Reader& reader = readers_.emplace_back(options_.load.count());
  const Participant::Take taken = [this, &reader](const Batch& batch) {
    const SteadyTime at = now();
    for (const MessagePtr& message : batch) take(reader, *message, at);
  };
  auto end = (options_.two_way ? compared_asker : compared_reader)(reactor_, options_, way_,
                                                                   proxy_->port(), number);
  reader.end = &all_.add(std::move(end), {.read = true, .write = options_.two_way}, taken);
}

Round::Marks Round::marks() const {
  return {proxy_->counts(), process_figures(server_.process()), process_figures(client_.process()),
          client_.messages()};
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
  // One for each reader, and for the client beside them.
  for (std::size_t i = 0; options_.two_way && i <= options_.readers; ++i)
    all_.add_echo(compared_answerer(reactor_, way_, server_.port(), i));
  for (std::size_t i = 0; !options_.two_way && i < options_.publishers; ++i)
    publishers_.push_back(&all_.add(compared_publisher(reactor_, way_, server_.port()),
                                    {.read = false, .write = true}));
  for (const SteadyTime until = patience(); !all_.all_open() && !all_.failed() && now() < until;)
    co_await sleep_until(now() + 5ms);
  // What its own start takes is not the readers'.
  send_warm_up();
  co_await sleep_until(now() + 100ms);
  if (const auto before = process_figures(server_.process())) memory_before_ = before->resident;
  Result<void> first = co_await first_message();
  if (!first) co_return first;
  client_.connect(way_, server_.port(), options_);
  for (std::size_t i = 1; i < options_.readers; ++i) add_reader(i);
  co_return Result<void>();
}

SteadyTime Round::patience() const {
  return now() + kPatience + 10 * options_.network.rtt + 2 * options_.poll_every;
}

// Of a reader alone. Messages are sent more and more seldom, so that one comes soon after it
// stands, and not too many are on their way to it then.
asio::awaitable<Result<void>> Round::first_message() {
  const SteadyTime from = now(), until = patience();
  add_reader(0);
  const Reader& reader = readers_.front();
  const auto least =
      std::max<SteadyTime::duration>(1ms, std::chrono::microseconds(options_.load.size() / 20));
  while (!reader.warm) {
    if (all_.failed()) co_return *all_.failed();
    const SteadyTime time = now();
    if (time > until) co_return no_first_message();
    send_warm_up();
    co_await sleep_until(time + std::max(least, (time - from) / 20));
  }
  figures_.first_seconds = std::chrono::duration<double>(*reader.warm - from).count();
  co_return Result<void>();
}

// Where a line has a rate, what warmed it up may take long.
asio::awaitable<void> Round::become_quiet() {
  const NetworkConditions& network = options_.network;
  Milliseconds quiet =
      100ms + std::chrono::duration_cast<Milliseconds>(2 * network.rtt + network.jitter);
  if (way_ == ComparedWay::poll || way_ == ComparedWay::poll_cursor) quiet += options_.poll_every;
  const bool queues = network.down != 0 || network.up != 0;
  const SteadyTime until = now() + 20 * quiet;
  std::uint64_t seen = 0;
  do {
    seen = came_;
    co_await sleep_until(now() + quiet);
  } while (queues && came_ != seen && now() < until);
}

asio::awaitable<Result<void>> Round::warm_up() {
  const SteadyTime until = patience();
  const std::uint64_t client_had = client_.messages();
  const auto warm = [&] {
    return client_.messages() > client_had &&
           std::all_of(readers_.begin(), readers_.end(),
                       [](const Reader& reader) { return reader.warm.has_value(); });
  };
  while (!warm()) {
    if (all_.failed()) co_return *all_.failed();
    if (now() > until) co_return no_first_message();
    send_warm_up();
    co_await sleep_until(now() + 50ms);
  }
  co_await become_quiet();
  co_return Result<void>();
}

asio::awaitable<void> Round::send_all() {
  const auto& cut = options_.cut;
  bool cut_done = !cut;
  figures_.timeline.resize(std::min(kTimelineParts, options_.load.count()));
  begin_ = now() + 20ms;
  for (std::uint32_t number = 0; number < options_.load.count() && !all_.failed(); ++number) {
    const SteadyTime due = begin_ + options_.load.due(number);
    if (!cut_done && due >= begin_ + cut->first) {
      cut_done = true;
      co_await sleep_until(begin_ + cut->first);
      proxy_->cut(cut->second);
      cut_begins_ = now();
      cut_ends_ = *cut_begins_ + cut->second;
    }
    if (due > now()) co_await sleep_until(due);
    delays_.push_back(now() - due);
    send_in_turn(number);
    ++figures_.sent;
    TimelinePart& part = figures_.timeline[timeline_part(number)];
    if (part.expected == 0)
      part.from = std::chrono::duration<double>(options_.load.due(number)).count();
    part.expected += expected_of_each();
  }
}

Milliseconds Round::grace() const {
  Milliseconds out = 500ms + std::chrono::duration_cast<Milliseconds>(4 * options_.network.rtt);
  if (way_ == ComparedWay::poll || way_ == ComparedWay::poll_cursor) out += options_.poll_every;
  if (options_.cut) out += options_.cut->second + 5s;
  return std::max(out, options_.late);
}

asio::awaitable<void> Round::await_rest() {
  const std::uint64_t expected = figures_.sent * expected_of_each();
  const SteadyTime until = now() + grace();
  while (figures_.latency.count() < expected && !all_.failed() && now() < until)
    co_await sleep_until(now() + 10ms);
}

// Of what should have left in that time. Who asks has the answers to its own requests only.
void Round::add_cut_figures() {
  if (!cut_ends_) return;
  std::vector<double> back;
  const std::size_t step = options_.two_way ? readers_.size() : 1;
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    const Reader& reader = readers_[i];
    for (std::size_t n = options_.two_way ? i : 0; n < figures_.sent; n += step) {
      const auto number = static_cast<std::uint32_t>(n);
      const SteadyTime due = begin_ + options_.load.due(number);
      if (due < *cut_begins_ || due >= *cut_ends_) continue;
      ++figures_.cut_expected;
      if (reader.tally.has(number)) ++figures_.cut_resumed;
    }
    if (reader.back)
      back.push_back(std::chrono::duration<double>(*reader.back - *cut_ends_).count());
  }
  if (back.empty()) return;
  std::sort(back.begin(), back.end());
  figures_.back_seconds = back[back.size() / 2];
}

// What the client beside the readers brings is not theirs.
void Round::add_costs(const Marks& from, const Marks& to) {
  RoundFigures& out = figures_;
  const ImpairedProxy::Direction down = to.counts.down.since(from.counts.down);
  const ImpairedProxy::Direction up = to.counts.up.since(from.counts.up);
  const auto added = static_cast<double>(to.counts.connections - from.counts.connections);
  out.down_bytes = down.bytes;
  out.up_bytes = up.bytes;
  out.down_writes = down.writes;
  out.requests = up.requests;
  out.connections = to.counts.connections;
  out.tcp_bytes = tcp_ip_bytes(down, up, added);
  out.tls_bytes = tls_bytes(down, up, added);
  if (!options_.load.is_utf8() && !carries_bytes(way_))
    out.base64_bytes = base64_bytes(static_cast<double>(options_.load.size()));
  const auto beside = static_cast<double>(to.client_messages - from.client_messages);
  const auto delivered = static_cast<double>(out.delivered);
  if (from.server && to.server) {
    const double share = delivered > 0 ? delivered / (delivered + beside) : 1;
    out.cpu_microseconds =
        share *
        std::chrono::duration<double, std::micro>(to.server->cpu - from.server->cpu).count();
    if (memory_before_ && to.server->resident >= *memory_before_)
      out.memory_bytes = static_cast<double>(to.server->resident - *memory_before_) /
                         static_cast<double>(readers_.size() + 1);
  }
  if (from.client && to.client && beside > 0)
    out.client_cpu_seconds =
        std::chrono::duration<double>(to.client->cpu - from.client->cpu).count() / beside;
}

RoundFigures Round::figures(const Marks& from, const Marks& to) {
  RoundFigures& out = figures_;
  out.expected = out.sent * expected_of_each();
  for (const Reader& reader : readers_) {
    out.delivered += reader.tally.delivered();
    out.doubled += reader.tally.doubled();
    out.disordered += reader.tally.disordered();
  }
  add_cut_figures();
  add_costs(from, to);
  out.behind = left_late(delays_, out.latency);
  return std::move(figures_);
}

asio::awaitable<Result<RoundFigures>> Round::run() {
  Result<void> connected = co_await connect();
  if (connected) connected = co_await warm_up();
  if (!connected) co_return connected.error();
  const Marks from = marks();
  co_await send_all();
  co_await await_rest();
  if (all_.failed()) co_return *all_.failed();
  const Marks to = marks();
  co_return figures(from, to);
}

asio::awaitable<void> Round::end() {
  client_.disconnect();
  co_await all_.end();
  proxy_.reset();
  co_await server_.stop();
}

}  // namespace

asio::awaitable<Result<RoundFigures>> compare_round(Reactor& reactor, Shutdown& shutdown,
                                                    const CompareOptions& options,
                                                    MeasuredClient& client, ComparedWay way) {
  Round round(reactor, options, client, way);
  auto done = co_await (round.run() || shutdown.wait());
  co_await round.end();
  if (done.index() == 1) co_return Error(Fault::other, "interrupted");
  co_return std::get<0>(std::move(done));
}

}  // namespace rt
