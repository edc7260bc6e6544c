#pragma once

#include "app/exec_server.hpp"
#include "app/replay_server.hpp"
#include "app/serve.hpp"
#include "cli/options/options.hpp"

namespace rt {

Framing framing_of(const Options& options);

// Opens what -o names for writing; 1 (stdout) when it names nothing.
Result<int> open_output(const std::string& path);

// What the command line says of a hub that listens there.
HubServerOptions hub_options(const Options& options, const ListenAddress& address);

// What a broker may keep, and the longest message that can pass through it then: a quarter of that,
// if `max_message` is not less.
void bound_broker(BrokerOptions& broker, std::size_t memory, std::size_t max_message);

// What `serve` of that program runs with. Errors (usage): a bad address, a file that cannot be
// read.
Result<ServeOptions> serve_options(Program program, const Options& options);
// The same with --exec, in rtws, and with --replay, in rtws and rtsse.
Result<ExecServerOptions> exec_server_options(const Options& options);
Result<ReplayServerOptions> replay_server_options(Program program, const Options& options);

}  // namespace rt
