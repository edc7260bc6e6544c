#include "app/rpc.hpp"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>

#include "app/argument_messages.hpp"
#include "app/input_source.hpp"
#include "app/output.hpp"
#include "app/upload.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "io/loop/notifier.hpp"
#include "io/stdio/standard_streams.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

// Requests that wait, and in their order answers that wait for the one before them.
constexpr std::size_t kMostUnderWay = 1000;
constexpr std::uint64_t kToldOneByOne = 10;

class Rpc {
 public:
  Rpc(Reactor& reactor, Shutdown& shutdown, RemoteEnd& end, RpcOptions options)
      : reactor_(reactor),
        shutdown_(shutdown),
        end_(end),
        options_(std::move(options)),
        random_(Random::from_system()),
        mark_(random_.next_name("", 8)),
        output_(reactor, {client().output_fd, client().output_name, client().framing,
                          client().transport, 0}),
        changed_(reactor.executor()),
        room_(reactor.executor()) {}

  asio::awaitable<Result<void>> run() {
    if (Result<void> ready = output_.start(); !ready) co_return ready;
    output_.on_progress([this] {
      if (output_.closed()) shutdown_.request();
    });
    auto either = co_await (exchange() || shutdown_.wait());
    const bool ended = either.index() == 0;
    co_await end_.close(!ended || lost_ > 0);
    if (!ended) {
      co_await output_.come_to_rest();
      co_return Result<void>();
    }
    auto finished = co_await (output_.finish() || shutdown_.wait());
    if (finished.index() == 1) co_await output_.come_to_rest();
    if (!output_.status()) co_return output_.status();
    Result<void> result = std::get<0>(std::move(either));
    if (result && lost_ > 0) result = missing();
    co_return result;
  }

 private:
  // A request, and what has come of it.
  struct Slot {
    std::uint64_t number;  // the first is 1
    SteadyTime deadline;
    bool waits = true;
    MessagePtr answer = nullptr;
  };

  const ClientOptions& client() const { return options_.client; }

  asio::awaitable<Result<void>> exchange() {
    if (Result<void> open = co_await end_.down()->connect(); !open) co_return open;
    auto either = co_await (send_all() || receive() || watch());
    if (either.index() == 0) co_return std::get<0>(std::move(either));
    if (either.index() == 1) co_return std::get<1>(std::move(either));
    co_return Result<void>();
  }

