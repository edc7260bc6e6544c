#pragma once

#include <asio/awaitable.hpp>
#include <optional>
#include <string>

#include "app/client.hpp"
#include "app/remote_end.hpp"
#include "app/run.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace rt {

struct RpcOptions {
  // What is sent, and where answers go; of a client's options those for messages and output.
  ClientOptions client;
  // Where the answers come: the end reads that and nothing else.
  std::string response_topic;
  // Requests bear a mark of their own (MQTT 5's correlation data), by which answers are told apart.
  // false: there is one request, and the first message that comes is its answer.
  bool correlates = true;
  bool ordered = true;                  // answers go out in the order of their requests
  std::optional<Milliseconds> timeout;  // of each request
};

// Sends requests over MQTT, many at a time, and writes their answers out. It ends when each has had
// its answer or its time. Errors carry the endpoint's name; timeout: requests have had no answer.
asio::awaitable<Result<void>> run_rpc(Reactor& reactor, Shutdown& shutdown, RemoteEnd& end,
                                      RpcOptions options);

}  // namespace rt
