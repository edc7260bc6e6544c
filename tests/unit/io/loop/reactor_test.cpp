#include "io/loop/reactor.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <string>

#include "base/log.hpp"
#include "io/loop/notifier.hpp"

using namespace rt;

namespace {

// What `work` writes to stderr: less than a pipe takes.
template <class Work>
std::string stderr_of(Work work) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const int before = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  work();
  dup2(before, STDERR_FILENO);
  close(before);
  close(ends[1]);
  std::string text(4096, '\0');
  const ssize_t size = read(ends[0], text.data(), text.size());
  close(ends[0]);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

}  // namespace

TEST_CASE("reactor: what is begun on a part goes on under its name") {
  Reactor whole;
  Reactor part(whole, "lab");
  Notifier told(part.executor());
  const auto work = [&]() -> asio::awaitable<void> {
    Log::error("one");
    // Even a timer of the whole.
    asio::steady_timer timer(whole.executor(), std::chrono::milliseconds(1));
    co_await timer.async_wait(asio::use_awaitable);
    Log::error("two");
    asio::post(part.executor(), [&] {
      Log::error("three");
      told.notify_all();
    });
    co_await told.wait();
    Log::error("four");
    Log::ready("five");
  };
  const std::string text = stderr_of([&] {
    asio::co_spawn(part.executor(), work(), asio::detached);
    asio::post(whole.executor(), [] { Log::error("other"); });
    whole.context().run();
    Log::error("last");
  });
  std::string names;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    const std::size_t name = line.find(": ");
    names += (name == std::string::npos ? line : line.substr(name + 2)) + "\n";
    at = end + 1;
  }
  CHECK(names == "lab: one\nother\nlab: two\nlab: three\nlab: four\nfive\nlast\n");
}
