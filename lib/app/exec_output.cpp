#include "app/exec_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/envelope.hpp"
#include "codec/message_variables.hpp"
#include "io/process/child.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostAnswers = 64;  // that may wait for the broker
constexpr Milliseconds kGrace = 3s;       // between SIGTERM and SIGKILL
constexpr Milliseconds kAfterKill = 1s;   // for the system to do what SIGKILL asked for

// A command that wrote to it has learned of it before this process could.
bool stdout_has_no_reader() {
  pollfd watched{STDOUT_FILENO, 0, 0};
  return poll(&watched, 1, 0) == 1 && (watched.revents & POLLERR) != 0;
}

}  // namespace

ExecOutput::ExecOutput(Reactor& reactor, ExecEach exec, Transport transport)
    : exec_(std::move(exec)),
      transport_(transport),
      stdout_(reactor, STDOUT_FILENO, "stdout"),
      changed_(reactor.executor()),
      runner_(reactor, {exec_.words, exec_.jobs, kVariablePrefix, exec_.most_answer},
              [this](std::uint64_t number, const Result<int>& status, CommandOutput output) {
                ended(number, status, std::move(output));
              }) {}

void ExecOutput::on_progress(std::function<void()> callback) {
  callback_ = std::move(callback);
  stdout_.on_progress([this] {
    changed_.notify_all();
    if (callback_) callback_();
  });
}

void ExecOutput::put(Messages messages) {
  for (const MessagePtr& message : messages) {
    const std::uint64_t number = written_++;
    finished_.push_back(false);
    if (message->gap)
      finished(number);
    else
      waiting_.push_back({number, message});
  }
  begin_more();
}

// The payload is not copied: its message lives as long as its run.
CommandInput ExecOutput::input_of(const MessagePtr& message) const {
  if (!exec_.envelope) return CommandInput(message, &message->payload);
  auto line = std::make_shared<std::string>();
  envelope::append(*line, *message, name_of(transport_));
  *line += '\n';
  return line;
}

void ExecOutput::begin_more() {
  while (!ending_ && !waiting_.empty() && running_.size() < exec_.jobs) {
    const Waiting next = waiting_.front();
    const Result<void> started = runner_.start(next.number, input_of(next.message),
                                               message_variables(*next.message, transport_));
    // What the system has no room for now, it has when another has ended.
    if (!started && !running_.empty()) return;
    waiting_.pop_front();
    ++run_;
    if (started) {
      over_last_line_.begin();
      running_.emplace(next.number, next.message);
    } else {
      tell_failure(*next.message, started.error().text());
      finished(next.number);
    }
  }
}

void ExecOutput::ended(std::uint64_t number, const Result<int>& status, CommandOutput output) {
  const auto found = running_.find(number);
  const MessagePtr message = found->second;
  running_.erase(found);
  const bool well = status && *status == 0;
  MessagePtr answer = well && answers() ? answer_to(*message, std::move(output)) : nullptr;
  if (answer && sends_) {
    answers_.push_back({number, std::move(answer)});
  } else if (well || (!ending_ && (answers() || !stdout_has_no_reader()))) {
    if (!well) tell_failure(*message, status ? describe_exit(*status) : status.error().text());
    finished(number);
  }
  begin_more();
  if (running_.empty()) over_last_line_.end();
  changed_.notify_all();
  if (callback_) callback_();
}

