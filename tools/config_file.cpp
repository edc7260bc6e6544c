#include "config_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "base/text.hpp"
#include "read_all.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostConfig = 1u << 20;  // bytes

std::string usual_path() {
  const char* base = std::getenv("XDG_CONFIG_HOME");
  // The XDG Base Directory Specification: a relative one does not count.
  if (base != nullptr && *base == '/') return std::string(base) + "/rtwire/config.toml";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return std::string(home) + "/.config/rtwire/config.toml";
}

bool is_nobodys(std::string_view path) {
  return path.starts_with("/dev/null/") || path.starts_with("/nonexistent/");
}

Error unusable(const std::string& path, int error_number) {
  return system_error(Fault::usage, "configuration file " + printable(path, 256), error_number);
}

// Takes the descriptor.
Result<ConfigText> text_of(int fd, const std::string& path) {
  ConfigText out{printable(path, 256), {}, true, false};
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
    out.readable_by_others = (info.st_mode & (S_IRGRP | S_IROTH)) != 0;
  const int failed = read_all(fd, kMostConfig + 1, out.text);
  if (failed != 0) return unusable(path, failed);
  if (out.text.size() > kMostConfig)
    return Error(Fault::usage, "configuration file " + out.name + ": longer than 1MiB");
  return out;
}

}  // namespace

Result<ConfigText> read_config_file(const std::optional<std::string>& named, std::string& warning) {
  const std::string path = named ? *named : usual_path();
  if (path.empty()) return ConfigText{};
  struct stat info {};
  if (!named && stat(path.c_str(), &info) != 0) {
    const int failed = errno;
    const bool dangling = failed == ENOENT && lstat(path.c_str(), &info) == 0;
    if (dangling || (failed != ENOENT && failed != ENOTDIR && failed != EACCES))
      return unusable(path, failed);
    // Perhaps somebody else's home, where one need not be able to look.
    if (failed != ENOENT && !is_nobodys(path))
      warning = unusable(path, failed).text() + "; going on without it";
    return ConfigText{printable(path, 256), {}, false, false};
  }
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unusable(path, errno);
  return text_of(fd, path);
}

}  // namespace rt
