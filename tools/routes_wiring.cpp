#include "routes_wiring.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "app/relay_loops.hpp"
#include "app/routes.hpp"
#include "app/run.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "cli/command/route_options.hpp"
#include "config_file.hpp"
#include "io/process/service_notify.hpp"
#include "io/stdio/live_line.hpp"
#include "read_all.hpp"
#include "relay_wiring.hpp"
#include "serve_wiring.hpp"
#include "user_files.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

constexpr std::size_t kMostRoutes = 4u << 20;  // bytes of the file

// What is of the whole run is no route's, and a route waits for what is not there yet.
void make_part(Options& options) {
  options.stats = false;
  options.stats_json.clear();
  options.record.clear();  // each start would begin the file anew
  options.no_status = true;
  options.status = options.progress = false;
  options.retry = true;
}

// Where it stands does not matter.
Options without_places(Options options) {
  options.origins.clear();
  options.warnings.clear();
  for (Options& end : options.ends) end = without_places(std::move(end));
  return options;
}

// The broker keeps for a client of a known name what is published while it is away.
bool keeps_place(const RelayOptions& relay) {
  return std::all_of(relay.from.begin(), relay.from.end(), [](const EndOptions& end) {
    return end.endpoint.kind == Kind::mqtt && !end.mqtt.client_id.empty() && end.mqtt.qos > 0;
  });
}

// What only one in this process can have: a port, stdout, a client's name at a broker.
std::vector<std::pair<std::string, std::string>> claims_of(const RelayOptions& relay) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto* const ends : {&relay.from, &relay.to})
    for (const EndOptions& end : *ends) {
      const RelayEndpoint& endpoint = end.endpoint;
      if (endpoint.kind == Kind::stdio && end.output_fd == 1) out.emplace_back("stdout", "stdout");
      if (endpoint.kind == Kind::file && ends == &relay.to)
        out.emplace_back("file " + endpoint.text, "the file " + printable(endpoint.text));
      if (endpoint.kind == Kind::serve && endpoint.listen.port != 0)
        out.emplace_back("port " + std::to_string(endpoint.listen.port),
                         "port " + std::to_string(endpoint.listen.port));
      if (endpoint.kind == Kind::mqtt && !end.mqtt.client_id.empty())
        out.emplace_back("client " + end.mqtt.client_id + "@" + endpoint.remote.authority(),
                         "the client identifier " + printable(end.mqtt.client_id) + " at " +
                             endpoint.remote.authority());
    }
  return out;
}

RouteRestart restart_of(cli::Restart restart) {
  switch (restart) {
    case cli::Restart::always:
      return RouteRestart::always;
    case cli::Restart::never:
      return RouteRestart::never;
    case cli::Restart::on_failure:
      break;
  }
  return RouteRestart::on_failure;
}

void make_parts(Options& options) {
  make_part(options);
  for (Options& end : options.ends) make_part(end);
}

Result<RelayOptions> checked_relay(const Options& complete) {
  Result<RelayOptions> relay = relay_options(complete);
  if (!relay) return relay;
  if (auto checked = check_relay_ends(*relay); !checked) return checked.error();
  return relay;
}

Result<RelayOptions> relay_of(Options options) {
  make_parts(options);
  Result<Options> complete = with_user_files(std::move(options));
  if (!complete) return complete.error();
  return checked_relay(*complete);
}

// Reads the file, again and again, and knows what was taken over last.
class RoutesReader {
 public:
  explicit RoutesReader(const Options& run) : run_(run) {}

  // Errors (usage): every fault, a line each.
  Result<std::vector<RouteOptions>> read();
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Result<std::string> text() const;
  std::optional<RouteOptions> route(const cli::RoutesFile& file,
                                    const cli::RoutePlanContext& context, cli::RoutePlan plan);
  void fault(const cli::RoutesFile& file, const std::string& name,
             const cli::RoutePlanContext* context, const std::string& text);
  void check_claims(const cli::RoutesFile& file, const RouteOptions& route);

  const Options& run_;
  std::map<std::string, Options> taken_;  // the last time, by route
  std::map<std::string, Options> next_;
  struct Claimant {
    std::string route;  // empty: the run's own pages
    unsigned line = 0;
  };
  std::map<std::string, Claimant> claimed_;
  std::vector<Error> faults_;
  std::vector<std::string> warnings_;
};

Result<std::string> RoutesReader::text() const {
  const std::string& path = run_.routes_file;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error(Fault::usage, printable(path, 256) + ": cannot read", errno);
  std::string text;
  const int failed = read_all(fd, kMostRoutes + 1, text);
  if (failed != 0)
    return system_error(Fault::usage, printable(path, 256) + ": cannot read", failed);
  if (text.size() > kMostRoutes)
    return Error(Fault::usage, printable(path, 256) + ": longer than 4MiB");
  return text;
}

// With a context, what is wrong stands in the route.
void RoutesReader::fault(const cli::RoutesFile& file, const std::string& name,
                         const cli::RoutePlanContext* context, const std::string& text) {
  for (const cli::FileRoute& route : file.routes) {
    if (route.name != name) continue;
    const cli::RouteJudge good = [](const Options& options) { return relay_of(options).ok(); };
    const std::string place = context != nullptr
                                  ? cli::place_of(file, route, *context, good)
                                  : file.file + ":" + std::to_string(route.place.line) + ":" +
                                        std::to_string(route.place.column) + ": ";
    faults_.emplace_back(Fault::usage, place + "[routes." + name + "] " + text);
    return;
  }
}

static unsigned line_of(const cli::RoutesFile& file, const std::string& name) {
  for (const cli::FileRoute& route : file.routes)
    if (route.name == name) return route.place.line;
  return 0;
}

