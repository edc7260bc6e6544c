#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/relay_losses.hpp"
#include "base/result.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/reactor.hpp"
#include "io/loop/source.hpp"
#include "model/message.hpp"

namespace rt {

// What sinks of a relay refuse for good, on its way to an end of its own: an envelope each, with
// who refused it (`refused_by`) and why (`reason`) in it.
class DeadLetters {
 public:
  DeadLetters(Reactor& reactor, std::string name)
      : name_(std::move(name)),
        told_(name_, {}, "takes messages that were refused"),
        changed_(reactor.executor()) {}
  DeadLetters(const DeadLetters&) = delete;
  DeadLetters& operator=(const DeadLetters&) = delete;

  // Before deliver(); it outlives this.
  void deliver_to(Sink& sink) { sink_ = &sink; }

  void add(const std::string& refused_by, const Message& message, std::string_view why);
  bool waiting() const { return !kept_.empty(); }
  // Completes when all that has been added is there. Errors: as the sink's.
  asio::awaitable<Result<void>> deliver();

  std::uint64_t number() const { return told_.number(); }
  void tell() { told_.tell(); }

 private:
  std::string name_;
  Skipped told_;
  Sink* sink_ = nullptr;
  Batch kept_;
  bool busy_ = false;
  Notifier changed_;
};

}  // namespace rt
