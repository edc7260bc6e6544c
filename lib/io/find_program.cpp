#include "io/find_program.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "base/text.hpp"

namespace rt {
namespace {

bool is_program(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> search_path() {
  const char* const path = std::getenv("PATH");
  std::vector<std::string> out;
  for (const std::string_view directory : split(path != nullptr ? path : "/usr/bin:/bin", ':'))
    out.emplace_back(directory.empty() ? "." : directory);
  return out;
}

}  // namespace

std::optional<std::string> find_program(const std::string& name,
                                        const std::vector<std::string>& more_directories) {
  if (name.find('/') != std::string::npos)
    return is_program(name) ? std::optional(name) : std::nullopt;
  std::vector<std::string> directories = search_path();
  directories.insert(directories.end(), more_directories.begin(), more_directories.end());
  for (const std::string& directory : directories) {
    std::string path = directory + "/" + name;
    if (is_program(path)) return path;
  }
  return std::nullopt;
}

Error cannot_run(const std::string& name, int error_number) {
  return system_error(Fault::usage, "cannot run " + printable(name), error_number);
}

Result<std::string> program_path(const std::string& name) {
  if (name.empty()) return cannot_run("\"\"", ENOENT);
  // What is wrong with a path, execve(2) says.
  if (name.find('/') != std::string::npos) return name;
  if (auto found = find_program(name)) return *std::move(found);
  for (const std::string& directory : search_path())
    if (access((directory + "/" + name).c_str(), F_OK) == 0) return cannot_run(name, EACCES);
  return Error(Fault::usage, "cannot run " + printable(name) + ": not found in PATH");
}

}  // namespace rt
