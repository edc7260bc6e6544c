#pragma once

#include "app/client.hpp"
#include "cli/options.hpp"

namespace rt {

// Everything that a client's verb needs, made from the command line.
struct ClientPlan {
  Endpoint endpoint;
  ClientOptions client;
  HttpOptions http;
  WsClientOptions websocket;
};

// Reads the URL, the password (file or prompt) and the rest. Errors: usage, or a file that cannot
// be read.
Result<ClientPlan> client_plan(Program program, const Options& options);

// Runs the verb with the links of that program.
asio::awaitable<Result<void>> run_client(Reactor& reactor, Shutdown& shutdown, ClientPlan plan,
                                         Program program, const Options& options);

}  // namespace rt
