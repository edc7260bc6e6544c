#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "model/message.hpp"

namespace rt {

// What -d gives: a payload, or the file that holds it ("-": stdin).
struct Argument {
  bool from_file = false;
  std::string text;
};

// A message for each argument. A file is read no further than `most` bytes, and while it has
// nothing to give (a pipe, a terminal) the loop goes on. Errors: usage when a file cannot be opened
// or a message is longer than that, other when reading fails.
asio::awaitable<Result<Batch>> messages_of(Reactor& reactor, const std::vector<Argument>& arguments,
                                           std::size_t most);

}  // namespace rt
