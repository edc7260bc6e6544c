#include "io/process/service_notify.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/loop/socket_send.hpp"

namespace rt {

ServiceNotify ServiceNotify::take() {
  ServiceNotify out;
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return out;
  out.socket_ = path;
  unsetenv("NOTIFY_SOCKET");
  const bool known = !out.socket_.empty() && (out.socket_[0] == '/' || out.socket_[0] == '@');
  if (!known || out.socket_.size() >= sizeof(sockaddr_un::sun_path)) {
    Log::warn("NOTIFY_SOCKET is no path that can be used: " + printable(out.socket_));
    out.socket_.clear();
  }
  return out;
}

void ServiceNotify::ready(const std::string& status) const {
  send("READY=1\nSTATUS=" + status + "\n");
}

void ServiceNotify::status(const std::string& status) const {
  send("STATUS=" + status + "\n");
}

void ServiceNotify::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds) + "\n");
}

void ServiceNotify::stopping() const {
  send("STOPPING=1\n");
}

void ServiceNotify::send(std::string_view state) const {
  if (socket_.empty()) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(socket_.begin(), socket_.end(), address.sun_path);
  if (socket_[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size() +
                                             (socket_[0] == '@' ? 0 : 1));
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  if (fd < 0) return;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  // The manager's queue is long; the loop is not to wait for it.
  fcntl(fd, F_SETFL, O_NONBLOCK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      send_quietly(fd, state) < 0)
    Log::warn(system_error(Fault::other, "cannot tell the service manager", errno).text());
  ::close(fd);
}

}  // namespace rt
