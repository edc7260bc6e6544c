#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/progress.hpp"
#include "app/totals.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "io/stdio/live_line.hpp"
#include "io/stdio/report_file.hpp"

namespace rt {

enum class ShowProgress : std::uint8_t {
  no,
  yes,
  when_long,  // once the run has lasted a second
};

// What a run says of itself on stderr and in a file.
struct ReportOptions {
  std::string program;
  std::string verb;
  std::string endpoint;  // without secrets
  ShowProgress progress = ShowProgress::no;
  bool stats = false;
  std::shared_ptr<ReportFile> json;  // null: none
  bool signal_is_success = false;    // the program ends with 0 at SIGINT and SIGTERM

  bool totals() const { return stats || json != nullptr; }
};

// How far a run is.
struct RunFigures {
  std::vector<Progress::Way> ways;  // their rates are not looked at
  std::optional<std::uint64_t> lag;
  std::uint64_t reconnects = 0;
  std::optional<std::uint64_t> size;  // of the input, in bytes
  std::uint64_t done = 0;             // of it
};

// The report of one run, which begins with its construction.
class RunReport {
 public:
  explicit RunReport(ReportOptions options);

  Milliseconds elapsed() const { return time_of(std::chrono::steady_clock::now()); }
  // Since the beginning.
  Milliseconds time_of(SteadyTime when) const {
    return std::chrono::duration_cast<Milliseconds>(when - begin_);
  }
  // Shows the live line for as long as it runs, if it is wanted; never completes. One at a time.
  asio::awaitable<void> show(Reactor& reactor, const std::function<RunFigures()>& look);
  // Ends the live line, with the figures of the whole run, and gives the totals to where they are
  // wanted; times, endpoint and outcome are filled in. The result is that of the run, unless it was
  // good and the file could not be written.
  Result<void> close(Result<void> result, int signal, const RunFigures& figures, Totals totals);

 private:
  Progress progress_of(const RunFigures& figures, SteadyTime now);
  void finish_line(const RunFigures& figures);

  ReportOptions options_;
  WallTime start_;
  SteadyTime begin_;
  std::vector<Speed> speeds_;  // by way
  Speed input_;
  std::optional<LiveLine> line_;
  bool shown_ = false;
};

}  // namespace rt
