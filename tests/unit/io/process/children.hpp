#pragma once

#include <doctest/doctest.h>
#include <sys/wait.h>

#include "io/process/child.hpp"
#include "unit/io/complete.hpp"

namespace rt::test {

// Running, or a zombie.
inline bool has_children() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

// Waits for those whose loop had gone before them: the next start of a child reaps them.
inline void settle_children() {
  Reactor reactor;
  for (int attempt = 0; attempt < 100; ++attempt) {
    ChildProcess child(reactor);
    ChildOptions options;
    options.arguments = {"true"};
    REQUIRE(child.start(std::move(options)).ok());
    complete(reactor, child.wait());
    if (run_until(
            reactor, [] { return !has_children(); }, 100ms))
      return;
  }
  FAIL("children are left");
}

}  // namespace rt::test
