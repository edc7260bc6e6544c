#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "codec/framing.hpp"
#include "engine/hub.hpp"
#include "io/hub/service.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/reactor.hpp"
#include "io/stdio/frame_writer.hpp"
#include "io/stdio/output_writer.hpp"
#include "model/message.hpp"
#include "model/message_id.hpp"

namespace rt {

// What is published to a hub, on its way to stdout. A message is written when the output takes it;
// those that wait are held as they are, within the bounds of the hub's PublisherPause, which has
// publishers wait for the output. Whatever is published in spite of that stays in the window, and
// what leaves it before it could be written is counted and told.
class ServeOutput final : private Follower {
 public:
  struct Options {
    int fd = 1;
    std::string name = "stdout";
    Framing framing;
    Transport transport = Transport::poll;  // "proto" of envelopes
  };
  // Neither service nor reactor may go before.
  ServeOutput(Reactor& reactor, HubService& service, Options options);
  ~ServeOutput();
  ServeOutput(const ServeOutput&) = delete;
  ServeOutput& operator=(const ServeOutput&) = delete;

  // Drops what a file held before.
  void begin() { writer_.begin(); }
  // From now on what is published to the channel (empty: to any), but for what has this origin.
  void follow(const void* own, const std::string& channel);
  // Called once when nothing can be written any more: see failure().
  void on_end(std::function<void()> callback) { on_end_ = std::move(callback); }
  // Why; nothing when its reader has gone.
  Result<void> failure() const { return writer_.status(); }

  // Writes all that is left, until then at most. Errors: what could not be written.
  asio::awaitable<Result<void>> finish(SteadyTime until);

 private:
  struct Waiting {
    MessagePtr message;
    MessageId id;
    std::size_t cost;
  };

  void on_news() override;
  void take_unkept(const MessagePtr& message);
  void on_progress();
  bool has_room() const;
  bool is_full() const;
  void print(const Message& message, const MessageId& id);
  void keep(const MessagePtr& message, const MessageId& id);
  void print_kept();
  void flush_soon();
  void flush();
  void tell_missed();
  std::size_t waiting() const { return kept_bytes_ + printed_.size() + writer_.pending(); }

  Reactor& reactor_;
  HubService& service_;
  OutputWriter writer_;
  FrameWriter encoder_;
  const std::string name_;
  const bool shows_id_;
  Notifier progress_;
  std::optional<HubCursor> cursor_;
  std::deque<Waiting> kept_;
  std::size_t kept_bytes_ = 0;
  std::string printed_;
  std::uint64_t missed_ = 0;       // ever
  std::uint64_t told_missed_ = 0;  // of them
  std::function<void()> on_end_;
  bool flush_posted_ = false;
  bool ending_ = false;
};

}  // namespace rt
