#include "base/log_lines.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace rt;

namespace {

// Two ends of something that is full when nobody reads.
struct Ends {
  int reader = -1;
  int writer = -1;
  ~Ends() {
    close(reader);
    close(writer);
  }
};

void open_pipe(Ends& ends) {
  std::array<int, 2> both{};
  REQUIRE(pipe(both.data()) == 0);
  ends.reader = both[0];
  ends.writer = both[1];
}

void open_socket(Ends& ends) {
  std::array<int, 2> both{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, both.data()) == 0);
  ends.reader = both[0];
  ends.writer = both[1];
}

void open_terminal(Ends& ends) {
  ends.reader = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(ends.reader >= 0);
  REQUIRE(grantpt(ends.reader) == 0);
  REQUIRE(unlockpt(ends.reader) == 0);
  ends.writer = open(ptsname(ends.reader), O_RDWR | O_NOCTTY);
  REQUIRE(ends.writer >= 0);
}

std::string read_all(int fd) {
  REQUIRE(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  std::string out;
  std::array<char, 4096> piece{};
  for (ssize_t n = 0; (n = read(fd, piece.data(), piece.size())) > 0;)
    out.append(piece.data(), static_cast<std::size_t>(n));
  return out;
}

}  // namespace

TEST_CASE("log lines: who does not read loses lines, and is told how many") {
  void (*open_ends)(Ends&) = nullptr;
  SUBCASE("pipe") {
    open_ends = open_pipe;
  }
  SUBCASE("socket") {
    open_ends = open_socket;
  }
  SUBCASE("terminal") {
    open_ends = open_terminal;
  }
  Ends ends;
  open_ends(ends);
  LogLines lines(ends.writer, "rtws", Milliseconds(1));
  const std::string text(200, 'x');
  std::uint64_t put = 0;
  // More than the system keeps of anything, and it returns.
  for (; put < 20'000; ++put) lines.put(text);
  const std::uint64_t dropped = lines.dropped();
  CHECK(dropped > 0);
  CHECK(dropped < put);

  std::string seen = read_all(ends.reader);
  lines.put("again");
  seen += read_all(ends.reader);
  std::erase(seen, '\r');
  CHECK(seen.ends_with(" dropped here: nobody was reading them\nagain\n"));
  CHECK(lines.dropped() == dropped);
  // A terminal makes room now and then: each time it is told of those since the last time.
  std::uint64_t told = 0;
  for (std::size_t at = 0; (at = seen.find("\nrtws: ", at)) != std::string::npos;) {
    at += 7;
    told += std::strtoull(seen.c_str() + at, nullptr, 10);
  }
  CHECK(told == dropped);
  // A line that was cut counts as dropped, though all but its end may be there.
  std::uint64_t whole = 0;
  for (std::size_t at = 0; (at = seen.find(text + "\n", at)) != std::string::npos;
       at += text.size())
    ++whole;
  CHECK(whole >= put - dropped);
  CHECK(whole < put);
}

TEST_CASE("log lines: a line longer than a pipe takes at once arrives whole") {
  Ends ends;
  open_pipe(ends);
  LogLines lines(ends.writer, "rtws");
  const std::string text(20'000, 'y');
  lines.put(text);
  CHECK(read_all(ends.reader) == text + "\n");
  CHECK(lines.dropped() == 0);
}

TEST_CASE("log lines: without a reader there is no error, and no wait") {
  Ends ends;
  open_socket(ends);
  close(ends.reader);
  ends.reader = -1;
  const auto before = std::signal(SIGPIPE, SIG_IGN);  // as the programs do
  LogLines lines(ends.writer, "rtws", Milliseconds(60'000));
  lines.put("into the void");
  lines.put("into the void");
  CHECK(lines.dropped() == 0);
  std::signal(SIGPIPE, before);
}
