#include "report_wiring.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "io/stdio/live_line.hpp"
#include "io/stdio/standard_streams.hpp"

namespace rt {
namespace {

constexpr off_t kLongFile = 1 << 20;

bool is_long_file(const DataArgument& data) {
  struct stat info {};
  return data.from_file && stat(data.text.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         info.st_size > kLongFile;
}

// Someone who sends a file watches it go.
bool sends_file(const Options& options) {
  if (options.verb != Verb::pub) return false;
  const bool reads_stdin = options.messages.empty() && options.data.empty();
  return (reads_stdin && stdin_bytes_left().has_value()) ||
         std::any_of(options.data.begin(), options.data.end(), is_long_file);
}

ShowProgress progress_of(Program program, const Options& options) {
  if (program == Program::rtrelay) return ShowProgress::no;  // its status line says it
  if (options.progress) return ShowProgress::yes;
  if (options.no_progress || options.quiet || !stderr_is_terminal()) return ShowProgress::no;
  return sends_file(options) ? ShowProgress::when_long : ShowProgress::no;
}

}  // namespace

Result<ReportOptions> report_options(Program program, const Options& options,
                                     std::string endpoint) {
  ReportOptions report;
  report.program = name_of(program);
  report.verb = name_of(options.verb);
  report.endpoint = std::move(endpoint);
  report.progress = progress_of(program, options);
  report.stats = options.stats;
  if (options.stats_json.empty()) return report;
  Result<ReportFile> file = ReportFile::prepare(options.stats_json);
  if (!file) return file.error().within("--stats-json");
  report.json = std::make_shared<ReportFile>(std::move(*file));
  return report;
}

}  // namespace rt
