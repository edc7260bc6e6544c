#include "base/log.hpp"

#include <unistd.h>

#include <utility>

#include "base/log_lines.hpp"

namespace rt {
namespace {

std::string& program_name() {
  static std::string name = "rtwire";
  return name;
}
LogLevel current_level = LogLevel::normal;
thread_local const std::string* about = nullptr;
std::function<void()>& line_hook() {
  static std::function<void()> hook;
  return hook;
}

LogLines& lines() {
  static LogLines lines(STDERR_FILENO, program_name());
  return lines;
}

void put(const std::string& line) {
  if (line_hook()) line_hook()();
  lines().put(line);
}

void put_named(std::string_view text) {
  std::string line = program_name() + ": ";
  if (about != nullptr) line += *about + ": ";
  put(line += text);
}

}  // namespace

void Log::configure(std::string_view program, LogLevel level) {
  program_name() = program;
  current_level = level;
}

const std::string& Log::program() {
  return program_name();
}

LogLevel Log::level() {
  return current_level;
}

void Log::warn(std::string_view text) {
  if (current_level >= LogLevel::normal) put_named(text);
}
bool Log::shows_notices() {
  static const bool on_terminal = ::isatty(STDERR_FILENO) == 1;
  return current_level >= LogLevel::verbose || (current_level == LogLevel::normal && on_terminal);
}
void Log::notice(std::string_view text) {
  if (shows_notices()) put_named(text);
}
void Log::info(std::string_view text) {
  if (current_level >= LogLevel::verbose) put_named(text);
}
void Log::debug(std::string_view text) {
  if (current_level >= LogLevel::debug) put_named(text);
}
void Log::error(std::string_view text) {
  put_named(text);
}
void Log::ready(std::string_view line) {
  put(std::string(line));
}
Log::About::About(const std::string* name) : before_(std::exchange(about, name)) {}
Log::About::~About() {
  about = before_;
}
std::uint64_t Log::dropped() {
  return lines().dropped();
}
void Log::before_line(std::function<void()> hook) {
  line_hook() = std::move(hook);
}

}  // namespace rt
