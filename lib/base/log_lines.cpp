#include "base/log_lines.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace rt {
namespace {

// What a pipe that is writable takes without waiting, and whole.
#ifdef PIPE_BUF
constexpr std::size_t kPiece = PIPE_BUF;
#else
constexpr std::size_t kPiece = 512;  // _POSIX_PIPE_BUF
#endif

}  // namespace

LogLines::~LogLines() {
  if (terminal_ >= 0) ::close(terminal_);
}

// A terminal is writable as soon as it has room for one byte: a line could wait there for ever.
void LogLines::find_kind() {
  struct stat status {};
  kind_ = Kind::other;
  if (::fstat(fd_, &status) != 0) return;
  if (S_ISREG(status.st_mode)) kind_ = Kind::file;
  if (S_ISSOCK(status.st_mode)) kind_ = Kind::socket;
  if (!S_ISCHR(status.st_mode) || ::isatty(fd_) != 1) return;
  const char* const name = ::ttyname(fd_);
  if (name == nullptr) return;
  terminal_ = ::open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (terminal_ >= 0) kind_ = Kind::terminal;
}

bool LogLines::has_room(Milliseconds patience) const {
  const SteadyTime end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(
        std::max(end - std::chrono::steady_clock::now(), SteadyTime::duration{}));
    pollfd watched{kind_ == Kind::terminal ? terminal_ : fd_, POLLOUT, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(left.count()));
    // A broken one fails at the write.
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::size_t LogLines::write(std::string_view bytes, Milliseconds patience) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    if (kind_ != Kind::file && !has_room(patience)) break;
    std::string_view piece = bytes.substr(written);
    ssize_t n = 0;
    switch (kind_) {
      case Kind::file:
        n = ::write(fd_, piece.data(), piece.size());
        break;
      case Kind::terminal:
        n = ::write(terminal_, piece.data(), piece.size());
        break;
      case Kind::socket:
        n = ::send(fd_, piece.data(), piece.size(), MSG_DONTWAIT);
        break;
      default:
        piece = piece.substr(0, kPiece);
        n = ::write(fd_, piece.data(), piece.size());
        break;
    }
    if (n > 0)
      written += static_cast<std::size_t>(n);
    else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && patience > Milliseconds(0))
      patience = Milliseconds(0);  // room for less than it takes: once more, and no longer
    else if (n < 0 && errno == EINTR)
      continue;
    else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      break;
    else
      return bytes.size();  // nobody will ever read it
  }
  return written;
}

void LogLines::put(const std::string& line) {
  if (kind_ == Kind::unknown) find_kind();
  const Milliseconds patience = stalled_ ? Milliseconds(0) : patience_;
  std::string bytes;
  if (cut_) bytes += '\n';
  if (untold_ > 0)
    bytes += who_ + ": " + std::to_string(untold_) + (untold_ == 1 ? " line was" : " lines were") +
             " dropped here: nobody was reading them\n";
  const std::size_t before = bytes.size();
  bytes += line;
  bytes += '\n';
  const std::size_t written = write(bytes, patience);
  stalled_ = written < bytes.size();
  if (written > 0) cut_ = stalled_ && bytes[written - 1] != '\n';
  if (written >= before) untold_ = 0;
  if (!stalled_) return;
  ++dropped_;
  ++untold_;
}

}  // namespace rt