void RoutesReader::check_claims(const cli::RoutesFile& file, const RouteOptions& route) {
  for (const auto& [what, shown] : claims_of(route.relay)) {
    const auto [found, added] =
        claimed_.emplace(what, Claimant{route.name, line_of(file, route.name)});
    const Claimant& first = found->second;
    if (added || first.route == route.name) continue;
    const std::string owner =
        first.route.empty() ? "--listen"
                            : "[routes." + first.route + "] in line " + std::to_string(first.line);
    fault(file, route.name, nullptr,
          shown + " is taken by " + owner + " already: put both into one route, or take another");
  }
}

std::optional<RouteOptions> RoutesReader::route(const cli::RoutesFile& file,
                                                const cli::RoutePlanContext& context,
                                                cli::RoutePlan plan) {
  Options& options = plan.options;
  make_parts(options);
  for (const std::string& warning : options.warnings)
    if (std::find(warnings_.begin(), warnings_.end(), warning) == warnings_.end())
      warnings_.push_back(warning);
  Result<Options> complete = with_user_files(std::move(options));
  if (!complete) return fault(file, plan.name, &context, complete.error().text()), std::nullopt;
  Result<RelayOptions> relay = checked_relay(*complete);
  if (!relay) return fault(file, plan.name, &context, relay.error().text()), std::nullopt;
  RouteOptions route;
  route.name = plan.name;
  route.relay = *std::move(relay);
  route.relay.status = false;
  route.restart = restart_of(plan.restart);
  route.most_pause = complete->retry_max_delay;
  route.keeps_place = keeps_place(route.relay);
  Options kept = without_places(*std::move(complete));
  kept.routes_file = std::to_string(static_cast<int>(plan.restart));
  const auto known = taken_.find(plan.name);
  route.unchanged = known != taken_.end() && known->second == kept;
  next_.insert_or_assign(plan.name, std::move(kept));
  check_claims(file, route);
  return route;
}

Result<std::vector<RouteOptions>> RoutesReader::read() {
  faults_.clear();
  warnings_.clear();
  next_.clear();
  claimed_.clear();
  const Result<std::string> toml = text();
  if (!toml) return toml.error();
  if (!run_.listen.empty()) {
    if (const auto own = parse_listen_address(run_.listen); own && own->port != 0)
      claimed_.emplace("port " + std::to_string(own->port), Claimant{});
  }
  const char* const home = std::getenv("HOME");
  const cli::RoutesFile file = cli::read_routes(*toml, printable(run_.routes_file, 256),
                                                home == nullptr ? "" : home, faults_);
  std::optional<Result<ConfigText>> config;
  const EnvironmentLookup environment = [](const char* name) { return std::getenv(name); };
  const ConfigLookup configuration = [&](const std::optional<std::string>& named) {
    std::string passed_over;
    if (!config) config = read_config_file(named, passed_over);
    if (!passed_over.empty()) warnings_.push_back(passed_over);
    return *config;
  };
  std::vector<RouteOptions> routes;
  const cli::RoutePlanContext context{environment, configuration, run_};
  for (cli::RoutePlan& plan : cli::plan_routes(file, context, faults_))
    if (auto made = route(file, context, std::move(plan))) routes.push_back(*std::move(made));
  if (file.secret) {
    struct stat info {};
    if (stat(run_.routes_file.c_str(), &info) == 0 && (info.st_mode & (S_IRGRP | S_IROTH)) != 0)
      warnings_.push_back(file.file + ":" + std::to_string(file.secret->line) +
                          ": holds a secret and can be read by others: chmod 600 " + file.file);
  }
  if (faults_.empty()) {
    taken_ = next_;
    return routes;
  }
  std::string all;
  for (const Error& one : faults_) all += (all.empty() ? "" : "\n") + one.text();
  return Error(Fault::usage, std::move(all));
}

int tell_faults(const Error& error) {
  for (const std::string_view line : split(error.text(), '\n')) Log::error(line);
  return exit_code(error.fault());
}

// What the file is good for.
std::string shown(const std::vector<RouteOptions>& routes) {
  std::string text;
  for (const RouteOptions& route : routes) {
    text += route.name + ":";
    for (const EndOptions& end : route.relay.from) text += " " + end.name;
    text += route.relay.both ? " <->" : " ->";
    for (const EndOptions& end : route.relay.to) text += " " + end.name;
    text += "\n";
  }
  return text;
}

}  // namespace

int run_routes_file(const Options& options) {
  RoutesOptions routes;
  routes.notify = ServiceNotify::take();
  RoutesReader reader(options);
  Result<std::vector<RouteOptions>> read = reader.read();
  for (const std::string& warning : reader.warnings()) Log::warn(warning);
  if (!read) return tell_faults(read.error());
  if (options.check || options.dry_run) {
    std::fputs(shown(*read).c_str(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
  }
  routes.routes = *std::move(read);
  routes.reload = [&] {
    auto again = reader.read();
    for (const std::string& warning : reader.warnings()) Log::warn(warning);
    return again;
  };
  if (!options.listen.empty()) {
    const auto address = parse_listen_address(options.listen);
    if (!address) return tell_faults(address.error());
    routes.listen = hub_options(options, *address);
  }
  const bool unwanted = options.no_status || options.quiet;
  routes.status = options.status || (!unwanted && stderr_is_terminal());
  routes.stats = options.stats;
  if (!options.stats_json.empty()) {
    Result<ReportFile> file = ReportFile::prepare(options.stats_json);
    if (!file) return tell_faults(file.error().within("--stats-json"));
    routes.stats_json = std::make_shared<ReportFile>(*std::move(file));
  }
  return run(OnSignal::exit_ok, [&](Reactor& reactor, Shutdown& shutdown) {
    return run_routes(reactor, shutdown, std::move(routes));
  });
}

}  // namespace rt
