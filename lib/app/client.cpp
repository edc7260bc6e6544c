#include "app/client.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "app/client_tally.hpp"
#include "app/delay_meter.hpp"
#include "app/output.hpp"
#include "app/position_keeper.hpp"
#include "app/selection.hpp"
#include "app/upload.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/stdio/standard_streams.hpp"
#include "model/defaults.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t kMostPending = 1u << 20;  // bytes for stdout before reading stops

// One run of a verb.
class Client {
 public:
  Client(Reactor& reactor, Shutdown& shutdown, RemoteEnd& end, ClientOptions options)
      : reactor_(reactor),
        shutdown_(shutdown),
        end_(end),
        options_(std::move(options)),
        expectation_(options_.expectation),
        report_(options_.report),
        selection_(options_.selection),
        upload_(reactor, end, options_, tally_, report_),
        quiet_(reactor, options_.quiet, [this] { return hears_nothing(); }),
        output_(make_output()) {
    if (options_.report.totals())
      delays_ = std::make_unique<DelayMeter>(wall_now(), options_.sent_at);
    if (options_.record.file == nullptr) return;
    recorder_ = std::make_unique<Recorder>(reactor, options_.record);
    recorder_->on_failure([this] { shutdown_.request(); });
    upload_.record(*recorder_);
    recorded_way_.emplace(*recorder_, options_.transport);
    end.on_event([this](const ConnectionEvent& event) { recorded_way_->on(event); });
  }

  asio::awaitable<Result<void>> run(Verb verb) {
    Result<void> ready = selection_.prepare();
    if (ready && delays_) ready = delays_->prepare();
    if (ready) ready = output_->start();
    if (!ready) co_return report_.close(std::move(ready), 0, {}, totals(verb));
    output_->on_progress([this] {
      if (output_->closed()) shutdown_.request();
      commit_safe();
    });
    expect_input(verb);
    const std::function<RunFigures()> look = [this, verb] { return figures(verb); };
    if (options_.state) keeper_.emplace(reactor_, options_.state, [this] { shutdown_.request(); });
    auto either = co_await (limited(verb) || report_.show(reactor_, look) || quiet_.watch());
    if (keeper_) co_await keep_position();
    if (recorded_way_) recorded_way_->close();
    if (recorder_) recorded_ = co_await recorder_->finish();
    Result<void> result = judged(std::get<0>(std::move(either)));
    co_return report_.close(std::move(result), shutdown_.signal(), figures(verb), totals(verb));
  }

 private:
  // What is to be said of a run beside its own result.
  Result<void> judged(Result<void> result) {
    if (end_.down() != nullptr && end_.down()->established()) output_->begin();
    if (!output_->status()) return output_->status();
    if (!kept_) return kept_;
    if (!recorded_) return recorded_;
    const Result<void> verdict = output_->verdict();
    if (!result) {
      if (!verdict) Log::warn(verdict.error().within(options_.name).text());
      return result;
    }
    end_.tell_skipped();
    // What is certain has the last word.
    const std::optional<Error> perhaps = end_.status().doubt;
    if (perhaps && (!verdict || lost_ > 0)) Log::warn(perhaps->text());
    if (!verdict) return verdict.error().within(options_.name);
    if (lost_ > 0) return Error(Fault::lost, "messages were lost").within(options_.name);
    if (const std::uint64_t skipped = end_.status().skipped; skipped > 0)
      return Error(Fault::lost, skipped == 1 ? "a message was skipped"
                                             : std::to_string(skipped) + " messages were skipped")
          .within(options_.name);
    if (perhaps) return *perhaps;
    return result;
  }

  bool hears_nothing() const {
    const Reconnecting* const down = end_.down();
    return read_ == 0 && down != nullptr && down->established() && down->connection().at_hub();
  }

  // --- figures
  void expect_input(Verb verb) {
    if (verb == Verb::sub || options_.echo || !options_.messages.empty()) return;
    if (options_.replay) {
      if (options_.replay->size) tally_.expect_input(*options_.replay->size);
      return;
    }
    if (const auto size = stdin_bytes_left()) tally_.expect_input(*size);
  }

  void bring_up_to_date() {
    tally_.delivered(output_->safe());
    if (end_.up() != nullptr) tally_.sent(end_.up()->taken(), end_.up()->outstanding());
  }

