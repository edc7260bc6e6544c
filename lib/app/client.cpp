#include "app/client.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <cerrno>
#include <functional>
#include <memory>
#include <utility>

#include "app/client_tally.hpp"
#include "app/outlet.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/stdio/input_reader.hpp"
#include "io/stdio/standard_streams.hpp"
#include "model/defaults.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr std::size_t kMostPending = 1u << 20;  // bytes for stdout before reading stops

// One run of a verb.
class Client {
 public:
  enum class Verb : std::uint8_t { subscribe, publish, pipe };

  Client(Reactor& reactor, Shutdown& shutdown, Links links, ClientOptions options)
      : reactor_(reactor),
        shutdown_(shutdown),
        links_(links),
        options_(std::move(options)),
        expectation_(options_.expectation),
        report_(options_.report),
        input_(reactor),
        outlet_(make_outlet()) {
    if (links.down != nullptr)
      down_.emplace(reactor, *links.down, options_.name, options_.reconnect);
    if (links.up != nullptr && links.up != links.down)
      up_.emplace(reactor, *links.up, options_.name, options_.reconnect);
  }

  asio::awaitable<Result<void>> run(Verb verb) {
    if (Result<void> ready = outlet_->start(); !ready)
      co_return report_.close(std::move(ready), 0, {}, totals(verb));
    outlet_->on_progress([this] {
      if (outlet_->closed()) shutdown_.request();
      commit_safe();
    });
    expect_input(verb);
    const std::function<RunFigures()> look = [this, verb] { return figures(verb); };
    auto either = co_await (limited(verb) || report_.show(reactor_, look));
    Result<void> result = judged(std::get<0>(std::move(either)));
    co_return report_.close(std::move(result), shutdown_.signal(), figures(verb), totals(verb));
  }

 private:
  // What is to be said of a run beside its own result.
  Result<void> judged(Result<void> result) {
    if (links_.down != nullptr && links_.down->established()) outlet_->begin();
    if (!outlet_->status()) return outlet_->status();
    const Result<void> verdict = outlet_->verdict();
    if (!result) {
      if (!verdict) Log::warn(verdict.error().within(options_.name).text());
      return result;
    }
    // What is certain has the last word.
    const std::optional<Error> perhaps = up_doubt();
    if (perhaps && (!verdict || lost_ > 0)) Log::warn(perhaps->text());
    if (!verdict) return verdict.error().within(options_.name);
    if (lost_ > 0) return Error(Fault::lost, "messages were lost").within(options_.name);
    if (perhaps) return *perhaps;
    return result;
  }

  // --- figures
  void expect_input(Verb verb) {
    if (verb == Verb::subscribe || !options_.messages.empty()) return;
    if (const auto size = stdin_bytes_left()) tally_.expect_input(*size);
  }

  void bring_up_to_date() {
    tally_.delivered(outlet_->safe());
    if (links_.up != nullptr && (up_ || down_)) tally_.sent(up().taken(), up().outstanding());
  }

  RunFigures figures(Verb verb) {
    bring_up_to_date();
    RunFigures out;
    out.reconnects = reconnects();
    tally_.fill(out);
    const bool both = verb == Verb::pipe;
    const Traffic& up = tally_.sent();
    const Traffic& down = tally_.received();
    if (verb != Verb::subscribe) out.ways.push_back({both ? "sent" : "", up.messages, up.bytes});
    if (verb != Verb::publish)
      out.ways.push_back({both ? "received" : "", down.messages, down.bytes});
    out.lag = verb == Verb::subscribe ? tally_.undelivered() : tally_.unsent();
    return out;
  }

  Totals totals(Verb verb) {
    bring_up_to_date();
    Totals out;
    tally_.fill(out);
    if (verb != Verb::subscribe) out.sent = tally_.sent();
    if (verb != Verb::publish) out.received = tally_.received();
    out.unfinished =
        verb == Verb::subscribe ? tally_.undelivered() : tally_.unsent() + tally_.undelivered();
    out.reconnects = reconnects();
    out.failed = outlet_->failed();
    out.uncertain = up_doubt().has_value();
    return out;
  }

  std::uint64_t reconnects() const {
    return (down_ ? down_->reconnects() : 0) + (up_ ? up_->reconnects() : 0);
  }

  std::optional<Error> up_doubt() const {
    if (up_) return up_->doubt();
    return links_.up != nullptr && down_ ? down_->doubt() : std::nullopt;
  }
  ReconnectingLink& up() { return up_ ? *up_ : *down_; }

  std::unique_ptr<Outlet> make_outlet() {
    // What the other side keeps until then must have left for good.
    const bool commits = links_.down != nullptr && links_.down->commits();
    if (options_.exec)
      return std::make_unique<ExecOutlet>(reactor_, *options_.exec, options_.transport);
    return std::make_unique<StreamOutlet>(
        reactor_, StreamOutletOptions{options_.output_fd, options_.output_name, options_.framing,
                                      options_.transport, commits ? 0 : kMostPending});
  }

