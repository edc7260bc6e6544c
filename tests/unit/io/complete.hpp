#pragma once

#include <doctest/doctest.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "unit/io/loop.hpp"

namespace rt::test {

template <class T>
asio::awaitable<void> keep_result(asio::awaitable<T> work, std::shared_ptr<std::optional<T>> out) {
  out->emplace(co_await std::move(work));
}

// Starts a coroutine; the pointer holds its result as soon as there is one.
template <class T>
std::shared_ptr<std::optional<T>> begin(Reactor& reactor, asio::awaitable<T> work) {
  auto out = std::make_shared<std::optional<T>>();
  asio::co_spawn(reactor.context(), keep_result(std::move(work), out), asio::detached);
  return out;
}

// Runs a coroutine to its end on the loop.
template <class T>
T complete(Reactor& reactor, asio::awaitable<T> work, Milliseconds limit = 10s) {
  const auto out = begin(reactor, std::move(work));
  REQUIRE(run_until(
      reactor, [&] { return out->has_value(); }, limit));
  return std::move(**out);
}

inline void complete(Reactor& reactor, asio::awaitable<void> work, Milliseconds limit = 10s) {
  bool done = false;
  asio::co_spawn(reactor.context(), std::move(work),
                 [&](const std::exception_ptr&) { done = true; });
  REQUIRE(run_until(
      reactor, [&] { return done; }, limit));
}

}  // namespace rt::test
