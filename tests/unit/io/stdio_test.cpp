#include "io/stdio.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

#include "unit/io/http_test_server.hpp"
#include "unit/io/loop.hpp"

namespace rt {
namespace {

using test::run_for;
using test::run_ready;
using test::run_until;

// A descriptor that is closed with its scope.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&&) = delete;
  ~Fd() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  operator int() const { return fd_; }

 private:
  int fd_;
};

struct Ends {
  Fd reader;
  Fd writer;
};

Ends pipe_ends() {
  int ends[2] = {-1, -1};
  REQUIRE(pipe(ends) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

Ends socket_ends() {
  int ends[2] = {-1, -1};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  return {Fd(ends[0]), Fd(ends[1])};
}

// reader: the terminal's other side; writer: the terminal, raw.
Ends terminal_ends() {
  Fd master(posix_openpt(O_RDWR | O_NOCTTY));
  REQUIRE(master >= 0);
  REQUIRE(grantpt(master) == 0);
  REQUIRE(unlockpt(master) == 0);
  Fd terminal(open(ptsname(master), O_RDWR | O_NOCTTY));
  REQUIRE(terminal >= 0);
  termios mode{};
  REQUIRE(tcgetattr(terminal, &mode) == 0);
  mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  mode.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  REQUIRE(tcsetattr(terminal, TCSANOW, &mode) == 0);
  return {std::move(master), std::move(terminal)};
}

Fd temporary_file(std::string_view content) {
  char name[] = "/tmp/rt-stdio-XXXXXX";
  Fd fd(mkstemp(name));
  REQUIRE(fd >= 0);
  unlink(name);
  REQUIRE(write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
  REQUIRE(lseek(fd, 0, SEEK_SET) == 0);
  return fd;
}

int flags_of(int fd) {
  return fcntl(fd, F_GETFL);
}

std::string pattern(std::size_t size) {
  std::string out;
  while (out.size() < size) out += std::to_string(out.size()) + ",";
  out.resize(size);
  return out;
}

// Reads until the end, or until so many bytes have come.
std::string read_input(Reactor& reactor, InputReader& input, std::size_t enough = ~std::size_t{0}) {
  std::string all;
  const bool finished = test::drive(reactor, [&]() -> asio::awaitable<void> {
    while (all.size() < enough) {
      Result<std::string> bytes = co_await input.read();
      REQUIRE(bytes.ok());
      if (bytes->empty()) co_return;
      all += *bytes;
    }
  });
  REQUIRE(finished);
  return all;
}

// What is there now, without waiting.
std::string take(int fd, std::size_t most = 1u << 20) {
  std::string out;
  char chunk[4096];
  pollfd watched{fd, POLLIN, 0};
  while (out.size() < most && poll(&watched, 1, 0) > 0 && (watched.revents & POLLIN) != 0) {
    const ssize_t n = read(fd, chunk, std::min(sizeof chunk, most - out.size()));
    if (n <= 0) break;
    out.append(chunk, static_cast<std::size_t>(n));
  }
  return out;
}

// Reads all of it while the loop runs.
std::string read_output(Reactor& reactor, OutputWriter& output, int fd, std::size_t size) {
  std::string all;
  run_until(reactor, [&] {
    all += take(fd);
    return all.size() >= size && output.pending() == 0;
  });
  return all;
}

TEST_CASE("input comes from everything that can be read") {
  Reactor reactor;
  const std::string text = pattern(300'000);
  SUBCASE("a pipe") {
    Ends ends = pipe_ends();
    const int before = flags_of(ends.reader);
    std::thread writer([&] {
      CHECK(write(ends.writer, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
      ends.writer.close();
    });
    InputReader input(reactor, ends.reader);
    CHECK(read_input(reactor, input) == text);
    CHECK(read_input(reactor, input).empty());  // the end stays the end
    CHECK(flags_of(ends.reader) == before);
    writer.join();
  }
  SUBCASE("a socket") {
    Ends ends = socket_ends();
    const int before = flags_of(ends.reader);
    std::thread writer([&] {
      CHECK(write(ends.writer, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
      ends.writer.close();
    });
    InputReader input(reactor, ends.reader);
    CHECK(read_input(reactor, input) == text);
    CHECK(flags_of(ends.reader) == before);
    writer.join();
  }
  SUBCASE("a regular file, which epoll refuses") {
    const Fd file = temporary_file(text);
    const int before = flags_of(file);
    InputReader input(reactor, file);
    CHECK(read_input(reactor, input) == text);
    CHECK(flags_of(file) == before);
  }
  SUBCASE("an empty file") {
    const Fd file = temporary_file("");
    InputReader input(reactor, file);
    CHECK(read_input(reactor, input).empty());
  }
  SUBCASE("/dev/null") {
    const Fd null(open("/dev/null", O_RDONLY));
    InputReader input(reactor, null);
    CHECK(read_input(reactor, input).empty());
  }
  SUBCASE("a terminal") {
    Ends ends = terminal_ends();
    const int before = flags_of(ends.writer);
    InputReader input(reactor, ends.writer);
    REQUIRE(write(ends.reader, "typed\n", 6) == 6);
    CHECK(read_input(reactor, input, 6) == "typed\n");
    CHECK(flags_of(ends.writer) == before);
  }
  SUBCASE("a descriptor that someone else has made non-blocking") {
    Ends ends = pipe_ends();
    fcntl(ends.reader, F_SETFL, flags_of(ends.reader) | O_NONBLOCK);
    InputReader input(reactor, ends.reader);
    REQUIRE(write(ends.writer, "a", 1) == 1);
    CHECK(read_input(reactor, input, 1) == "a");
    ends.writer.close();
    CHECK(read_input(reactor, input).empty());
  }
}

TEST_CASE("input that cannot be read is an error") {
  Reactor reactor;
  const Fd write_only(open("/dev/null", O_WRONLY));
  InputReader input(reactor, write_only);
  bool failed = false;
  REQUIRE(test::drive(reactor, [&]() -> asio::awaitable<void> {
    const Result<std::string> bytes = co_await input.read();
    failed = !bytes.ok();
  }));
  CHECK(failed);
}

TEST_CASE("bytes arrive one by one as they are written") {
  Reactor reactor;
  Ends ends = pipe_ends();
  InputReader input(reactor, ends.reader);
  for (const char c : std::string("slow")) {
    REQUIRE(write(ends.writer, &c, 1) == 1);
    CHECK(read_input(reactor, input, 1) == std::string(1, c));
  }
}

TEST_CASE("nothing is read before the first read(), and little ahead of it") {
  Reactor reactor;
  Ends ends = pipe_ends();
  fcntl(ends.writer, F_SETFL, O_NONBLOCK);
  REQUIRE(write(ends.writer, "early", 5) == 5);
  InputReader input(reactor, ends.reader);
  run_for(reactor, 30ms);
  CHECK(take(ends.reader) == "early");

  REQUIRE(write(ends.writer, "x", 1) == 1);
  CHECK(read_input(reactor, input, 1) == "x");
  // As much as the reader and the pipe together take.
  std::size_t sent = 0;
  const std::string block(65'536, 'b');
  const SteadyTime quiet = std::chrono::steady_clock::now() + 150ms;
  while (std::chrono::steady_clock::now() < quiet) {
    const ssize_t n = write(ends.writer, block.data(), block.size());
    if (n > 0)
      sent += static_cast<std::size_t>(n);
    else
      run_for(reactor, 5ms);
  }
  CHECK(sent <= (256u << 10) + (64u << 10) + (64u << 10));
  ends.writer.close();
  CHECK(read_input(reactor, input).size() == sent);
}

TEST_CASE("a reader ends at once, wherever it is") {
  Reactor reactor;
  const SteadyTime start = std::chrono::steady_clock::now();
  SUBCASE("never started") {
    Ends ends = pipe_ends();
    InputReader input(reactor, ends.reader);
  }
  SUBCASE("waiting for bytes") {
    Ends ends = pipe_ends();
    InputReader input(reactor, ends.reader);
    asio::co_spawn(
        reactor.context(), [&]() -> asio::awaitable<void> { (void)co_await input.read(); },
        asio::detached);
    run_for(reactor, 20ms);
  }
  SUBCASE("waiting for room") {
    const Fd zero(open("/dev/zero", O_RDONLY));
    InputReader input(reactor, zero);
    CHECK(read_input(reactor, input, 1).size() >= 1);
    run_for(reactor, 20ms);
  }
  SUBCASE("waiting in read(), because another process took the bytes") {
    // A pseudo terminal in canonical mode is no help here; a pipe with two readers is: the other
    // one takes the byte between select() and read(), sooner or later.
    Ends ends = pipe_ends();
    std::optional<InputReader> first(std::in_place, reactor, ends.reader);
    std::optional<InputReader> second(std::in_place, reactor, ends.reader);
    int taken = 0;
    const auto reader = [&](InputReader& input) -> asio::awaitable<void> {
      for (;;) {
        const Result<std::string> bytes = co_await input.read();
        if (!bytes || bytes->empty()) co_return;
        taken += static_cast<int>(bytes->size());
      }
    };
    asio::co_spawn(reactor.context(), reader(*first), asio::detached);
    asio::co_spawn(reactor.context(), reader(*second), asio::detached);
    int sent = 0;
    run_until(
        reactor,
        [&] {
          sent += static_cast<int>(write(ends.writer, "1", 1));
          return sent >= 200;
        },
        2s);
    REQUIRE(run_until(reactor, [&] { return taken == sent; }));
    first.reset();
    second.reset();
    // One that is still in read() gets what comes, and must not touch what is gone.
    CHECK(write(ends.writer, "22", 2) == 2);
    ends.writer.close();
    // Nothing tells when a thread that was let go ends: this gives the sanitizers their chance.
    std::this_thread::sleep_for(10ms);
  }
  CHECK(std::chrono::steady_clock::now() - start < 3s);
}

TEST_CASE("output goes to everything that can be written, in order") {
  Reactor reactor;
  SUBCASE("pipe, socket, terminal") {
    for (const auto make : {pipe_ends, socket_ends, terminal_ends}) {
      Ends ends = make();
      const int before = flags_of(ends.writer);
      {
        OutputWriter output(reactor, ends.writer, "out");
        std::string expected;
        for (const std::size_t size : {1u, 100u, 4096u, 4097u, 70'000u, 3u, 200'000u, 5u}) {
          output.write(pattern(size));
          expected += pattern(size);
        }
        CHECK(read_output(reactor, output, ends.reader, expected.size()) == expected);
        CHECK(output.pending() == 0);
        CHECK(output.status().ok());
        CHECK_FALSE(output.closed());
        // Small and with nothing pending: gone at once, but for a terminal.
        output.write("now");
        if (isatty(ends.writer) == 0) CHECK(take(ends.reader) == "now");
        CHECK(test::drive(
            reactor, [&]() -> asio::awaitable<void> { CHECK((co_await output.finish()).ok()); }));
      }
      CHECK(flags_of(ends.writer) == before);
    }
  }
  SUBCASE("a regular file") {
    const Fd file = temporary_file("");
    OutputWriter output(reactor, file, "out");
    output.write(pattern(100'000));
    output.write("end");
    CHECK(output.pending() == 0);
    CHECK(lseek(file, 0, SEEK_END) == 100'003);
  }
  SUBCASE("/dev/null") {
    const Fd null(open("/dev/null", O_WRONLY));
    OutputWriter output(reactor, null, "out");
    output.write(pattern(10));
    output.write(pattern(1'000'000));
    CHECK(run_until(reactor, [&] { return output.pending() == 0; }));
    CHECK(output.status().ok());
    CHECK_FALSE(output.closed());
  }
  SUBCASE("a pipe that someone else has made non-blocking") {
    Ends ends = pipe_ends();
    fcntl(ends.writer, F_SETFL, flags_of(ends.writer) | O_NONBLOCK);
    OutputWriter output(reactor, ends.writer, "out");
    const std::string text = pattern(400'000);
    output.write(text);
    CHECK(read_output(reactor, output, ends.reader, text.size()) == text);
    CHECK((flags_of(ends.writer) & O_NONBLOCK) != 0);
  }
}

TEST_CASE("a stalled reader stalls neither the loop nor grows without the caller") {
  Reactor reactor;
  for (const auto make : {pipe_ends, socket_ends, terminal_ends}) {
    Ends ends = make();
    OutputWriter output(reactor, ends.writer, "out");
    constexpr std::size_t kLimit = 100'000;
    std::size_t written = 0;
    std::size_t most = 0;
    bool stop = false;
    bool ended = false;
    asio::co_spawn(
        reactor.context(),
        [&]() -> asio::awaitable<void> {
          while (!stop) {
            output.write(pattern(1000));
            written += 1000;
            most = std::max(most, output.pending());
            CHECK((co_await output.wait_below(kLimit)).ok());
          }
          ended = true;
        },
        asio::detached);
    // It fills up while a timer keeps its time.
    const SteadyTime start = std::chrono::steady_clock::now();
    REQUIRE(run_until(reactor, [&] { return output.pending() > kLimit; }));
    run_for(reactor, 20ms);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
    CHECK(most <= kLimit + 1000);
    const std::size_t stalled_at = written;
    run_for(reactor, 20ms);
    CHECK(written == stalled_at);
    // The reader comes back: everything comes, and more may be written.
    std::string all;
    run_until(reactor, [&] {
      all += take(ends.reader);
      return written > stalled_at + 200'000;
    });
    stop = true;
    run_until(reactor, [&] {
      all += take(ends.reader);
      return ended && output.pending() == 0 && all.size() >= written;
    });
    std::string expected;
    while (expected.size() < written) expected += pattern(1000);
    CHECK(all == expected);
  }
}

TEST_CASE("a closed reader is noticed while idle and while writing") {
  std::signal(SIGPIPE, SIG_IGN);
  Reactor reactor;
  for (const auto make : {pipe_ends, socket_ends}) {
    for (const bool busy : {false, true}) {
      CAPTURE(busy);
      Ends ends = make();
      OutputWriter output(reactor, ends.writer, "out");
      int calls = 0;
      output.on_progress([&] { ++calls; });
      if (busy) output.write(pattern(1'000'000));
      run_for(reactor, 10ms);
      CHECK_FALSE(output.closed());
      ends.reader.close();
      REQUIRE(run_until(reactor, [&] { return output.closed(); }));
      CHECK(calls > 0);
      CHECK(output.status().ok());
      CHECK(output.pending() == 0);
      output.write("into the void");
      CHECK(output.pending() == 0);
      CHECK(test::drive(reactor, [&]() -> asio::awaitable<void> {
        CHECK((co_await output.wait_below(0)).ok());
      }));
    }
  }
}

TEST_CASE("what a file held goes when there is something to put in its place") {
  struct Case {
    OldContent old_content;
    bool begin;
    const char* written;
    const char* left;
  };
  const Case cases[] = {
      {OldContent::dropped, false, "", "old content"},
      {OldContent::dropped, false, "new", "new"},
      {OldContent::dropped, true, "", ""},
      {OldContent::dropped, true, "new", "new"},
      {OldContent::kept, true, "new", "new content"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.left);
    char path[] = "/tmp/rtwire-stdio-XXXXXX";
    const Fd file(mkstemp(path));
    REQUIRE(file >= 0);
    unlink(path);
    REQUIRE(pwrite(file, "old content", 11, 0) == 11);
    Reactor reactor;
    OutputWriter output(reactor, file, "the file", c.old_content);
    if (c.begin) output.begin();
    output.write(c.written);
    // Once, and not before every write.
    output.begin();
    REQUIRE(run_until(reactor, [&] { return output.pending() == 0; }));
    CHECK(output.status().ok());
    char bytes[32] = {};
    const ssize_t n = pread(file, bytes, sizeof bytes, 0);
    const bool begun = c.begin || c.written[0] != '\0' || c.old_content == OldContent::kept;
    CHECK(std::string(bytes, static_cast<std::size_t>(n)) == (begun ? c.left : ""));
  }
}

TEST_CASE("a failing output says so") {
  const Fd full(open("/dev/full", O_WRONLY));
  if (full < 0) return;  // not everywhere
  for (const std::size_t size : {10u, 100'000u}) {
    Reactor reactor;
    OutputWriter output(reactor, full, "the output");
    int calls = 0;
    output.on_progress([&] { ++calls; });
    output.write(std::string(size, 'x'));
    REQUIRE(run_until(reactor, [&] { return !output.status().ok() && calls > 0; }));
    CHECK(output.status().error().text().starts_with("the output: "));
    CHECK_FALSE(output.closed());
    CHECK(test::drive(
        reactor, [&]() -> asio::awaitable<void> { CHECK_FALSE((co_await output.finish()).ok()); }));
  }
}

TEST_CASE("a writer ends at once, wherever it is, and calls nobody afterwards") {
  std::signal(SIGPIPE, SIG_IGN);
  const SteadyTime start = std::chrono::steady_clock::now();
  int calls = 0;
  Ends stalled = pipe_ends();
  {
    Reactor reactor;
    {
      Ends idle = pipe_ends();
      OutputWriter output(reactor, idle.writer, "out");
    }
    {
      OutputWriter output(reactor, stalled.writer, "out");
      output.on_progress([&] { ++calls; });
      output.write(pattern(1'000'000));
      run_for(reactor, 20ms);
      CHECK(output.pending() > 0);
    }
    take(stalled.reader, 300'000);
    run_for(reactor, 20ms);
  }
  // The thread goes on until its reader is gone: it must touch nothing that is gone.
  take(stalled.reader, 300'000);
  stalled.reader.close();
  // Nothing tells when that is: this gives the sanitizers their chance.
  std::this_thread::sleep_for(20ms);
  CHECK(calls == 0);
  CHECK(std::chrono::steady_clock::now() - start < 2s);
}

}  // namespace
}  // namespace rt
