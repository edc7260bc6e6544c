#include "io/process/find_program.hpp"

#include <fcntl.h>
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

constexpr std::size_t kMostHead = 1024;  // more than any system takes of a #! line

// The beginning of a file; empty when it cannot be read.
std::string head_of(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  char head[kMostHead];
  const ssize_t n = read(fd, head, sizeof head);
  close(fd);
  return n > 0 ? std::string(head, static_cast<std::size_t>(n)) : std::string();
}

// "/bin/sh" of "#! /bin/sh -e"; empty when there is no such line.
std::string interpreter_in(std::string_view head) {
  if (!head.starts_with("#!")) return {};
  head = head.substr(2, head.find('\n') - 2);
  const std::size_t begin = head.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  head.remove_prefix(begin);
  return std::string(head.substr(0, head.find_first_of(" \t")));
}

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

std::string cause_in_script(const std::string& interpreter) {
  if (interpreter.ends_with('\r'))
    return "its first line ends in a carriage return (save it with Unix line ends)";
  const std::string named = "the interpreter that its first line names, " + printable(interpreter);
  if (!exists(interpreter)) return named + ", is not there (install it, or correct the line)";
  return named + ", cannot be executed (correct the line)";
}

// Nothing where the error number says it all.
std::string cause_in_file(const std::string& path, int error_number, std::string_view or_else) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  if (S_ISDIR(info.st_mode)) return "it is a directory (name a program)";
  if (!S_ISREG(info.st_mode)) return {};
  const mode_t anybody = S_IXUSR | S_IXGRP | S_IXOTH;
  if (error_number == EACCES && (info.st_mode & anybody) == 0)
    return "it is not executable (chmod +x " + printable(path) + ")";
  const std::string head = head_of(path);
  const std::string interpreter = interpreter_in(head);
  if (!interpreter.empty() && (error_number == EACCES || error_number == ENOENT)) {
    const bool denied = access(path.c_str(), X_OK) != 0;
    return denied ? std::string() : cause_in_script(interpreter);
  }
  if (error_number == ENOENT) return "the loader it needs is not there (is it of another system?)";
  if (error_number != ENOEXEC) return {};
  if (head.starts_with("\177ELF"))
    return "it is a program of another kind of machine (get the one for this machine)";
  return "it is no program, and has no #! line (begin it with #!/bin/sh or the like" +
         (or_else.empty() ? "" : ", or give " + std::string(or_else)) + ")";
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

Error cannot_run(const std::string& name, const std::string& path, int error_number,
                 std::string_view or_else) {
  const std::string what = "cannot run " + (name.empty() ? "\"\"" : printable(name));
  const std::string cause = cause_in_file(path, error_number, or_else);
  if (cause.empty()) return system_error(Fault::usage, what, error_number);
  return Error(Fault::usage, what + ": " + cause);
}

bool has_interpreter(const std::string& path) {
  const std::string interpreter = interpreter_in(head_of(path));
  return interpreter.empty() || exists(interpreter);
}

Result<std::string> program_path(const std::string& name) {
  if (name.empty()) return cannot_run(name, name, ENOENT);
  // What is wrong with a path, execve(2) says.
  if (name.find('/') != std::string::npos) return name;
  if (auto found = find_program(name)) return *std::move(found);
  for (const std::string& directory : search_path()) {
    const std::string path = directory + "/" + name;
    if (exists(path)) return cannot_run(name, path, EACCES);
  }
  return Error(Fault::usage, "cannot run " + printable(name) + ": not found in PATH");
}

}  // namespace rt
