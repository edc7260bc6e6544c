#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "codec/framing.hpp"
#include "io/loop/reactor.hpp"
#include "io/loop/source.hpp"
#include "model/message.hpp"

namespace rt {

struct ExecOptions {
  std::string command;                 // for sh -c
  Framing framing;                     // both ways
  std::optional<Transport> transport;  // "proto" of the envelopes on its stdin
  bool to_program = true;              // else its stdin is /dev/null
  bool from_program = true;            // else its stdout is this process's own
  // A line of its output says that it is done with a message; no messages come from it then.
  bool answers = false;
  // Called for what it writes over the limit, which is passed over; absent: that is an error.
  std::function<void(const Error&)> on_skipped = {};
};

// A program as an end of a route: messages in on its stdin, messages out of its stdout; its stderr
// is this process's own. It is ended with this object. Every error begins with "exec: COMMAND: ".
class ExecEnd final : public Source, public Sink {
 public:
  ExecEnd(Reactor& reactor, ExecOptions options);
  ~ExecEnd() override;

  // Once, before all else.
  Result<void> start();

  // Empty at the end of its output. Errors: it has failed ("exit status 3"), or what it wrote
  // cannot be read as messages.
  asio::awaitable<Result<Batch>> read() override;
  // An error (closed) when it has ended, or takes no more.
  asio::awaitable<Result<void>> write(Messages messages) override;
  // Completes when it has read all that was written or, where it answers, has answered all. An
  // error (closed) as of write().
  asio::awaitable<Result<void>> drain() override;
  // Where it answers: takes its answers until its output ends; must run beside write().
  asio::awaitable<void> take_answers();
  // Completes when it has ended before finish(): how, as of write().
  asio::awaitable<Error> ended();
  // Ends its input and waits until it has ended. An error when it has failed.
  asio::awaitable<Result<void>> finish() override;
  // Messages that were not written as --escape wishes; each is told.
  std::uint64_t refused() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
