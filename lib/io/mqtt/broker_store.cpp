#include "io/mqtt/broker_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "base/text.hpp"

namespace rt {
namespace {

Error unusable(const std::string& path, int error_number) {
  return system_error(Fault::usage, "--store " + printable(path, 256), error_number);
}

// Of who has the lock: what it has written there.
std::string holder(int fd) {
  char text[32] = {};
  const ssize_t size = pread(fd, text, sizeof text - 1, 0);
  std::string number(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  number.erase(number.find_last_not_of('\n') + 1);
  return parse_uint(number) ? " (process " + number + ")" : std::string();
}

}  // namespace

Result<BrokerStore> BrokerStore::open(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return unusable(path, errno);
  char resolved[PATH_MAX];
  if (realpath(path.c_str(), resolved) == nullptr) return unusable(path, errno);
  struct stat info {};
  if (stat(resolved, &info) != 0) return unusable(path, errno);
  if (!S_ISDIR(info.st_mode)) return unusable(path, ENOTDIR);
  BrokerStore out;
  out.directory_ = resolved;
  // Mosquitto's configuration has a line for it.
  if (out.directory_.find('\n') != std::string::npos) return unusable(path, EINVAL);
  const std::string file = out.directory_ + "/lock";
  out.lock_ = Descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out.lock_.is_open()) return unusable(path, errno);
  if (flock(out.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    const int failed = errno;
    if (failed != EWOULDBLOCK) return unusable(path, failed);
    return Error(Fault::usage, "--store " + printable(path, 256) + ": another broker has it" +
                                   holder(out.lock_.get()) + ": name another directory");
  }
  const std::string own = std::to_string(getpid()) + "\n";
  if (ftruncate(out.lock_.get(), 0) != 0 ||
      pwrite(out.lock_.get(), own.data(), own.size(), 0) != static_cast<ssize_t>(own.size()))
    return unusable(path, errno);
  return out;
}

std::string BrokerStore::set_aside() const {
  const std::string kept = directory_ + "/mosquitto.db";
  const std::string aside = kept + ".full";
  return std::rename(kept.c_str(), aside.c_str()) == 0 ? aside : std::string();
}

}  // namespace rt