// Null: there is none to send.
MessagePtr ExecOutput::answer_to(const Message& message, CommandOutput output) {
  if (!message.mqtt || message.mqtt->response_topic.empty()) {
    if (!std::exchange(told_no_answer_, true))
      Log::warn("--reply: a message of " + printable(message.channel) +
                " has no response topic (MQTT 5): what its command wrote goes nowhere");
    return nullptr;
  }
  if (!output.whole) {
    tell_failure(message, "its answer is longer than " + std::to_string(*exec_.most_answer) +
                              " bytes (--max-message)");
    return nullptr;
  }
  Message answer;
  answer.payload = std::move(output.bytes);
  if (!exec_.raw_answer && answer.payload.ends_with('\n')) answer.payload.pop_back();
  answer.kind = valid_utf8(answer.payload) ? PayloadKind::text : PayloadKind::binary;
  answer.guessed = true;
  answer.channel = channel_of(message.mqtt->response_topic);
  if (!message.mqtt->correlation.empty()) {
    auto facts = std::make_shared<MqttFacts>();
    facts->correlation = message.mqtt->correlation;
    answer.mqtt = std::move(facts);
  }
  return std::make_shared<Message>(std::move(answer));
}

asio::awaitable<Result<void>> ExecOutput::send_answers(Sink& sink) {
  for (;;) {
    while (answers_.empty()) co_await changed_.wait();
    std::vector<Answer> sent(answers_.begin(), answers_.end());
    Batch batch;
    for (const Answer& answer : sent) batch.push_back(answer.message);
    Result<void> arrived = co_await sink.write(batch);
    if (arrived) arrived = co_await sink.finish();
    if (!arrived) co_return arrived;
    for (const Answer& answer : sent) finished(answer.number);
    answers_.erase(answers_.begin(), answers_.begin() + static_cast<std::ptrdiff_t>(sent.size()));
    changed_.notify_all();
    if (callback_) callback_();
  }
}

void ExecOutput::give_up_answers() {
  sends_ = false;
  if (!answers_.empty())
    Log::warn("--reply: " + std::to_string(answers_.size()) +
              (answers_.size() == 1 ? " answer has" : " answers have") + " not been sent");
  answers_.clear();
  changed_.notify_all();
}

void ExecOutput::tell_failure(const Message& message, const std::string& how) {
  ++failed_;
  std::string text = "--exec " + printable(exec_.name) + ": " + how;
  if (!message.id.empty()) text += ", message " + printable(message.id);
  if (!message.channel.empty()) text += " of " + printable(message.channel);
  Log::warn(text);
}

void ExecOutput::finished(std::uint64_t number) {
  finished_[static_cast<std::size_t>(number - safe_)] = true;
  while (!finished_.empty() && finished_.front()) {
    finished_.pop_front();
    ++safe_;
  }
}

asio::awaitable<Result<void>> ExecOutput::room() {
  while (!closed() &&
         (!waiting_.empty() || running_.size() >= exec_.jobs || answers_.size() >= kMostAnswers))
    co_await changed_.wait();
  co_return Result<void>();
}

asio::awaitable<Result<void>> ExecOutput::finish() {
  while (!closed() && (!waiting_.empty() || !running_.empty() || !answers_.empty()))
    co_await changed_.wait();
  if (closed()) co_await come_to_rest();
  co_return Result<void>();
}

asio::awaitable<void> ExecOutput::come_to_rest() {
  ending_ = true;
  const std::size_t left = waiting_.size() + running_.size();
  waiting_.clear();
  if (left > 0 && !closed())
    Log::warn("--exec " + printable(exec_.name) + ": told to end before the commands of " +
              std::to_string(left) + (left == 1 ? " message" : " messages") + " had ended");
  runner_.signal(SIGTERM);
  runner_.signal(SIGCONT);  // a stopped one would not notice
  co_await none_running(kGrace);
  if (running_.empty()) co_return;
  runner_.signal(SIGKILL);
  co_await none_running(kAfterKill);
}

asio::awaitable<void> ExecOutput::none_running(Milliseconds limit) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limit;
  bool in_time = true;
  while (in_time && !running_.empty()) in_time = co_await changed_.wait_until(deadline);
}

Result<void> ExecOutput::verdict() const {
  if (failed_ == 0) return {};
  return Error(Fault::other, std::to_string(failed_) + " of " + std::to_string(run_) +
                                 (run_ == 1 ? " command failed" : " commands failed"));
}

}  // namespace rt
