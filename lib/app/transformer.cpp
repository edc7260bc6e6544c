#include "app/transformer.hpp"

#include <asio/experimental/awaitable_operators.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "engine/backoff.hpp"
#include "io/process/child.hpp"
#include "model/defaults.hpp"

namespace rt {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr Milliseconds kFirstPause = 200ms;
constexpr Milliseconds kEndTime = 3s;
constexpr Milliseconds kSilence = 5s;
constexpr unsigned kMostDeaths = 5;  // at one message

MessagePtr with_payload(const Message& message, std::string payload) {
  auto made = std::make_shared<Message>(message);
  made->payload = std::move(payload);
  return made;
}

}  // namespace

struct Transformer::State {
  State(Reactor& r, std::string who, std::vector<std::string> command)
      : reactor(r),
        name(std::move(who)),
        words(std::move(command)),
        random(Random::from_system()),
        backoff(Backoff::Limits{kFirstPause, defaults::kMostPause}) {}

  Result<void> start() {
    child.emplace(reactor);
    lines.clear();
    ChildOptions run;
    run.arguments = words;
    run.pipe_input = run.pipe_output = true;
    const Result<void> started = child->start(std::move(run));
    if (started) return {};
    child.reset();
    return started.error().within("--transform");
  }

  // Takes answers until there are `wanted` more; false: it ends before.
  asio::awaitable<bool> take(std::size_t wanted, std::vector<std::string>& out) {
    while (out.size() < wanted) {
      const std::size_t end = lines.find('\n', searched);
      if (end != std::string::npos) {
        out.push_back(lines.substr(0, end));
        lines.erase(0, end + 1);
        searched = 0;
        continue;
      }
      searched = lines.size();
      const Result<std::string> bytes = co_await child->read_output();
      if (!bytes || bytes->empty()) co_return false;
      lines += *bytes;
    }
    co_return true;
  }

  asio::awaitable<bool> give(const std::string& bytes) {
    const Result<void> written = co_await child->write(bytes);
    // What it answers to what it has read still comes.
    co_return written.ok();
  }

  // A command that gathers its output until it ends would be waited for in silence.
  asio::awaitable<void> tell_silence() {
    asio::steady_timer timer(reactor.executor(), kSilence);
    co_await timer.async_wait(asio::use_awaitable);
    if (!std::exchange(told_silence, true))
      Log::warn(name + ": the command of --transform has not answered for " +
                seconds_text(kSilence.count()) +
                ": does it write each line at once (jq --unbuffered, sed -u, stdbuf -oL)?");
    timer.expires_at(SteadyTime::max());
    co_await timer.async_wait(asio::use_awaitable);
  }

  asio::awaitable<bool> exchange(const std::string& bytes, std::size_t wanted,
                                 std::vector<std::string>& out) {
    searched = 0;
    const auto first = co_await ((give(bytes) && take(wanted, out)) || tell_silence());
    co_return std::get<1>(std::get<0>(first));
  }

  // It has died: it is told, and waited for.
  asio::awaitable<void> pause() {
    const int status = co_await child->wait();
    child.reset();
    const Milliseconds delay = backoff.next(random);
    Log::warn(name + ": the command of --transform: " + describe_exit(status) +
              "; started again in " + seconds_text(delay.count()));
    asio::steady_timer timer(reactor.executor(), delay);
    co_await timer.async_wait(asio::use_awaitable);
  }

  Reactor& reactor;
  std::string name;
  std::vector<std::string> words;
  Random random;
  Backoff backoff;
  std::optional<ChildProcess> child;
  std::string lines;         // of its output, not taken
  std::size_t searched = 0;  // of these, without a line's end
  bool told_silence = false;
};

Transformer::Transformer(Reactor& reactor, std::string name, std::vector<std::string> words)
    : state_(std::make_shared<State>(reactor, std::move(name), std::move(words))) {}

Transformer::~Transformer() {
  if (state_->child) state_->child->end();
}

asio::awaitable<Result<Batch>> Transformer::transform(Messages messages,
                                                      std::vector<Refused>& refused) {
  const std::shared_ptr<State> state = state_;
  Batch waiting;
  for (const MessagePtr& message : messages) {
    if (message->gap) continue;
    if (message->payload.find('\n') == std::string::npos)
      waiting.push_back(message);
    else
      refused.push_back({message, "a payload with a newline in it is no line for --transform"});
  }
  Batch out;
  std::size_t done = 0;
  unsigned deaths = 0;
  while (done < waiting.size()) {
    if (!state->child) {
      if (Result<void> started = state->start(); !started) co_return started.error();
    }
    // One that may be poison goes alone.
    const std::size_t count = deaths > 0 ? 1 : waiting.size() - done;
    std::string bytes;
    for (std::size_t i = done; i < done + count; ++i) bytes += waiting[i]->payload + "\n";
    std::vector<std::string> answers;
    const bool alive = co_await state->exchange(bytes, count, answers);
    for (std::string& answer : answers) {
      const Message& message = *waiting[done++];
      if (!answer.empty()) out.push_back(with_payload(message, std::move(answer)));
    }
    if (!answers.empty()) {
      deaths = 0;
      state->backoff.reset();
    }
    if (alive) continue;
    co_await state->pause();
    if (++deaths < kMostDeaths || done == waiting.size()) continue;
    refused.push_back({waiting[done++], "the command of --transform died of it again and again"});
    deaths = 0;
  }
  co_return out;
}

asio::awaitable<void> Transformer::finish() {
  const std::shared_ptr<State> state = state_;
  if (!state->child) co_return;
  state->child->close_input();
  asio::steady_timer timer(state->reactor.executor(), kEndTime);
  const auto ended = co_await (state->child->wait() || timer.async_wait(asio::use_awaitable));
  if (ended.index() == 0 && std::get<0>(ended) != 0)
    Log::warn(state->name + ": the command of --transform: " + describe_exit(std::get<0>(ended)));
  state->child.reset();
}

}  // namespace rt