  RunFigures figures(Verb verb) {
    bring_up_to_date();
    RunFigures out;
    out.reconnects = end_.status().reconnects;
    tally_.fill(out);
    const bool both = verb == Verb::pipe;
    const Traffic& up = tally_.sent();
    const Traffic& down = tally_.received();
    if (verb != Verb::sub) out.ways.push_back({both ? "sent" : "", up.messages, up.bytes});
    if (verb != Verb::pub) out.ways.push_back({both ? "received" : "", down.messages, down.bytes});
    out.lag = verb == Verb::sub ? tally_.undelivered() : tally_.unsent();
    return out;
  }

  Totals totals(Verb verb) {
    bring_up_to_date();
    Totals out;
    tally_.fill(out);
    if (verb != Verb::sub) out.sent = tally_.sent();
    if (verb != Verb::pub) out.received = tally_.received();
    out.unfinished =
        verb == Verb::sub ? tally_.undelivered() : tally_.unsent() + tally_.undelivered();
    out.reconnects = end_.status().reconnects;
    out.failed = output_->failed();
    if (delays_) out.latency = delays_->totals();
    if (options_.round_trips) out.round_trips = delay_totals(*options_.round_trips);
    out.uncertain = end_.status().doubt.has_value();
    return out;
  }

  std::unique_ptr<Output> make_output() {
    // What the other side keeps until then, or --state, must have left for good.
    const bool leaves_first = commits() || options_.state != nullptr;
    if (options_.exec) {
      auto exec = std::make_unique<ExecOutput>(reactor_, *options_.exec, options_.transport);
      exec_ = exec.get();
      return exec;
    }
    return std::make_unique<StreamOutput>(
        reactor_, StreamOutputOptions{options_.output_fd, options_.output_name, options_.framing,
                                      options_.transport, leaves_first ? 0 : kMostPending});
  }

  asio::awaitable<Result<void>> limited(Verb verb) {
    if (!options_.timeout) co_return co_await until_shutdown(verb);
    asio::steady_timer timer(reactor_.context(), *options_.timeout);
    auto either = co_await (until_shutdown(verb) || timer.async_wait(asio::use_awaitable));
    if (either.index() == 0) co_return std::get<0>(std::move(either));
    if (verb == Verb::sub) co_await quiet_.tell_at_end();
    co_await end_.close(true);
    co_await output_->come_to_rest();
    const Reconnecting* const first = verb == Verb::pub ? end_.up() : end_.down();
    if (first != nullptr && !first->established())
      co_return Error(Fault::timeout, first->missing() + " within --timeout").within(options_.name);
    if (expectation_.missing()) co_return missed(" within --timeout");
    if (options_.fails_in_time)
      co_return Error(Fault::timeout, "the time is up").within(options_.name);
    if (verb != Verb::pub && !options_.count) co_return Result<void>();
    co_return Error(Fault::timeout, too_late(verb)).within(options_.name);
  }

  std::string too_late(Verb verb) const {
    if (verb == Verb::pub) return "not everything was sent within --timeout";
    if (printed_ < *options_.count)
      return std::to_string(printed_) + " of " + std::to_string(*options_.count) +
             " messages came within --timeout";
    return options_.exec ? "not every command had ended within --timeout"
                         : "not everything was written within --timeout";
  }

