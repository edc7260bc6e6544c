#pragma once

// A program under measurement, with one end of its stdin or stdout here, and the CPU time that it
// has used when it is gone.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace rt::bench {

class MeasuredChild {
 public:
  enum class Here : std::uint8_t { its_stdin, its_stdout };

  // The other standard stream is /dev/null, stderr is shared.
  MeasuredChild(const std::vector<std::string>& command, Here here) : name_(command.at(0)) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    const bool feeds = here == Here::its_stdin;
    const int ours = feeds ? ends[1] : ends[0];
    const int its = feeds ? ends[0] : ends[1];
    ::fcntl(ours, F_SETFD, FD_CLOEXEC);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (pid_ == 0) {
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(feeds ? its : null, STDIN_FILENO);
      ::dup2(feeds ? null : its, STDOUT_FILENO);
      ::close(its);
      ::close(null);
      std::signal(SIGPIPE, SIG_DFL);
      std::vector<char*> arguments;
      for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
      arguments.push_back(nullptr);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(its);
    fd_ = ours;
  }
  ~MeasuredChild() {
    close();
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  MeasuredChild(const MeasuredChild&) = delete;
  MeasuredChild& operator=(const MeasuredChild&) = delete;

  int fd() const { return fd_; }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void ask_to_end() { ::kill(pid_, SIGTERM); }

  // Waits for its end; gives microseconds of CPU, user and system. Unless it was asked to end, any
  // status but 0 throws.
  double wait(bool asked = false) {
    int status = 0;
    rusage used{};
    while (::wait4(pid_, &status, 0, &used) < 0) {
      if (errno != EINTR) throw std::runtime_error(std::string("wait4: ") + std::strerror(errno));
    }
    pid_ = -1;
    if (!asked && status != 0) {
      throw std::runtime_error(name_ + (WIFEXITED(status)
                                            ? " ended with " + std::to_string(WEXITSTATUS(status))
                                            : " was killed"));
    }
    const auto microseconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return microseconds(used.ru_utime) + microseconds(used.ru_stime);
  }

 private:
  std::string name_;
  pid_t pid_ = -1;
  int fd_ = -1;
};

}  // namespace rt::bench
