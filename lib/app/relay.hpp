#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/dead_letters.hpp"
#include "app/relay_status.hpp"
#include "app/run.hpp"
#include "base/result.hpp"
#include "engine/name_hash.hpp"
#include "engine/route.hpp"
#include "io/loop/source.hpp"
#include "model/defaults.hpp"

namespace rt {

struct RelayFrom {
  std::string name;  // for people
  Source* source = nullptr;
  std::optional<std::size_t> buffer = {};  // as of EndFacts
  bool allow_doubles = false;              // what has come before goes on, too
  bool local = false;  // stdin, a file, a child: in a two-way relay its end leaves time for answers
};

struct RelayTo {
  Sink* sink = nullptr;
  bool payload_only = false;       // as of EndFacts
  std::size_t gather = 1;          // messages that it would have at once
  Milliseconds gather_time = 0ms;  // for how long they are waited for
};

// One direction: what comes from each source goes to every sink.
struct RelayPath {
  std::vector<RelayFrom> from;
  std::vector<RelayTo> to;
  Route route;
};

struct RelayRules {
  std::string relay_id;      // what this relay leaves in `via`
  std::string content_type;  // of messages that have none; empty: they have none
  std::optional<std::uint64_t> count;
  NameHash hash = {0, 0};               // whose key nobody else knows
  DeadLetters* dead_letters = nullptr;  // where refused messages wait to be taken; outlives this
  Milliseconds linger = defaults::kLinger;  // of a two-way relay, after the end of a local source
};

// Moves messages from sources to sinks. What one read gives goes to all sinks at once; the slowest
// holds the source back: no more than some batches are under way. Order is kept per source.
class Relay {
 public:
  // The sources and sinks must outlive this.
  Relay(Reactor& reactor, Shutdown& shutdown, std::vector<RelayPath> paths, RelayRules rules);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Until all sources have ended, the count is reached, the shutdown is requested or the deadline
  // has passed. What was read is then written and finished: at an end however long it takes, else
  // within some seconds. Errors: the first source or sink that has failed for good.
  asio::awaitable<Result<void>> run(std::optional<SteadyTime> deadline = std::nullopt);

  std::uint64_t passed() const;  // messages that went on to the sinks
  bool deadline_passed() const;  // it was what ended run()
  std::uint64_t lost() const;    // told at once; what a gap cannot number counts as one
  // After run(), when it has failed: what was read of sources that cannot give it again, and was
  // not passed on; not in lost().
  std::uint64_t left() const;
  // Of each path; without reconnects, which are not seen from here.
  std::vector<RelayFigures> figures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rt
