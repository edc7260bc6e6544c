#include "io/stdio/standard_streams.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>

namespace rt {

Error stream_error(std::string_view name, int error_number) {
  if (error_number != EBADF) return system_error(Fault::other, name, error_number);
  return Error(Fault::other, std::string(name) + ": it is closed" +
                                 (name == "stdin"    ? " (</dev/null is an empty one)"
                                  : name == "stdout" ? " (>/dev/null throws away what is written)"
                                                     : ""));
}

void prepare_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd)
    // Opened the wrong way round, so that using a closed stream stays an error.
    if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

std::optional<std::uint64_t> stdin_bytes_left() {
  struct stat info {};
  if (fstat(STDIN_FILENO, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  const off_t position = lseek(STDIN_FILENO, 0, SEEK_CUR);
  if (position < 0 || position > info.st_size) return std::nullopt;
  return static_cast<std::uint64_t>(info.st_size - position);
}

bool stdin_waits() {
  if (const auto left = stdin_bytes_left()) return *left > 0;
  int bytes = 0;
  return isatty(STDIN_FILENO) == 0 && ioctl(STDIN_FILENO, FIONREAD, &bytes) == 0 && bytes > 0;
}

bool stdin_is_piped() {
  struct stat info {};
  return fstat(STDIN_FILENO, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISREG(info.st_mode));
}

bool stdin_is_terminal() {
  return isatty(STDIN_FILENO) != 0;
}

std::size_t terminal_columns() {
  winsize size{};
  if (isatty(STDOUT_FILENO) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
      size.ws_col > 20)
    return size.ws_col;
  return 80;
}

bool stdout_has_colour() {
  const char* const unwanted = std::getenv("NO_COLOR");
  if (unwanted != nullptr && *unwanted != '\0') return false;
  const char* const kind = std::getenv("TERM");
  if (kind == nullptr || *kind == '\0' || std::string_view(kind) == "dumb") return false;
  return isatty(STDOUT_FILENO) == 1;
}

}  // namespace rt
