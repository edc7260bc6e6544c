#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/run.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "model/message.hpp"

namespace rt {

// A command that keeps running and makes a line of each line: a payload in, its payload out, in the
// same order; an empty line leaves the message out. It is started when there is a message for it
// and, when it dies, started again after a pause that grows; what it had not answered is sent
// again.
class Transformer {
 public:
  // `name`: for people, the end whose messages it makes.
  Transformer(Reactor& reactor, std::string name, std::vector<std::string> words);
  ~Transformer();
  Transformer(const Transformer&) = delete;
  Transformer& operator=(const Transformer&) = delete;

  // A message that it has died of again and again, or that is no line, and why.
  struct Refused {
    MessagePtr message;
    std::string why;
  };
  // What it makes of them. Errors: usage (it cannot be run).
  asio::awaitable<Result<Batch>> transform(Messages messages, std::vector<Refused>& refused);
  // Ends its input and gives it some seconds to end.
  asio::awaitable<void> finish();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
