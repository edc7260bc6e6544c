#include "io/stdio/file_follower.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kChunk = 256u << 10;
constexpr std::size_t kRemembered = 64;

}  // namespace

Error FileFollower::failure() const {
  return system_error(Fault::other, "file: " + printable(path_, 500) + ": cannot read", errno);
}

// False when there is none yet.
Result<bool> FileFollower::open_file() {
  const bool first = std::exchange(first_, false);
  // Without O_NONBLOCK a named pipe without a writer would hold the thread.
  fd_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd_.is_open() && errno == ENOENT) return false;
  struct stat info {};
  if (!fd_.is_open() || fstat(fd_.get(), &info) != 0) return failure();
  regular_ = S_ISREG(info.st_mode);
  if (first && !from_beginning_ && regular_ && lseek(fd_.get(), 0, SEEK_END) < 0) return failure();
  remember();
  return true;
}

bool FileFollower::was_truncated() {
  struct stat info {};
  return regular_ && fstat(fd_.get(), &info) == 0 && info.st_size < lseek(fd_.get(), 0, SEEK_CUR);
}

// Truncated and longer again since the last look: what stands before the position is not what was
// read there.
bool FileFollower::was_rewritten() const {
  if (last_.empty()) return false;
  const off_t at = lseek(fd_.get(), 0, SEEK_CUR) - static_cast<off_t>(last_.size());
  char there[kRemembered] = {};
  const ssize_t n = pread(fd_.get(), there, last_.size(), at);
  return n >= 0 && std::string_view(there, static_cast<std::size_t>(n)) != last_;
}

// After a read.
void FileFollower::remember() {
  if (!regular_) return;
  const off_t at = lseek(fd_.get(), 0, SEEK_CUR);
  last_.resize(static_cast<std::size_t>(std::min<off_t>(at, kRemembered)));
  const ssize_t n =
      pread(fd_.get(), last_.data(), last_.size(), at - static_cast<off_t>(last_.size()));
  if (n != static_cast<ssize_t>(last_.size())) last_.clear();
}

Result<void> FileFollower::begin_anew(Step& out) {
  if (lseek(fd_.get(), 0, SEEK_SET) < 0) return failure();
  last_.clear();
  out.begins_anew = out.truncated = true;
  return {};
}

bool FileFollower::was_replaced() {
  struct stat now {};
  struct stat mine {};
  if (stat(path_.c_str(), &now) != 0 || fstat(fd_.get(), &mine) != 0) return false;
  return now.st_dev != mine.st_dev || now.st_ino != mine.st_ino;
}

Result<FileFollower::Step> FileFollower::step() {
  Step out;
  if (!fd_.is_open()) {
    const Result<bool> opened = open_file();
    if (!opened) return opened.error();
    out.missing = !*opened && !seen_;
    if (!*opened) return out;
    seen_ = true;
  }
  if (was_rewritten()) {
    if (Result<void> anew = begin_anew(out); !anew) return anew.error();
    return out;
  }
  out.bytes.resize(kChunk);
  ssize_t n = 0;
  do {
    n = ::read(fd_.get(), out.bytes.data(), out.bytes.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno != EAGAIN) return failure();
  out.bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  out.bytes.shrink_to_fit();
  if (n > 0) {
    replaced_ = false;
    remember();
    return out;
  }
  if (was_truncated()) {
    if (Result<void> anew = begin_anew(out); !anew) return anew.error();
  } else if (!was_replaced()) {
    replaced_ = false;
  } else if (!std::exchange(replaced_, true)) {
    // One quiet look more: who renamed it may tell its writer only afterwards.
  } else {
    replaced_ = false;
    fd_.close();
    last_.clear();
    out.begins_anew = true;
  }
  return out;
}

}  // namespace rt
