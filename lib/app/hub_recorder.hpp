#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "app/recorder.hpp"
#include "base/result.hpp"
#include "engine/hub.hpp"
#include "io/hub/service.hpp"
#include "io/loop/reactor.hpp"
#include "model/message.hpp"

namespace rt {

// Records what is published to a hub, by clients and by the server itself, and what becomes of the
// clients that stay connected.
class HubRecorder final : private Follower, private ConnectionWatcher {
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
  void on_opened(const void* connection, std::string_view proto, std::string_view channel,
                 std::string_view peer) override;
  void on_closed(const void* connection, const WebSocketEnd& end) override;
  void flush();

  HubService& service_;
  Recorder recorder_;
  HubCursor cursor_;
  const void* const own_;
  const std::string channel_;
  std::unordered_map<const void*, std::uint64_t> clients_;  // their numbers
  std::uint64_t last_client_ = 0;
  Batch batch_;  // of one origin
  const void* batch_origin_ = nullptr;
};

}  // namespace rt
