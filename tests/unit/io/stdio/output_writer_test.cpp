#include "io/stdio/output_writer.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>

#include "unit/io/descriptors.hpp"
#include "unit/io/http/test_server.hpp"
#include "unit/io/loop.hpp"
#include "unit/io/threads.hpp"

namespace rt {
namespace {

using test::Ends;
using test::Fd;
using test::flags_of;
using test::pattern;
using test::pipe_ends;
using test::run_for;
using test::run_until;
using test::socket_ends;
using test::take;
using test::temporary_file;
using test::terminal_ends;
using test::threads;

// Reads all of it while the loop runs.
std::string read_output(Reactor& reactor, OutputWriter& output, int fd, std::size_t size) {
  std::string all;
  run_until(reactor, [&] {
    all += take(fd);
    return all.size() >= size && output.pending() == 0;
  });
  return all;
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

TEST_CASE("what waits in many pieces is written in order, and taken at any place") {
  for (const auto make : {pipe_ends, socket_ends, terminal_ends}) {
    Reactor reactor;
    Ends ends = make();
    OutputWriter output(reactor, ends.writer, "out");
    std::string expected;
    const auto write = [&](std::size_t size) {
      output.write(pattern(size));
      expected += pattern(size);
    };
    // More than any of them holds by itself, so that all behind it waits.
    write(3'000'000);
    for (std::size_t i = 0; i < 40; ++i) {
      write(70'000 + i);
      write(1 + i);
    }
    CHECK(output.pending() > 0);
    CHECK(read_output(reactor, output, ends.reader, expected.size()) == expected);
    CHECK(output.status().ok());
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
    const auto full = [&] {
      pollfd watched{ends.writer, POLLOUT, 0};
      return poll(&watched, 1, 0) == 0;
    };
    REQUIRE(run_until(reactor, [&] { return output.pending() > kLimit && full(); }));
    run_for(reactor, 20ms);
    REQUIRE(run_until(reactor, [&] { return output.pending() > kLimit && full(); }));
    CHECK(std::chrono::steady_clock::now() - start < 5s);
    CHECK(most <= kLimit + 1000);
    // A terminal goes on taking for a while what it had no room for.
    std::size_t stalled_at = 0;
    do {
      stalled_at = written;
      run_for(reactor, 20ms);
    } while (written != stalled_at && std::chrono::steady_clock::now() - start < 5s);
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
    REQUIRE(pwrite(file, "old content", 11, 0) == 11);
    Reactor reactor;
    OutputWriter output(reactor, file, path, c.old_content);
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
    unlink(path);
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
  const std::size_t before = threads();
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
  Reactor waiting;
  CHECK(run_until(waiting, [&] { return threads() <= before; }));
  CHECK(calls == 0);
  CHECK(std::chrono::steady_clock::now() - start < 2s);
}

}  // namespace
}  // namespace rt
