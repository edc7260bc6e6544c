#include "io/stdio/input_reader.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>

#include "io/stdio/pipe_room.hpp"
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
  CHECK(sent <= (256u << 10) + 2 * kPipeRoom);
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
    const std::size_t before = threads();
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
    CHECK(run_until(reactor, [&] { return threads() <= before; }));
  }
  CHECK(std::chrono::steady_clock::now() - start < 3s);
}

}  // namespace
}  // namespace rt