  // --- requests
  asio::awaitable<Result<void>> send_all() {
    Result<void> sent;
    if (!client().messages.empty()) {
      Result<Batch> batch =
          co_await messages_of(reactor_, client().messages, client().framing.max_message);
      if (!batch) co_return batch.error();
      sent = co_await send(*std::move(batch));
    } else {
      sent = co_await send_input();
    }
    if (!sent) co_return sent;
    while (!is_over_ && (waiting_ > 0 || (!options_.correlates && !options_.timeout)))
      co_await changed_.wait();
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> send_input() {
    InputSource input(reactor_, client().framing);
    for (;;) {
      Result<Batch> batch = co_await input.read();
      if (!batch) co_return batch.error();
      if (batch->empty()) co_return Result<void>();
      if (Result<void> sent = co_await send(*std::move(batch)); !sent) co_return sent;
    }
  }

  asio::awaitable<Result<void>> send(Batch batch) {
    if (Result<void> kind = dress(client(), batch); !kind) co_return kind;
    Batch ready;
    for (const MessagePtr& message : batch) {
      while (slots_.size() >= kMostUnderWay) {
        if (Result<void> sent = co_await write(std::exchange(ready, {})); !sent) co_return sent;
        if (slots_.size() >= kMostUnderWay) co_await room_.wait();
      }
      ready.push_back(request_of(*message));
    }
    co_return co_await write(std::move(ready));
  }

  asio::awaitable<Result<void>> write(Batch batch) {
    if (batch.empty()) co_return Result<void>();
    changed_.notify_all();
    co_return co_await end_.up()->write(batch);
  }

  MessagePtr request_of(const Message& message) {
    const std::uint64_t number = ++requests_;
    const SteadyTime deadline =
        options_.timeout ? std::chrono::steady_clock::now() + *options_.timeout : SteadyTime::max();
    slots_.push_back({number, deadline});
    ++waiting_;
    auto request = std::make_shared<Message>(message);
    auto facts = std::make_shared<MqttFacts>(message.mqtt ? *message.mqtt : MqttFacts());
    facts->response_topic = options_.response_topic;
    if (options_.correlates) facts->correlation = mark_ + '-' + std::to_string(number);
    request->mqtt = std::move(facts);
    return request;
  }

  // --- answers
  asio::awaitable<Result<void>> receive() {
    for (;;) {
      Result<Batch> batch = co_await end_.down()->read();
      if (!batch) co_return batch.error();
      if (batch->empty())
        co_return Error(Fault::closed, "the broker ended the connection").within(client().name);
      for (const MessagePtr& message : *batch)
        if (!message->gap) take(message);
      if (Result<void> room = co_await output_.room(); !room) co_return room;
      if (end_.down()->commits()) end_.down()->commit();
      if (output_.closed()) co_return Result<void>();
    }
  }

  void take(const MessagePtr& message) {
    if (!options_.correlates) {
      if (!is_over_) output_.put({&message, 1});
      is_over_ = true;
      changed_.notify_all();
      return;
    }
    Slot* const slot = slot_of(*message);
    if (slot == nullptr || !slot->waits) return tell_stray(*message);
    slot->answer = message;
    settle(*slot);
  }

  // Null: it answers nothing that was asked here.
  Slot* slot_of(const Message& message) {
    const std::string_view correlation =
        message.mqtt ? std::string_view(message.mqtt->correlation) : std::string_view();
    if (correlation.empty()) {
      // Who does not know of marks can answer one request at a time.
      if (waiting_ != 1) return nullptr;
      return &*std::find_if(slots_.begin(), slots_.end(),
                            [](const Slot& slot) { return slot.waits; });
    }
    if (slots_.empty() || correlation.size() <= mark_.size() + 1 || !correlation.starts_with(mark_))
      return nullptr;
    const auto number = parse_uint(correlation.substr(mark_.size() + 1));
    const std::uint64_t first = slots_.front().number;
    if (!number || *number < first || *number - first >= slots_.size()) return nullptr;
    return &slots_[static_cast<std::size_t>(*number - first)];
  }

  // A request has had its answer, or its time.
  void settle(Slot& slot) {
    slot.waits = false;
    --waiting_;
    if (!options_.ordered && slot.answer) output_.put({&slot.answer, 1});
    while (!slots_.empty() && !slots_.front().waits) {
      const MessagePtr& answer = slots_.front().answer;
      if (options_.ordered && answer) output_.put({&answer, 1});
      slots_.pop_front();
    }
    changed_.notify_all();
    room_.notify_all();
  }

  void tell_stray(const Message& message) {
    const bool marked = message.mqtt && !message.mqtt->correlation.empty();
    if (marked || std::exchange(stray_told_, true))
      return Log::info("what came is no answer to a request of this program");
    Log::warn(client().name +
              ": an answer bears no correlation data, so it is not known what it "
              "answers (one request at a time needs none)");
  }

  // --- time
  asio::awaitable<void> watch() {
    for (;;) {
      const auto slot =
          std::find_if(slots_.begin(), slots_.end(), [](const Slot& one) { return one.waits; });
      if (slot == slots_.end() || slot->deadline == SteadyTime::max()) {
        co_await changed_.wait();
        continue;
      }
      const SteadyTime deadline = slot->deadline;
      asio::steady_timer timer(reactor_.context(), deadline);
      (void)co_await (timer.async_wait(asio::use_awaitable) || changed_.wait());
      const SteadyTime now = std::chrono::steady_clock::now();
      while (Slot* const late = first_late(now)) {
        tell_lost(*late);
        settle(*late);
      }
    }
  }

  Slot* first_late(SteadyTime now) {
    for (Slot& slot : slots_)
      if (slot.waits) return slot.deadline <= now ? &slot : nullptr;
    return nullptr;
  }

  void tell_lost(const Slot& slot) {
    ++lost_;
    if (requests_ == 1 || lost_ > kToldOneByOne) return;
    std::string text = client().name + ": no answer to request " + std::to_string(slot.number);
    if (lost_ == kToldOneByOne) text += "; the next ones are only counted";
    Log::warn(text);
  }

  Error missing() const {
    const std::string limit =
        options_.timeout ? " within " + duration_text(*options_.timeout) : std::string();
    const std::string text = requests_ == 1
                                 ? "no answer" + limit
                                 : std::to_string(lost_) + " of " + std::to_string(requests_) +
                                       " requests had no answer" + limit;
    return Error(Fault::timeout, text).within(client().name);
  }

  Reactor& reactor_;
  Shutdown& shutdown_;
  RemoteEnd& end_;
  RpcOptions options_;
  Random random_;
  const std::string mark_;
  StreamOutput output_;
  Notifier changed_;
  Notifier room_;
  std::deque<Slot> slots_;  // their numbers follow one another
  std::size_t waiting_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t lost_ = 0;
  bool is_over_ = false;
  bool stray_told_ = false;
};

}  // namespace

asio::awaitable<Result<void>> run_rpc(Reactor& reactor, Shutdown& shutdown, RemoteEnd& end,
                                      RpcOptions options) {
  Rpc rpc(reactor, shutdown, end, std::move(options));
  co_return co_await rpc.run();
}

}  // namespace rt
