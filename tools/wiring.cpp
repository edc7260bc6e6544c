#include "wiring.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>
#include <variant>

#include "app/run.hpp"
#include "app/serve.hpp"
#include "app/serve_broker.hpp"
#include "base/log.hpp"
#include "base/unexpected.hpp"
#include "broker_wiring.hpp"
#include "cli/command/parse.hpp"
#include "client_wiring.hpp"
#include "compare_wiring.hpp"
#include "config_file.hpp"
#include "dry_run_wiring.hpp"
#include "io/stdio/standard_streams.hpp"
#include "mosquitto_wiring.hpp"
#include "relay_wiring.hpp"
#include "routes_wiring.hpp"
#include "serve_wiring.hpp"
#include "user_files.hpp"

namespace rt {
namespace {

LogLevel level_of(const Options& options) {
  if (options.quiet) return LogLevel::quiet;
  if (options.verbose >= 2) return LogLevel::debug;
  return options.verbose == 1 ? LogLevel::verbose : LogLevel::normal;
}

int print_text(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EPIPE) return 0;
    if (n < 0) {
      Log::error(stream_error("stdout", errno).text());
      return 1;
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

int run_verb(Program program, int argc, char** argv) {
  if (program == Program::rtmqtt && argc > 1 && std::string_view(argv[1]) == "--mosquitto")
    return run_mosquitto(argc - 2, argv + 2);
  // Before files are opened: help needs none.
  const Result<void> room = Reactor::ensure_descriptors();
  std::string passed_over;  // why the configuration file was
  const ParseOutcome outcome = parse(
      program, argc, argv, [](const char* name) { return std::getenv(name); },
      HelpStyle{terminal_columns(), stdout_has_colour()},
      [&](const auto& named) { return read_config_file(named, passed_over); });
  if (const auto* text = std::get_if<TextToPrint>(&outcome)) return print_text(text->text);
  if (!room) return report(room.error());
  if (const auto* error = std::get_if<Error>(&outcome)) return report(*error);
  Log::configure(name_of(program), level_of(std::get<Options>(outcome)));
  if (!passed_over.empty()) Log::warn(passed_over);
  const Result<Options> complete = with_user_files(std::get<Options>(outcome));
  if (!complete) return report(complete.error());
  const Options& options = *complete;
  for (const std::string& warning : options.warnings) Log::warn(warning);
  if (options.verb == Verb::run) return run_routes_file(options);
  if (options.verb == Verb::compare) {
    std::vector<std::string> command(argv, argv + argc);
    command.front() = name_of(program);
    return run_compare(options, command);
  }
  if (options.dry_run) {
    const Result<std::string> text = dry_run(program, std::get<Options>(outcome), options);
    return text ? print_text(*text) : report(text.error());
  }

  if (options.verb == Verb::relay) return run_relay(options);
  if (options.verb == Verb::serve && program == Program::rtmqtt) {
    Result<ServeBrokerOptions> broker = serve_broker_options(options);
    if (!broker) return report(broker.error());
    return run(OnSignal::exit_ok, [&](Reactor& reactor, Shutdown& shutdown) {
      return serve_broker(reactor, shutdown, std::move(*broker));
    });
  }
  if (options.verb == Verb::serve && !options.exec.empty()) {
    Result<ExecServerOptions> server = exec_server_options(options);
    if (!server) return report(server.error());
    return run(OnSignal::exit_ok, [&](Reactor& reactor, Shutdown& shutdown) {
      return serve_commands(reactor, shutdown, std::move(*server));
    });
  }
  if (options.verb == Verb::serve && !options.replay.empty() && program != Program::rtpoll) {
    Result<ReplayServerOptions> server = replay_server_options(program, options);
    if (!server) return report(server.error());
    return run(OnSignal::exit_ok, [&](Reactor& reactor, Shutdown& shutdown) {
      return serve_recording(reactor, shutdown, std::move(*server));
    });
  }
  if (options.verb == Verb::serve) {
    Result<ServeOptions> server = serve_options(program, options);
    if (!server) return report(server.error());
    return run(OnSignal::exit_ok, [&](Reactor& reactor, Shutdown& shutdown) {
      return serve(reactor, shutdown, std::move(*server));
    });
  }
  Result<ClientPlan> plan = client_plan(program, options);
  if (!plan) return report(plan.error());
  return run(OnSignal::reraise, [&](Reactor& reactor, Shutdown& shutdown) {
    return run_client(reactor, shutdown, std::move(*plan), options.verb);
  });
}

}  // namespace

int run_program(Program program, int argc, char** argv) {
  prepare_standard_streams();
  Log::configure(name_of(program), LogLevel::normal);
  end_when_out_of_memory(name_of(program));
  try {
    return run_verb(program, argc, argv);
  } catch (...) {
    return report(error_from(std::current_exception()));
  }
}

}  // namespace rt
