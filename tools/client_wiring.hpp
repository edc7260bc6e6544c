#pragma once

#include "app/client.hpp"
#include "cli/options/options.hpp"
#include "end_wiring.hpp"

namespace rt {

// Everything that a client's verb needs, made from the command line.
struct ClientPlan {
  EndOptions end;
  ClientOptions client;
  bool ordered = true;  // rpc: see RpcOptions
};

// Reads the URL, the password (a prompt) and the rest. Errors: usage, or a file that cannot be
// written to.
Result<ClientPlan> client_plan(Program program, const Options& options);

// Runs the verb.
asio::awaitable<Result<void>> run_client(Reactor& reactor, Shutdown& shutdown, ClientPlan plan,
                                         Verb verb);

}  // namespace rt