  asio::awaitable<Result<void>> until_shutdown(Verb verb) {
    auto either = co_await (until_expected(verb) || shutdown_.wait());
    co_await close_in_time();
    if (either.index() == 0) {
      Result<void> result = std::get<0>(std::move(either));
      // A peer may still have been reading what the system had taken.
      if (const auto refusal = end_.parting_refusal(); refusal && result) result = *refusal;
      auto finished = co_await (output_->finish() || shutdown_.wait());
      if (finished.index() == 1) co_await output_->come_to_rest();
      co_return result;
    }
    co_await output_->come_to_rest();
    // A signal is the caller's own wish.
    if (expectation_.missing() && shutdown_.signal() == 0)
      co_return missed(" before " + options_.output_name + " was closed");
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> until_expected(Verb verb) {
    if (!expectation_.within()) {
      Result<void> result = co_await run_verb(verb);
      co_return expectation_.missing() ? not_come(std::move(result)) : result;
    }
    auto either = co_await (run_verb(verb) || within_passes());
    if (either.index() == 0) {
      Result<void> result = std::get<0>(std::move(either));
      co_return expectation_.missing() ? not_come(std::move(result)) : result;
    }
    hurried_ = true;
    const std::string limit = " within " + duration_text(*expectation_.within());
    if (!end_.down()->established())
      co_return Error(Fault::timeout, end_.down()->missing() + limit).within(options_.name);
    co_return missed(limit);
  }

  // What has come gets the time that it needs.
  asio::awaitable<void> within_passes() {
    asio::steady_timer timer(reactor_.context(), *expectation_.within());
    co_await timer.async_wait(asio::use_awaitable);
    while (expectation_.came()) {
      timer.expires_at(SteadyTime::max());
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  // For a run that has come to its end by itself.
  Result<void> not_come(Result<void> result) const {
    if (result && options_.count && printed_ >= *options_.count)
      return missed(" in " + std::to_string(printed_) + (printed_ == 1 ? " message" : " messages"));
    if (result) return missed(" before the end");
    if (result.error().fault() != Fault::closed) return result;
    return Error(Fault::timeout, result.error().text() + ": " + expectation_.missed("").text());
  }

  Error missed(const std::string& circumstance) const {
    return expectation_.missed(circumstance).within(options_.name);
  }

  asio::awaitable<Result<void>> run_verb(Verb verb) {
    switch (verb) {
      case Verb::pub:
        return upload_.run();
      case Verb::pipe:
        return both();
      default:
        return answers() ? answer_messages() : download();
    }
  }

  // A goodbye takes as long as it takes, until somebody wants the end.
  asio::awaitable<void> close_in_time() {
    if (!shutdown_.requested()) {
      auto either = co_await (end_.close(hurried_) || shutdown_.wait());
      if (either.index() == 0) co_return;
    }
    co_await end_.close(true);
  }

  // --- down
  asio::awaitable<Result<void>> download() {
    if (options_.only_subscribes) co_return co_await end_.down()->connect();
    for (;;) {
      Result<Batch> batch = co_await end_.down()->read();
      if (!batch) co_return batch.error();
      if (batch->empty()) co_return co_await peer_ended();
      if (recorder_) {
        recorder_->messages({.from = RecordedSide::server}, *batch);
        if (Result<void> room = co_await recorder_->room(); !room) co_return room;
      }
      bool done = false;
      std::size_t handled = 0;
      const std::size_t came = batch->size();
      if (delays_) delays_->came(*batch);
      if (keeper_) note_positions(*batch);
      const bool ended = !selection_.idle() && select(*batch);
      read_ += came;
      for (const MessagePtr& message : *batch) {
        done = options_.until_live && !message->gap && !message->retained;
        if (done) break;
        ++handled;
        if (message->gap) {
          tell_gap(*message);
        } else {
          ++printed_;
          const bool found = expectation_.look_at(*message);
          done = found || (options_.count && printed_ >= *options_.count);
        }
        if (done) break;
      }
      batch->resize(handled);
      done = done || ended;
      tally_.came(*batch, report_.elapsed());
      output_->put(*batch);
      tally_.delivered(output_->safe());
      if (done && options_.echo) co_return co_await send_back(*batch);
      if (done && !end_.down()->commits() && !answers()) co_return Result<void>();
      Result<void> taken;
      if (done)
        taken = co_await output_->finish();
      else
        taken = co_await output_->room();
      if (!taken) co_return taken;
      if (options_.echo) taken = co_await send_back(*batch);
      if (!taken) co_return taken;
      if (output_->closed()) co_return Result<void>();
      commit_safe();
      if (keeper_) co_await keeper_->noted();
      if (done) co_return Result<void>();
    }
  }

  bool answers() const { return exec_ != nullptr && exec_->answers(); }

  asio::awaitable<Result<void>> answer_messages() {
    auto either = co_await (download() || exec_->send_answers(*end_.up()));
    exec_->give_up_answers();
    if (either.index() == 0) co_return std::get<0>(std::move(either));
    co_return std::get<1>(std::move(either));
  }

  // Leaves of the batch what is wanted. True: its last message is the one that ends the run, and
  // had nothing to select from ("[DONE]").
  bool select(Batch& batch) {
    Batch out;
    bool ended = false;
    for (const MessagePtr& message : batch) {
      if (selection_.pass(message, out)) continue;
      ended = expectation_.is_end(*message);
      if (ended) break;
      selection_.tell_no_json(*message);
    }
    batch = std::move(out);
    return ended;
  }

  // What was to be sent and has not gone is no success.
  asio::awaitable<Result<void>> peer_ended() {
    if (!sending_) co_return Result<void>();
    // What has been read may be on its way from the reader.
    co_await asio::post(reactor_.context(), asio::use_awaitable);
    bring_up_to_date();
    if (tally_.unsent() == 0 && !stdin_waits()) co_return Result<void>();
    co_return Error(Fault::closed, "the peer closed the connection before everything was sent")
        .within(options_.name);
  }

  bool commits() const { return end_.down() != nullptr && end_.down()->commits(); }

  // What is safe, from the first message on, need not come again.
  void commit_safe() {
    if (!commits() && !keeper_) return;
    std::uint64_t safe = output_->safe();
    if (!selection_.idle()) safe = selection_.done_with(safe);
    if (safe == committed_) return;
    committed_ = safe;
    if (keeper_) keeper_->safe(safe);
    if (commits()) end_.down()->commit(static_cast<std::size_t>(read_ - safe));
  }

  void note_positions(const Batch& batch) {
    const Connection& connection = end_.down()->connection();
    for (const MessagePtr& message : batch)
      keeper_->came(connection.position_after(*message, &message == &batch.back()));
    if (!keeper_->knows() && !std::exchange(told_nowhere_, true))
      Log::warn(options_.name + ": the server gives no ids: --state cannot go on from there");
  }

  asio::awaitable<void> keep_position() {
    commit_safe();
    kept_ = co_await keeper_->finish(end_.down()->connection().position());
  }

  void tell_gap(const Message& message) {
    ++lost_;
    tally_.lost(message.gap->missed);
    if (!message.gap->why.empty()) return Log::warn(options_.name + ": " + message.gap->why);
    std::string text = options_.name + ": messages were lost";
    if (message.gap->missed) text += ": " + std::to_string(*message.gap->missed);
    if (!message.gap->from.empty()) text += " after " + printable(message.gap->from);
    Log::warn(text);
  }

  // --- both
  asio::awaitable<Result<void>> send_back(const Batch& batch) {
    co_return co_await upload_.send(batch);
  }

  asio::awaitable<Result<void>> both() {
    if (!options_.echo) upload_.prepare();
    if (Result<void> open = co_await end_.up()->connect(); !open) co_return open;
    if (options_.echo) co_return co_await download();
    sending_ = true;
    auto either = co_await (download() || upload_and_linger());
    if (either.index() == 0) co_return std::get<0>(std::move(either));
    co_return std::get<1>(std::move(either));
  }

  asio::awaitable<Result<void>> upload_and_linger() {
    Result<void> sent = co_await upload_.run();
    if (!sent) co_return sent;
    sending_ = false;
    if (upload_.closed()) co_return Result<void>();
    asio::steady_timer timer(reactor_.context());
    // Who asked for a number of answers gets the time for them.
    if ((options_.count || expectation_.exists()) && !options_.linger) {
      timer.expires_at(SteadyTime::max());
    } else {
      timer.expires_after(options_.linger.value_or(defaults::kLinger));
      end_.up()->listen_only();
    }
    co_await timer.async_wait(asio::use_awaitable);
    co_return Result<void>();
  }

  Reactor& reactor_;
  Shutdown& shutdown_;
  RemoteEnd& end_;
  ClientOptions options_;
  ExpectationState expectation_;
  RunReport report_;
  ClientTally tally_;
  Selection selection_;
  Upload upload_;
  QuietChannel quiet_;
  ExecOutput* exec_ = nullptr;  // output_, if it is one
  std::unique_ptr<Output> output_;
  std::optional<PositionKeeper> keeper_;
  Result<void> kept_;
  std::unique_ptr<DelayMeter> delays_;
  std::unique_ptr<Recorder> recorder_;
  std::optional<RecordedWay> recorded_way_;
  Result<void> recorded_;
  bool told_nowhere_ = false;
  bool hurried_ = false;
  bool sending_ = false;         // pipe: there may be more to send
  std::uint64_t read_ = 0;       // messages and gaps, from the end
  std::uint64_t committed_ = 0;  // of them
  std::uint64_t printed_ = 0;
  std::uint64_t lost_ = 0;  // gaps
};

}  // namespace

asio::awaitable<Result<void>> run_client(Reactor& reactor, Shutdown& shutdown, RemoteEnd& end,
                                         ClientOptions options, Verb verb) {
  Client client(reactor, shutdown, end, std::move(options));
  co_return co_await client.run(verb);
}

}  // namespace rt
