#include "io/process/after_fork.hpp"

#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cerrno>

namespace rt::after_fork {

void be_called_guard() {
#ifdef __linux__
  prctl(PR_SET_NAME, "rt-guard");
#endif
}

void end_with_parent([[maybe_unused]] pid_t parent) {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);
#endif
}

long now_ms() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<long>(time.tv_sec) * 1000 + static_cast<long>(time.tv_nsec) / 1'000'000;
}

void tell(int fd, const void* bytes, std::size_t size) {
  while (write(fd, bytes, size) < 0 && errno == EINTR) {
  }
}

void set_all_signals(void (*disposition)(int)) {
  struct sigaction action {};
  action.sa_handler = disposition;
  sigemptyset(&action.sa_mask);
  for (int number = 1; number < NSIG; ++number) sigaction(number, &action, nullptr);
}

void unblock_all_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void let_go_of_streams() {
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; ++fd) null >= 0 ? dup2(null, fd) : close(fd);
  if (null > 2) close(null);
}

}  // namespace rt::after_fork
