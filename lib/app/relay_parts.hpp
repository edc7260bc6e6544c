#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>

#include "app/relay.hpp"
#include "app/relay_buffer.hpp"
#include "app/relay_losses.hpp"
#include "engine/route.hpp"
#include "io/loop/notifier.hpp"

// What a Relay is made of.
namespace rt::relay_parts {

struct Path;

// What goes on with one source.
struct Reading {
  RelayFrom from;
  Path* path = nullptr;
  std::optional<RelayBuffer> buffer;
  std::size_t jobs = 0;  // under way
  std::size_t bytes = 0;
  std::size_t taken = 0;  // messages of the source that are not done, those that were dropped too
  std::size_t lag = 0;    // of these, on their way
  Losses lost;
  Losses unnamed;
  Losses circling;
  Losses returned;
  Losses known;
};

// A batch on its way to every sink.
struct Job {
  Reading* reading = nullptr;  // none: only to finish the sinks
  Batch batch;
  std::size_t bytes = 0;
  std::size_t taken = 0;  // messages that the source gave for it
  bool finish = false;    // the sink is to say that it has arrived, not only that it is accepted
  std::size_t remaining = 0;
};

// What goes on with one sink.
struct Writing {
  Writing(Reactor& reactor, const RelayTo& sink) : to(sink), wake(reactor.executor()) {}
  RelayTo to;
  Notifier wake;
  std::deque<std::shared_ptr<Job>> queue;
};

struct Path {
  Route route;
  bool payload_only = true;
  std::deque<Reading> readings;
  std::deque<Writing> writings;
  RelayFigures figures;
  bool gathers = false;  // a sink
};

}  // namespace rt::relay_parts
