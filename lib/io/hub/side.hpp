#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "io/hub/service.hpp"
#include "io/loop/source.hpp"

namespace rt {

// One side of a hub for something inside this process: what is published to the hub comes out, and
// what is written goes in, as clients' publications do. What went in by it does not come out of it
// again. It is a cursor in the hub's log that starts at the end; when what is not read falls out of
// the window, a gap says so. It must not outlive the service.
//
// What comes out has the hub's id, and its channel is canonical ("/" for the default one).
class HubSide final : public Source, public Sink {
 public:
  struct Options {
    std::string channel;           // this one alone, canonical; empty: all
    bool fill_only_empty = false;  // a retained message goes only to a channel that never had one
    // This relay's id: appended to `via` of what comes out, with the hub's id as origin_id where
    // there is none; what bears it passes in neither direction. Empty: messages stay as they are.
    std::string relay_id;
    // Called for each message that the hub cannot take.
    std::function<void(const Message&, const Error&)> on_skipped;
  };
  HubSide(Reactor& reactor, HubService& service, Options options);
  ~HubSide() override;

  // Everything behind the cursor, at least one message, at most some hundred. Waits for it.
  asio::awaitable<Result<Batch>> read() override;
  // Publishes each message to the side's channel, or else to its own ("/" when it has none). Waits
  // while publishers are paused. What the hub cannot take (a name that is no channel, too long) is
  // skipped and counted; gaps are passed over. Completes when the log has the others. Never an
  // error.
  asio::awaitable<Result<void>> write(Messages messages) override;
  // Something waits to be read, as far as can be told without reading.
  bool has_unread() const;
  // Passes over what waits to be read, and tells how many messages that were.
  std::uint64_t drop_unread();
  std::uint64_t skipped() const;
  std::uint64_t missed() const;  // messages that gaps have reported

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rt
