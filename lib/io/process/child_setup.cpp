#include "io/process/child_setup.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

extern char** environ;

namespace rt {
namespace {

// Descriptors that other threads may open between the look and the fork.
constexpr int kSlack = 64;

}  // namespace

Descriptor secured(int fd) {
  if (fd < 0) return Descriptor();
  Descriptor out(fd);
  if (fd <= 2) out = Descriptor(fcntl(fd, F_DUPFD, 3));
  fcntl(out.get(), F_SETFD, FD_CLOEXEC);
  return out;
}

bool SecuredPipe::open() {
  int ends[2] = {-1, -1};
  if (pipe(ends) != 0) return false;
  reader = secured(ends[0]);
  writer = secured(ends[1]);
  return reader.get() >= 0 && writer.get() >= 0;
}

int highest_descriptor() {
  int highest = 2;
  if (DIR* const directory = opendir("/dev/fd")) {
    while (const dirent* const entry = readdir(directory))
      highest = std::max(highest, std::atoi(entry->d_name));
    closedir(directory);
    return highest + kSlack;
  }
  const long limit = sysconf(_SC_OPEN_MAX);
  return limit > 0 ? static_cast<int>(std::min(limit, 1L << 20)) : 1 << 16;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (std::string& string : strings) out.push_back(string.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(
    const std::vector<std::pair<std::string, std::string>>& added, std::string_view dropped) {
  std::vector<std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!dropped.empty() && text.substr(0, dropped.size()) == dropped) continue;
    const bool replaced = std::any_of(added.begin(), added.end(), [&](const auto& variable) {
      return text.substr(0, text.find('=')) == variable.first;
    });
    if (!replaced) out.emplace_back(text);
  }
  for (const auto& [name, value] : added) out.push_back(name + "=" + value);
  return out;
}

AllSignalsBlocked::AllSignalsBlocked() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before_);
}

AllSignalsBlocked::~AllSignalsBlocked() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void ignore_broken_pipes() {
  struct sigaction now {};
  if (sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
    std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace rt
