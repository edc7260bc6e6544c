#include "io/server/inherited_socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/ip/tcp.hpp>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr int kFirst = 3;
constexpr std::uint64_t kMost = 1024;

std::optional<std::string> take_variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string taken = value;
  unsetenv(name);
  return taken;
}

bool is_number(std::string_view which) {
  return which.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<int> option_of(int fd, int name) {
  int value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, name, &value, &length) != 0) return std::nullopt;
  return value;
}

Result<InheritedSocket> inspect(int fd) {
  const auto wrong = [fd](std::string_view what) {
    return Error(Fault::usage, "fd:" + std::to_string(fd) + " " + std::string(what));
  };
  const std::optional<int> type = option_of(fd, SO_TYPE);
  if (!type && errno == EBADF) return wrong("is not open");
  if (!type) return wrong("is not a socket");
  asio::ip::tcp::endpoint local;
  auto length = static_cast<socklen_t>(local.capacity());
  if (getsockname(fd, local.data(), &length) != 0)
    return system_error(Fault::other, "fd:" + std::to_string(fd), errno);
  const int family = local.data()->sa_family;
  if (*type != SOCK_STREAM || (family != AF_INET && family != AF_INET6))
    return wrong("is not a TCP socket");
  if (option_of(fd, SO_ACCEPTCONN).value_or(0) == 0) return wrong("does not listen");
  InheritedSocket out;
  out.fd = fd;
  out.address.host = local.address().to_string();
  out.address.port = local.port();
  return out;
}

}  // namespace

InheritedSockets InheritedSockets::take() {
  InheritedSockets out;
  const auto pid = take_variable("LISTEN_PID");
  const auto count = take_variable("LISTEN_FDS");
  const auto names = take_variable("LISTEN_FDNAMES");
  if (!pid || !count) {
    out.why_none_ = std::string(pid ? "LISTEN_FDS" : "LISTEN_PID") +
                    " is not set (systemd sets it, by a .socket unit)";
    return out;
  }
  if (parse_uint(*pid) != static_cast<std::uint64_t>(getpid())) {
    out.why_none_ = "LISTEN_PID is " + printable(*pid) + ", and this is process " +
                    std::to_string(getpid()) + " (a shell in between needs exec)";
    return out;
  }
  const auto number = parse_uint(*count);
  if (!number || *number == 0 || *number > kMost) {
    out.why_none_ = "LISTEN_FDS is \"" + printable(*count) + "\"";
    return out;
  }
  const std::vector<std::string_view> called =
      names ? split(*names, ':') : std::vector<std::string_view>();
  for (std::size_t i = 0; i < *number; ++i) {
    const int fd = kFirst + static_cast<int>(i);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    out.passed_.push_back({fd, i < called.size() ? std::string(called[i]) : std::string()});
  }
  return out;
}

Result<std::vector<InheritedSocket>> InheritedSockets::find(std::string_view which) const {
  if (passed_.empty())
    return Error(Fault::usage, "no socket was passed to this program: " + why_none_);
  std::vector<InheritedSocket> found;
  std::string others;
  for (const Passed& one : passed_) {
    const bool meant = is_number(which) ? which == std::to_string(one.fd) : which == one.name;
    if (!meant) {
      others += (others.empty() ? "fd:" : ", fd:") +
                (one.name.empty() ? std::to_string(one.fd) : printable(one.name));
      continue;
    }
    Result<InheritedSocket> socket = inspect(one.fd);
    if (!socket) return socket.error();
    found.push_back(*std::move(socket));
  }
  if (found.empty())
    return Error(Fault::usage,
                 "fd:" + std::string(which) + " was not passed to this program: use " + others);
  return found;
}

std::string InheritedSockets::unused(const std::vector<InheritedSocket>& used) const {
  std::string out;
  for (const Passed& one : passed_) {
    const bool is_used = std::any_of(used.begin(), used.end(), [&](const InheritedSocket& socket) {
      return socket.fd == one.fd;
    });
    if (is_used) continue;
    out += (out.empty() ? "fd:" : ", fd:") + std::to_string(one.fd);
    if (!one.name.empty()) out += " (" + printable(one.name) + ")";
  }
  return out;
}

}  // namespace rt
