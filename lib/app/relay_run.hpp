#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/make_end.hpp"
#include "app/recorder.hpp"
#include "app/run.hpp"
#include "app/run_report.hpp"
#include "app/totals.hpp"
#include "base/result.hpp"
#include "engine/route.hpp"
#include "io/process/service_notify.hpp"

namespace rt {

struct RelayOptions {
  std::vector<EndOptions> from;
  std::vector<EndOptions> to;
  std::optional<EndOptions> dead_letter;  // takes what a sink refuses for good
  bool both = false;  // exactly one of each; the route's filters apply both ways
  Route route;
  std::string content_type;  // of messages that have none
  std::optional<std::uint64_t> count;
  std::optional<Milliseconds> timeout;
  std::optional<Milliseconds> linger;
  bool status = false;   // the status line is shown
  ReportOptions report;  // its totals
  RecordOptions record;
  ServiceNotify notify;                  // who is told when all ends stand and when it ends
  std::function<void()> on_stands = {};  // the same
};

// True when an end is a server of this process: its orderly end is success.
bool relay_serves(const RelayOptions& options);

// What shows before anything is opened: routes that feed themselves, ports that two want. May
// decide what was left open. Errors: usage.
Result<void> check_relay_ends(RelayOptions& options);

// One run of a relay.
class RelayRun {
 public:
  RelayRun(Reactor& reactor, Shutdown& shutdown, RelayOptions options);
  ~RelayRun();
  RelayRun(const RelayRun&) = delete;
  RelayRun& operator=(const RelayRun&) = delete;

  // As relay().
  asio::awaitable<Result<void>> run();

  // So far; times, outcome and endpoint are not filled in.
  Totals totals() const;
  std::uint64_t left() const;  // as of Relay
  // An end whose connection is lost; empty: there is none.
  std::string lost_end() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

// Relays until all sources have ended, the count is reached, or the shutdown is requested. The
// sinks stand before a source is read. Errors carry the end's name: usage (a route that feeds
// itself), timeout, lost, and those of the ends.
asio::awaitable<Result<void>> relay(Reactor& reactor, Shutdown& shutdown, RelayOptions options);

}  // namespace rt
