#pragma once

#include <functional>
#include <string_view>

#include "engine/access.hpp"
#include "engine/grants.hpp"
#include "engine/hub.hpp"
#include "engine/log.hpp"
#include "io/hub/admission.hpp"
#include "io/hub/answers.hpp"
#include "io/hub/context.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/news.hpp"
#include "io/hub/options.hpp"
#include "io/hub/pages.hpp"
#include "io/hub/publisher.hpp"
#include "io/hub/publisher_pause.hpp"
#include "io/hub/publishing.hpp"
#include "io/hub/reading.hpp"
#include "io/hub/web_sockets.hpp"
#include "io/loop/deadlines.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// The hub's contract: one channel is one URL in all transports. It stands above the front ends and
// knows nothing of sockets; it follows the log. Here a request finds the part that answers it.
class HubService final : public ExchangeHandler, private Deadline {
 public:
  HubService(Reactor& reactor, Deadlines& deadlines, Hub& hub, MessageLog& log,
             HubServiceOptions options);
  HubService(const HubService&) = delete;
  HubService& operator=(const HubService&) = delete;

  Hub& hub() { return hub_.hub; }
  MessageLog& log() { return hub_.log; }
  // For what publishes and reads in this process.
  Publisher& publisher() { return publisher_; }
  News& news() { return news_; }
  PublisherPause& pause() { return pause_; }
  Pages& pages() { return pages_; }

  // Makes the listener of a WebSocket that speaks MQTT. Without it none does.
  void on_mqtt_socket(std::function<WebSocketListener&()> make) { mqtt_socket_ = std::move(make); }

  // From now on this one is told; null: nobody.
  void watch(ConnectionWatcher* watcher) {
    sockets_.watch(watcher);
    reading_.watch(watcher);
  }

  // Called once, at the first request.
  void on_first_request(std::function<void()> call) { first_request_ = std::move(call); }

  // Ends all streams and held requests.
  void drain();

  bool admit(Exchange& exchange) override;
  void handle(Exchange& exchange) override;

 private:
  void on_deadline() override;
  // What is asked for, without the base of all paths; empty when it is not under that.
  std::string_view path_of(const http::Request& request) const;
  void page(Exchange& exchange);
  void handle_channel(Exchange& exchange, std::string_view name, Channel* channel);

  const HubServiceOptions options_;
  const HubContext hub_;
  const AccessPolicy access_;
  const Answers answers_;
  Admission admission_;
  Delivery delivery_;
  News news_;
  Publisher publisher_;
  PublisherPause pause_;
  Publishing publishing_;
  WebSockets sockets_;
  Reading reading_;
  Pages pages_;
  std::function<WebSocketListener&()> mqtt_socket_;
  std::function<void()> first_request_;
};

}  // namespace rt
