#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <string>

#include "app/recorder.hpp"
#include "base/result.hpp"
#include "engine/hub.hpp"
#include "io/hub/service.hpp"
#include "io/loop/reactor.hpp"
#include "model/message.hpp"

namespace rt {

// Records what is published to a hub: by clients, and by the server itself.
class HubRecorder final : private Follower {
 public:
  // Of the channel (empty: of any). `own` is the origin of what the server publishes. `on_failure`
  // is called when the file cannot be written; see status(). Neither service nor reactor may go
  // before.
  HubRecorder(Reactor& reactor, HubService& service, RecordOptions options, const void* own,
              const std::string& channel, std::function<void()> on_failure);
  ~HubRecorder();
  HubRecorder(const HubRecorder&) = delete;
  HubRecorder& operator=(const HubRecorder&) = delete;

  Result<void> status() const { return recorder_.status(); }
  // Records all that is left.
  asio::awaitable<Result<void>> finish();

 private:
  void on_news() override;
  void flush();

  HubService& service_;
  Recorder recorder_;
  HubCursor cursor_;
  const void* const own_;
  Batch batch_;  // of one origin
  bool batch_is_own_ = false;
};

}  // namespace rt
