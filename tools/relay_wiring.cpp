#include "relay_wiring.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "app/run.hpp"
#include "base/log.hpp"
#include "cli/options/credential.hpp"
#include "end_wiring.hpp"
#include "io/stdio/live_line.hpp"
#include "mqtt_wiring.hpp"
#include "recording_wiring.hpp"
#include "report_wiring.hpp"
#include "serve_wiring.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

// None of stdin, a program and a file.
std::optional<Transport> transport_of(const RelayEndpoint& endpoint) {
  switch (endpoint.kind) {
    case Kind::sse:
      return Transport::sse;
    case Kind::mqtt:
      return Transport::mqtt;
    case Kind::poll:
      return Transport::poll;
    case Kind::serve:
      return endpoint.served;
    case Kind::ws:
      return Transport::ws;
    default:
      return std::nullopt;
  }
}

// The one that all have.
std::optional<Transport> transport_of(const std::vector<EndOptions>& ends) {
  const auto first = transport_of(ends.front().endpoint);
  const bool same = std::all_of(ends.begin(), ends.end(), [&](const EndOptions& end) {
    return transport_of(end.endpoint) == first;
  });
  return same ? first : std::nullopt;
}

// Before a password is asked for and before anything connects.
Result<void> check_secrets(const std::vector<std::string>& written, const Options& options) {
  std::vector<RelayEndpoint> endpoints;
  for (const std::string& text : written) {
    Result<RelayEndpoint> endpoint = parse_relay_endpoint(text);
    if (!endpoint) return endpoint.error();
    endpoints.push_back(std::move(*endpoint));
  }
  std::vector<cli::CredentialEnd> ends;
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    ends.push_back({&endpoints[i], i < options.ends.size() ? &options.ends[i] : &options});
  return cli::check_credentials(ends);
}

// One that is given for all ends has to be for one of them at least.
Result<void> check_psk_of(const RelayOptions& relay, const Options& options) {
  const Endpoint* clear = nullptr;
  bool used = false;
  std::size_t next = 0;
  for (const auto* ends : {&relay.from, &relay.to}) {
    for (const EndOptions& end : *ends) {
      const Options& own = next < options.ends.size() ? options.ends[next] : options;
      ++next;
      if (end.endpoint.kind != Kind::mqtt) continue;
      const Endpoint& remote = end.endpoint.remote;
      const std::vector<std::string>& names = own.of_endpoint;
      if (std::find(names.begin(), names.end(), "psk-identity") != names.end()) {
        if (auto good = check_psk(own, remote); !good) return good;
      }
      used = used || remote.tls;
      clear = &remote;
    }
  }
  return used || clear == nullptr ? Result<void>() : check_psk(options, *clear);
}

}  // namespace

Result<RelayOptions> relay_options(const Options& options) {
  std::vector<std::string> from = options.from;
  std::vector<std::string> to = options.endpoints;
  if (from.empty() && !to.empty()) {
    from.push_back(to.front());
    to.erase(to.begin());
  }
  if (from.empty() || to.empty())
    return Error(Fault::usage, "from where to where? write: rtrelay FROM TO");

  std::vector<std::string> written = from;
  written.insert(written.end(), to.begin(), to.end());
  if (!options.dead_letter.empty()) written.push_back(options.dead_letter);
  if (auto checked = check_secrets(written, options); !checked) return checked.error();

  RelayOptions relay;
  relay.notify = ServiceNotify::take();
  EndPlanner ends;
  // Named endpoints may have options of their own.
  std::size_t next = 0;
  const auto own = [&]() -> const Options& {
    return next < options.ends.size() ? options.ends[next++] : options;
  };
  for (const std::string& text : from) {
    Result<EndOptions> end = ends.end(text, own(), {.read = true, .write = options.both});
    if (!end) return end.error();
    relay.from.push_back(std::move(*end));
  }
  for (const std::string& text : to) {
    Result<EndOptions> end = ends.end(text, own(), {.read = options.both, .write = true});
    if (!end) return end.error();
    if (end->endpoint.kind == Kind::stdio) {
      const Result<int> output = open_output(options.output);
      if (!output) return output.error();
      end->output_fd = *output;
      if (*output != 1) end->output_name = options.output;
    }
    end->transport = transport_of(relay.from);
    relay.to.push_back(std::move(*end));
  }
  for (EndOptions& end : relay.from) end.transport = transport_of(relay.to);
  if (auto good = check_psk_of(relay, options); !good) return good.error();
  if (!options.dead_letter.empty()) {
    Result<EndOptions> end = ends.end(options.dead_letter, own(), {.read = false, .write = true});
    if (!end) return end.error().within("--dead-letter");
    // An envelope is one already.
    if (end->framing.kind == FramingKind::json) end->framing.kind = FramingKind::lines;
    if (end->endpoint.kind == Kind::stdio) end->name = "stdout";
    relay.dead_letter = std::move(*end);
  }
  Result<Route> route = Route::make(options.maps, options.filters);
  if (!route) return route.error();
  relay.route = std::move(*route);
  relay.both = options.both;
  relay.content_type = options.content_type;
  relay.count = options.count;
  relay.timeout = options.timeout;
  relay.linger = options.linger;
  const bool unwanted = options.no_status || options.no_progress || options.quiet;
  relay.status = options.status || options.progress || (!unwanted && stderr_is_terminal());
  Result<RecordOptions> record = record_options(Program::rtrelay, options, {});
  if (!record) return record.error();
  relay.record = *std::move(record);
  Result<ReportOptions> report = report_options(Program::rtrelay, options, {});
  if (!report) return report.error();
  relay.report = std::move(*report);
  relay.report.signal_is_success = relay_serves(relay);
  return relay;
}

int run_relay(const Options& options) {
  Result<RelayOptions> planned = relay_options(options);
  if (!planned) {
    Log::error(planned.error().text());
    return exit_code(planned.error().fault());
  }
  const OnSignal on_signal = relay_serves(*planned) ? OnSignal::exit_ok : OnSignal::reraise;
  return run(on_signal, [&](Reactor& reactor, Shutdown& shutdown) {
    return relay(reactor, shutdown, std::move(*planned));
  });
}

}  // namespace rt
