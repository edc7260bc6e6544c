#include "io/server/inherited_socket.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "io/process/service_notify.hpp"

namespace rt {
namespace {

enum class Kind { listening, bound, datagram, local, pipe, closed };

int open_kind(Kind kind) {
  if (kind == Kind::closed) return -1;
  if (kind == Kind::pipe) return ::open("/dev/null", O_RDONLY);
  const int domain = kind == Kind::local ? AF_UNIX : AF_INET;
  const int fd = ::socket(domain, kind == Kind::datagram ? SOCK_DGRAM : SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (domain == AF_INET) ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (kind == Kind::listening) ::listen(fd, 1);
  return fd;
}

// What `body` says in a process of its own whose descriptors from 3 on are these.
std::string in_child(const std::vector<Kind>& kinds, const std::function<std::string()>& body) {
  int answer[2];
  REQUIRE(::pipe(answer) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int out = fcntl(answer[1], F_DUPFD, 100);
    for (int fd = 3; fd < 100; ++fd) ::close(fd);
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const int wanted = 3 + static_cast<int>(i);
      const int fd = open_kind(kinds[i]);
      // A closed one leaves its place to the next otherwise.
      if (fd < 0) ::open("/dev/null", O_RDONLY);
      if (fd >= 0 && fd != wanted) std::abort();
    }
    for (std::size_t i = 0; i < kinds.size(); ++i)
      if (kinds[i] == Kind::closed) ::close(3 + static_cast<int>(i));
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", std::to_string(kinds.size()).c_str(), 1);
    const std::string said = body();
    (void)!::write(out, said.data(), said.size());
    _exit(0);
  }
  ::close(answer[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(answer[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(n));
  ::close(answer[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  return said;
}

// "fd:host" of each, or the error.
std::string found(const InheritedSockets& sockets, std::string_view which) {
  const auto list = sockets.find(which);
  if (!list) return (list.error().fault() == Fault::usage ? "usage: " : "") + list.error().text();
  std::string out;
  for (const InheritedSocket& socket : *list) {
    if (socket.address.port == 0) return "no port";
    out += std::to_string(socket.fd) + ":" + socket.address.host + " ";
  }
  return out;
}

}  // namespace

TEST_CASE("inherited sockets: by number, by name, and what they are not") {
  using enum Kind;
  struct Row {
    std::vector<Kind> passed;
    const char* names;
    const char* which;
    const char* said;
  };
  const Row rows[] = {
      {{listening}, "", "3", "3:127.0.0.1 "},
      {{listening, listening}, "", "4", "4:127.0.0.1 "},
      {{listening, bound, listening}, "a:b:a", "a", "3:127.0.0.1 5:127.0.0.1 "},
      {{listening, bound, listening}, "a:b:a", "b", "usage: fd:4 does not listen"},
      {{bound}, "", "3", "usage: fd:3 does not listen"},
      {{datagram}, "", "3", "usage: fd:3 is not a TCP socket"},
      {{local}, "", "3", "usage: fd:3 is not a TCP socket"},
      {{pipe}, "", "3", "usage: fd:3 is not a socket"},
      {{closed}, "", "3", "usage: fd:3 is not open"},
      {{listening}, "", "5", "usage: fd:5 was not passed to this program: use fd:3"},
      {{listening}, "web", "03", "usage: fd:03 was not passed to this program: use fd:web"},
      {{listening, listening},
       "web",
       "http",
       "usage: fd:http was not passed to this program: use fd:web, fd:4"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.which);
    CHECK(in_child(row.passed, [&] {
            setenv("LISTEN_FDNAMES", row.names, 1);
            return found(InheritedSockets::take(), row.which);
          }) == row.said);
  }
}

TEST_CASE("inherited sockets: taken from the environment and kept from children") {
  const std::string said = in_child({Kind::listening, Kind::listening}, [] {
    setenv("LISTEN_FDNAMES", "a:b", 1);
    const InheritedSockets sockets = InheritedSockets::take();
    std::string out;
    for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
      if (std::getenv(name) != nullptr) out += std::string(name) + " is left ";
    for (const int fd : {3, 4})
      if ((fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0) out += "inheritable ";
    return out + sockets.unused(*sockets.find("a"));
  });
  CHECK(said == "fd:4 (b)");
}

TEST_CASE("inherited sockets: variables that are not for this process, or are none") {
  struct Row {
    const char* pid;
    const char* count;
    const char* why;
  };
  const Row rows[] = {
      {nullptr, "1", "LISTEN_PID is not set"},
      {nullptr, nullptr, "LISTEN_PID is not set"},
      {"self", nullptr, "LISTEN_FDS is not set"},
      {"1", "1", "LISTEN_PID is 1, and this is process"},
      {"", "1", "LISTEN_PID is , and this"},
      {"self", "", "LISTEN_FDS is \"\""},
      {"self", "0", "LISTEN_FDS is \"0\""},
      {"self", "-1", "LISTEN_FDS is \"-1\""},
      {"self", "1025", "LISTEN_FDS is \"1025\""},
      {"self", "1x", "LISTEN_FDS is \"1x\""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const std::string said = in_child({Kind::listening}, [&] {
      if (row.pid == nullptr)
        unsetenv("LISTEN_PID");
      else if (std::string_view(row.pid) != "self")
        setenv("LISTEN_PID", row.pid, 1);
      row.count == nullptr ? unsetenv("LISTEN_FDS") : setenv("LISTEN_FDS", row.count, 1);
      return found(InheritedSockets::take(), "3");
    });
    CHECK(said.find(std::string("usage: no socket was passed to this program: ") + row.why) == 0);
  }
}

TEST_CASE("news for a service manager") {
  char directory[] = "/tmp/rt-notify-XXXXXX";
  REQUIRE(mkdtemp(directory) != nullptr);
  const std::string path = std::string(directory) + "/socket";
  const int manager = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(manager, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const auto received = [&] {
    char buffer[256];
    const ssize_t n = ::recv(manager, buffer, sizeof buffer, MSG_DONTWAIT);
    return n < 0 ? std::string("nothing") : std::string(buffer, static_cast<std::size_t>(n));
  };

  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  const ServiceNotify notify = ServiceNotify::take();
  CHECK(std::getenv("NOTIFY_SOCKET") == nullptr);
  notify.ready("listening http://127.0.0.1:1/");
  CHECK(received() == "READY=1\nSTATUS=listening http://127.0.0.1:1/\n");
  notify.stopping();
  CHECK(received() == "STOPPING=1\n");
  ServiceNotify::take().stopping();
  ServiceNotify().ready("");
  CHECK(received() == "nothing");
  ::close(manager);
  ::unlink(path.c_str());
  ::rmdir(directory);
}

}  // namespace rt
