#include "io/stdio/file_appender.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/text.hpp"

namespace rt {

Error FileAppender::failure(Fault fault) {
  full_ = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return system_error(fault, "file: " + printable(path_, 500) + ": cannot write", errno);
}

Result<void> FileAppender::open() {
  fd_.close();
  // Without O_NONBLOCK a named pipe without a reader would hold this for ever.
  fd_ = Descriptor(::open(path_.c_str(),
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0666));
  if (!fd_.is_open() && errno == ENXIO)
    return Error(Fault::usage, "file: " + printable(path_, 500) + ": nobody reads this pipe");
  struct stat info {};
  if (!fd_.is_open() || fstat(fd_.get(), &info) != 0) return failure(Fault::usage);
  regular_ = S_ISREG(info.st_mode);
  const int flags = fcntl(fd_.get(), F_GETFL);
  if (flags >= 0) fcntl(fd_.get(), F_SETFL, flags & ~O_NONBLOCK);
  return {};
}

bool FileAppender::is_still_there() const {
  struct stat now {};
  struct stat mine {};
  return stat(path_.c_str(), &now) == 0 && fstat(fd_.get(), &mine) == 0 &&
         now.st_dev == mine.st_dev && now.st_ino == mine.st_ino;
}

// Only while these bytes are the last of the file.
void FileAppender::take_back(std::size_t written) {
  const int failed = errno;
  struct stat info {};
  const off_t end = lseek(fd_.get(), 0, SEEK_CUR);
  if (written > 0 && end >= static_cast<off_t>(written) && fstat(fd_.get(), &info) == 0 &&
      info.st_size == end)
    (void)!ftruncate(fd_.get(), end - static_cast<off_t>(written));
  errno = failed;
}

bool FileAppender::too_long_with(std::size_t more) const {
  struct stat info {};
  return rotation_.bytes > 0 && regular_ && fstat(fd_.get(), &info) == 0 && info.st_size > 0 &&
         static_cast<std::uint64_t>(info.st_size) + more > rotation_.bytes;
}

// The oldest goes by being replaced.
Result<void> FileAppender::put_aside() {
  const auto numbered = [&](std::size_t number) { return path_ + "." + std::to_string(number); };
  for (std::size_t number = rotation_.files; number > 1; --number)
    if (rename(numbered(number - 1).c_str(), numbered(number).c_str()) != 0 && errno != ENOENT)
      return failure(Fault::other);
  if (rename(path_.c_str(), numbered(1).c_str()) != 0) return failure(Fault::other);
  return open();
}

Result<void> FileAppender::append(std::string_view bytes) {
  if (!fd_.is_open() || !is_still_there()) {
    Result<void> opened = open();
    if (!opened) return opened;
  }
  if (too_long_with(bytes.size())) {
    Result<void> aside = put_aside();
    if (!aside) return aside;
  }
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t n = ::write(fd_.get(), bytes.data() + written, bytes.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      take_back(written);
      return failure(Fault::other);
    }
    written += static_cast<std::size_t>(n);
  }
  return {};
}

}  // namespace rt