  asio::awaitable<Result<void>> limited(Verb verb) {
    if (!options_.timeout) co_return co_await until_shutdown(verb);
    asio::steady_timer timer(reactor_.context(), *options_.timeout);
    auto either = co_await (until_shutdown(verb) || timer.async_wait(asio::use_awaitable));
    if (either.index() == 0) co_return std::get<0>(std::move(either));
    hurry();
    co_await close();
    co_await outlet_->settle();
    const Link* const first = verb == Verb::publish ? links_.up : links_.down;
    if (first != nullptr && !first->established())
      co_return Error(Fault::timeout, "no connection within --timeout").within(options_.name);
    if (expectation_.missing()) co_return missed(" within --timeout");
    if (verb != Verb::publish && !options_.count) co_return Result<void>();
    co_return Error(Fault::timeout, too_late(verb)).within(options_.name);
  }

  std::string too_late(Verb verb) const {
    if (verb == Verb::publish) return "not everything was sent within --timeout";
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
      if (const auto refusal = links_.up ? links_.up->parting_refusal() : std::nullopt;
          refusal && result)
        result = refusal->within(options_.name);
      auto finished = co_await (outlet_->finish() || shutdown_.wait());
      if (finished.index() == 1) co_await outlet_->settle();
      co_return result;
    }
    co_await outlet_->settle();
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
    hurry();
    const std::string limit = " within " + duration_text(*expectation_.within());
    if (!links_.down->established())
      co_return Error(Fault::timeout, "no connection" + limit).within(options_.name);
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
      case Verb::subscribe:
        return download();
      case Verb::publish:
        return upload();
      case Verb::pipe:
        return both();
    }
    return download();
  }

  void hurry() {
    if (links_.down != nullptr) links_.down->hurry();
    if (links_.up != nullptr) links_.up->hurry();
  }

  asio::awaitable<void> close() {
    if (links_.down != nullptr) co_await links_.down->close();
    if (links_.up != nullptr && links_.up != links_.down) co_await links_.up->close();
  }

  // A goodbye takes as long as it takes, until somebody wants the end.
  asio::awaitable<void> close_in_time() {
    if (!shutdown_.requested()) {
      auto either = co_await (close() || shutdown_.wait());
      if (either.index() == 0) co_return;
    }
    hurry();
    co_await close();
  }

  // --- down
  asio::awaitable<Result<void>> download() {
    for (;;) {
      Result<Batch> batch = co_await down_->read();
      if (!batch) co_return batch.error();
      if (batch->empty()) co_return Result<void>();
      read_ += batch->size();
      bool done = false;
      std::size_t handled = 0;
      for (const MessagePtr& message : *batch) {
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
      tally_.came(*batch, report_.elapsed());
      LiveLine::clear();
      outlet_->write(*batch);
      tally_.delivered(outlet_->safe());
      if (done && !links_.down->commits()) co_return Result<void>();
      Result<void> taken;
      if (done)
        taken = co_await outlet_->finish();
      else
        taken = co_await outlet_->room();
      if (!taken) co_return taken;
      if (outlet_->closed()) co_return Result<void>();
      commit_safe();
      if (done) co_return Result<void>();
    }
  }

  // What is safe, from the first message on, need not come again.
  void commit_safe() {
    if (links_.down == nullptr || !links_.down->commits()) return;
    const std::uint64_t safe = outlet_->safe();
    if (safe == committed_) return;
    committed_ = safe;
    down_->commit_but(static_cast<std::size_t>(read_ - safe));
  }

  void tell_gap(const Message& message) {
    ++lost_;
    tally_.lost(message.gap->missed);
    std::string text = options_.name + ": messages were lost";
    if (message.gap->missed) text += ": " + std::to_string(*message.gap->missed);
    if (!message.gap->from.empty()) text += " after " + printable(message.gap->from);
    Log::warn(text);
  }

  // --- up
  asio::awaitable<Result<void>> upload() {
    // stdin is not read before the connection stands.
    if (Result<void> open = co_await up().connect(); !open) co_return open;
    if (!options_.messages.empty()) {
      if (Result<void> sent = co_await send_arguments(); !sent) co_return sent;
    } else if (Result<void> sent = co_await send_input(); !sent) {
      co_return sent;
    }
    co_return co_await up().finish();
  }

  asio::awaitable<Result<void>> send_arguments() {
    Result<Batch> batch =
        co_await messages_of(reactor_, options_.messages, options_.framing.max_message);
    if (!batch) co_return batch.error();
    if (const Result<void> kind = dress(*batch); !kind) co_return kind;
    const Amount all = amount_of(*batch, batch->size());
    tally_.expect_input(all.bytes);
    tally_.read_input(all.bytes);
    co_return co_await send(std::move(*batch));
  }

  // Where a message is at fault, its number is told; `before` are in front of it.
  static Error of_input(const Error& error, std::size_t before) {
    if (error.fault() != Fault::usage) return error;
    return error.within("message " + std::to_string(before + 1)).within("stdin");
  }

  asio::awaitable<Result<void>> send_input() {
    FrameDecoder decoder(options_.framing);
    std::size_t taken = 0;
    for (;;) {
      Result<std::string> bytes = co_await input_.read();
      if (!bytes) co_return bytes.error();
      tally_.read_input(bytes->size());
      Batch batch;
      Result<void> good = bytes->empty() ? decoder.finish(batch) : decoder.receive(*bytes, batch);
      if (!good) good = good.error().within("stdin");
      // What came before a bad line is sent all the same.
      if (const Result<void> kind = dress(batch); !kind)
        good = of_input(kind.error(), taken + batch.size());
      const std::size_t count = batch.size();
      if (count > 0) {
        const Result<void> sent = co_await send(std::move(batch));
        if (!sent) co_return of_input(sent.error(), taken + count - up().unwritten());
      }
      taken += count;
      if (!good) {
        if (Result<void> sent = co_await up().finish(); !sent) co_return sent;
        co_return good;
      }
      if (bytes->empty()) co_return Result<void>();
    }
  }

  // Gives messages the kind and content type that were asked for; of a batch in which one cannot
  // have them, those before it are left.
  Result<void> dress(Batch& batch) const {
    const bool kind = options_.send_as != SendAs::by_content;
    for (std::size_t at = 0; at < batch.size(); ++at) {
      MessagePtr& message = batch[at];
      const bool typed = !options_.content_type.empty() && message->content_type.empty();
      if (!typed && !kind) continue;
      if (options_.send_as == SendAs::text && !valid_utf8(message->payload)) {
        batch.resize(at);
        return Error(Fault::usage, "--text: a message is not valid UTF-8");
      }
      Message changed = *message;
      if (typed) changed.content_type = options_.content_type;
      if (kind)
        changed.kind = options_.send_as == SendAs::text ? PayloadKind::text : PayloadKind::binary;
      message = std::make_shared<const Message>(std::move(changed));
    }
    return {};
  }

  asio::awaitable<Result<void>> send(Batch batch) {
    tally_.take(amount_of(batch, batch.size()));
    Result<void> written = co_await up().write(batch);
    if (written) tally_.first_sent(report_.elapsed());
    co_return written;
  }

  // --- both
  asio::awaitable<Result<void>> both() {
    if (Result<void> open = co_await up().connect(); !open) co_return open;
    auto either = co_await (download() || upload_and_linger());
    if (either.index() == 0) co_return std::get<0>(std::move(either));
    co_return std::get<1>(std::move(either));
  }

  asio::awaitable<Result<void>> upload_and_linger() {
    Result<void> sent = co_await upload();
    if (!sent) co_return sent;
    asio::steady_timer timer(reactor_.context());
    // Who asked for a number of answers gets the time for them.
    if ((options_.count || expectation_.exists()) && !options_.linger)
      timer.expires_at(SteadyTime::max());
    else
      timer.expires_after(options_.linger.value_or(defaults::kLinger));
    co_await timer.async_wait(asio::use_awaitable);
    co_return Result<void>();
  }

  Reactor& reactor_;
  Shutdown& shutdown_;
  Links links_;
  ClientOptions options_;
  ExpectationState expectation_;
  RunReport report_;
  ClientTally tally_;
  InputReader input_;
  std::unique_ptr<Outlet> outlet_;
  std::optional<ReconnectingLink> down_;
  std::optional<ReconnectingLink> up_;
  std::uint64_t read_ = 0;       // messages and gaps, from the link
  std::uint64_t committed_ = 0;  // of them
  std::uint64_t printed_ = 0;
  std::uint64_t lost_ = 0;  // gaps
};

asio::awaitable<Result<void>> run_client(Reactor& reactor, Shutdown& shutdown, Links links,
                                         ClientOptions options, Client::Verb verb) {
  Client client(reactor, shutdown, links, std::move(options));
  co_return co_await client.run(verb);
}

}  // namespace

asio::awaitable<Result<void>> subscribe(Reactor& reactor, Shutdown& shutdown, Links links,
                                        ClientOptions options) {
  return run_client(reactor, shutdown, links, std::move(options), Client::Verb::subscribe);
}
asio::awaitable<Result<void>> publish(Reactor& reactor, Shutdown& shutdown, Links links,
                                      ClientOptions options) {
  return run_client(reactor, shutdown, links, std::move(options), Client::Verb::publish);
}
asio::awaitable<Result<void>> pipe(Reactor& reactor, Shutdown& shutdown, Links links,
                                   ClientOptions options) {
  return run_client(reactor, shutdown, links, std::move(options), Client::Verb::pipe);
}

}  // namespace rt
