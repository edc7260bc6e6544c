#pragma once

#include <cstddef>
#include <cstdint>
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
  std::size_t settled = 0;  // of what was taken, where parts of it are committed
};

// A part of a job that a sink has taken: it is done when `settled` of its progress is at `number`.
struct Slice {
  std::uint64_t number = 0;  // 0: it is done
  std::shared_ptr<Job> job;
  std::size_t messages = 0;
  bool last = false;  // of the job
};

// What goes on with one sink.
struct Writing {
  Writing(Reactor& reactor, const RelayTo& sink)
      : to(sink), wake(reactor.executor()), taken(reactor.executor()) {}
  bool tells_progress() const { return to.sink->progress().has_value(); }
  RelayTo to;
  Notifier wake;
  std::deque<std::shared_ptr<Job>> queue;
  std::deque<Slice> slices;
  Notifier taken;
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
