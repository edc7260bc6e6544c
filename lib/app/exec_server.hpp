#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>

#include "app/exec_connection.hpp"
#include "app/hub_server.hpp"
#include "app/run.hpp"
#include "base/result.hpp"
#include "io/process/service_notify.hpp"

namespace rt {

struct ExecServerOptions {
  // Its limits, addresses and who may come in; of the hub nothing else.
  HubServerOptions server;
  ExecCommand command;
  std::size_t max_children = 64;  // more connections are refused with 503
  ServiceNotify notify;
};

// A WebSocket server that runs a command for each connection: what comes is its stdin, its stdout
// is sent. It is ended (SIGTERM, after 3 s SIGKILL) with its connection; the connection is closed
// with 1000 when it has ended with 0, else with 1011. Its environment has REMOTE_ADDR, PATH_INFO
// and QUERY_STRING, and nothing else of the peer. Runs until it is told to stop. Errors: an address
// that cannot be had, a program that cannot be found.
asio::awaitable<Result<void>> serve_commands(Reactor& reactor, Shutdown& shutdown,
                                             ExecServerOptions options);

}  // namespace rt
