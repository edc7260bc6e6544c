#include "io/process/process_figures.hpp"

#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#ifdef __APPLE__
#include <libproc.h>
#include <mach-o/dyld.h>
#include <mach/mach_time.h>
#endif

namespace rt {

#ifdef __APPLE__

std::optional<ProcessFigures> process_figures(pid_t process) {
  rusage_info_v2 usage{};
  if (proc_pid_rusage(process, RUSAGE_INFO_V2, reinterpret_cast<rusage_info_t*>(&usage)) != 0)
    return std::nullopt;
  mach_timebase_info_data_t base{};
  if (mach_timebase_info(&base) != KERN_SUCCESS || base.denom == 0) return std::nullopt;
  const std::uint64_t ticks = usage.ri_user_time + usage.ri_system_time;
  return ProcessFigures{
      std::chrono::nanoseconds(static_cast<std::int64_t>(ticks * base.numer / base.denom)),
      usage.ri_resident_size};
}

std::string own_executable() {
  std::uint32_t size = 0;
  _NSGetExecutablePath(nullptr, &size);
  std::vector<char> path(size + 1);
  return _NSGetExecutablePath(path.data(), &size) == 0 ? std::string(path.data()) : std::string();
}

#else

// /proc/PID/stat counts in steps of 10 ms, which is longer than a server may take for all.
std::optional<ProcessFigures> process_figures(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0)
    return std::nullopt;
  ProcessFigures out;
  out.cpu = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  const std::string path = "/proc/" + std::to_string(process) + "/statm";
  std::FILE* const file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return std::nullopt;
  unsigned long whole = 0, resident = 0;
  const int read = std::fscanf(file, "%lu %lu", &whole, &resident);
  std::fclose(file);
  if (read != 2) return std::nullopt;
  out.resident = std::uint64_t{resident} * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return out;
}

std::string own_executable() {
  std::vector<char> path(4096);
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0 || static_cast<std::size_t>(size) == path.size()) return {};
  return std::string(path.data(), static_cast<std::size_t>(size));
}

#endif

}  // namespace rt
