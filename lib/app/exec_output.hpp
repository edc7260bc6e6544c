#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/output.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/source.hpp"
#include "io/process/command_runner.hpp"
#include "io/stdio/last_line.hpp"
#include "io/stdio/output_writer.hpp"

namespace rt {

// What --exec said.
struct ExecEach {
  std::string name;                // for people: the command as it was written
  std::vector<std::string> words;  // the program first
  std::size_t jobs = 1;            // at a time; with 1 in the order of the messages
  bool envelope = false;           // its stdin is the envelope and a newline, else the payload
  // What it writes to stdout is the answer to the message, so long at most; a newline at its end is
  // none of it, unless it is raw. Absent: its stdout is this process's own.
  std::optional<std::size_t> most_answer = {};
  bool raw_answer = false;
};

// A command for each message. No more than `jobs` run at a time, and room() waits for one to end. A
// message is safe when its command has ended, whether well or not (what fails would fail again),
// and its answer, if there is one, has arrived.
class ExecOutput final : public Output {
 public:
  ExecOutput(Reactor& reactor, ExecEach exec, Transport transport);

  // Errors: usage (there is no such program), other.
  Result<void> start() override { return runner_.begin(); }
  bool answers() const { return exec_.most_answer.has_value(); }
  // Writes answers to where their messages want them, until a write fails or nobody waits for this
  // any more: then those that are left are dropped.
  asio::awaitable<Result<void>> send_answers(Sink& sink);
  void give_up_answers();

  void on_progress(std::function<void()> callback) override;
  void put(Messages messages) override;
  asio::awaitable<Result<void>> room() override;
  asio::awaitable<Result<void>> finish() override;
  // Commands that still run are ended; those of further messages are not begun.
  asio::awaitable<void> come_to_rest() override;
  std::uint64_t safe() const override { return safe_; }
  // Of stdout, which is the commands'.
  bool closed() const override { return !answers() && stdout_.closed(); }
  Result<void> status() const override { return {}; }
  std::uint64_t failed() const override { return failed_; }
  // An error (other) when commands have failed.
  Result<void> verdict() const override;

 private:
  struct Waiting {
    std::uint64_t number;
    MessagePtr message;
  };

  void begin_more();
  CommandInput input_of(const MessagePtr& message) const;
  struct Answer {
    std::uint64_t number;
    MessagePtr message;
  };
  void ended(std::uint64_t number, const Result<int>& status, CommandOutput output);
  MessagePtr answer_to(const Message& message, CommandOutput output);
  void tell_failure(const Message& message, const std::string& how);
  void finished(std::uint64_t number);
  asio::awaitable<void> none_running(Milliseconds limit);

  ExecEach exec_;
  Transport transport_;
  OutputWriter stdout_;  // only watched
  Notifier changed_;
  std::function<void()> callback_;
  std::deque<Waiting> waiting_;
  std::map<std::uint64_t, MessagePtr> running_;
  std::deque<Answer> answers_;  // that have not gone
  bool sends_ = true;           // answers
  bool told_no_answer_ = false;
  std::deque<bool> finished_;  // of the messages behind the first safe_
  std::uint64_t written_ = 0;
  std::uint64_t safe_ = 0;
  std::uint64_t run_ = 0;  // commands
  std::uint64_t failed_ = 0;
  LastLine::Writing over_last_line_;  // commands may write to the terminal
  bool ending_ = false;
  CommandRunner runner_;
};

}  // namespace rt
