#include "dry_run_wiring.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/text.hpp"
#include "broker_wiring.hpp"
#include "cli/dry_run/equal_command.hpp"
#include "client_wiring.hpp"
#include "io/net/proxy.hpp"
#include "io/stdio/standard_streams.hpp"
#include "model/proxy_url.hpp"
#include "password_prompt.hpp"
#include "relay_wiring.hpp"
#include "serve_wiring.hpp"

namespace rt {
namespace {

bool is_variable(const char* name, const std::optional<std::string>& value) {
  const char* variable = std::getenv(name);
  return variable != nullptr && *variable != '\0' && value == variable;
}

// What open_output would say.
Result<void> check_writable(const char* option, const std::string& path) {
  if (path.empty() || path == "-") return {};
  struct stat info {};
  int failed = 0;
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode))
      failed = EISDIR;
    else if (access(path.c_str(), W_OK) != 0)
      failed = errno;
  } else if (errno != ENOENT) {
    failed = errno;
  } else {
    const std::size_t slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "."
                                  : slash == 0               ? "/"
                                                             : path.substr(0, slash);
    if (access(directory.c_str(), W_OK | X_OK) != 0) failed = errno;
  }
  if (failed != 0)
    return system_error(Fault::usage,
                        std::string(option) + " " + printable(path) + ": cannot write", failed);
  return {};
}

// Without what would be opened and asked for.
Options harmless(Options options) {
  options.output.clear();
  options.stats_json.clear();
  options.record.clear();
  options.sent_at.clear();
  if (!options.password) options.password.emplace();
  for (Options& end : options.ends) end = harmless(std::move(end));
  return options;
}

Result<void> check_prompt(const Options& options, const Endpoint& endpoint) {
  const std::string& user = options.user.empty() ? endpoint.user : options.user;
  if (user.empty() || options.password || (options.user.empty() && endpoint.has_password))
    return {};
  if (options.netrc) return {};  // perhaps it has one
  return check_terminal(user);
}

Result<void> check_client(Program program, const Options& options, std::string& proxy) {
  const Result<ClientPlan> plan = client_plan(program, harmless(options));
  if (!plan) return plan.error();
  if (auto asked = check_prompt(options, plan->end.endpoint.remote); !asked) return asked;
  const Result<std::string> found = proxy_for(plan->end.endpoint.remote, options.network);
  if (!found) return found.error();
  proxy = shown_proxy(*found);
  return {};
}

Result<void> check_server(Program program, const Options& options) {
  if (program == Program::rtmqtt) {
    const Result<ServeBrokerOptions> broker = serve_broker_options(harmless(options));
    if (!broker) return broker.error();
    return {};
  }
  const Result<ServeOptions> server = serve_options(program, harmless(options));
  if (!server) return server.error();
  if (options.bus.empty()) return {};
  const Result<Endpoint> bus = parse_endpoint(options.bus, Transport::mqtt);
  if (!bus) return bus.error();
  return check_prompt(options, *bus);
}

Result<void> check_relay(const Options& options) {
  const Result<RelayOptions> relay = relay_options(harmless(options));
  if (!relay) return relay.error();
  std::vector<std::string> written = options.from;
  written.insert(written.end(), options.endpoints.begin(), options.endpoints.end());
  if (!options.dead_letter.empty()) written.push_back(options.dead_letter);
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Result<RelayEndpoint> end = parse_relay_endpoint(written[i]);
    if (!end) return end.error();
    const Options& own = i < options.ends.size() ? options.ends[i] : options;
    if (!end->is_remote()) continue;
    if (auto asked = check_prompt(own, end->remote); !asked) return asked;
  }
  return {};
}

}  // namespace

Result<std::string> dry_run(Program program, const Options& given, const Options& complete) {
  cli::DryRunFacts facts;
  facts.stdin_is_terminal = stdin_is_terminal();
  facts.password_is_variable = is_variable("RT_PASSWORD", given.password);
  facts.bearer_is_variable = is_variable("RT_BEARER", given.bearer);
  Result<void> checked;
  if (complete.verb == Verb::relay)
    checked = check_relay(complete);
  else if (complete.verb == Verb::serve)
    checked = check_server(program, complete);
  else
    checked = check_client(program, complete, facts.proxy);
  if (!checked) return checked.error();
  if (auto writable = check_writable("--output", complete.output); !writable)
    return writable.error();
  if (auto writable = check_writable("--record", complete.record); !writable)
    return writable.error();
  return cli::dry_run_text(program, given, facts);
}

}  // namespace rt
