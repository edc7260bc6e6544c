#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <string>

#include "app/hub_server.hpp"
#include "base/result.hpp"
#include "engine/access.hpp"
#include "engine/grants.hpp"
#include "engine/holdings.hpp"
#include "io/hub/admission.hpp"
#include "io/hub/answers.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/notifier.hpp"
#include "io/loop/socket_poller.hpp"
#include "io/process/service_notify.hpp"
#include "io/server/exchange.hpp"
#include "io/server/http_front.hpp"
#include "io/server/websocket.hpp"

namespace rt {

// What a server listens with that is no hub: HTTP and WebSockets on one port, for a handler of its
// own. Who may come in is as at a hub.
class WebServer {
 public:
  WebServer(Reactor& reactor, const HubServerOptions& options, ExchangeHandler& handler);

  // Says where it listens, on stderr and to a service manager. Errors: an address that cannot be
  // had.
  Result<void> listen(const std::string& scheme, const ServiceNotify& notify);

  const Answers& answers() const { return answers_; }
  Admission& admission() { return admission_; }
  Deadlines& deadlines() { return deadlines_; }

  // Takes no new connection, closes WebSockets, and waits shortly for what is under way.
  asio::awaitable<void> drain();

 private:
  const HubServerOptions& options_;
  std::unique_ptr<SocketPoller> poller_;
  Deadlines deadlines_;
  AccessPolicy access_;
  Grants grants_;
  Answers answers_;
  Admission admission_;
  Holdings holdings_;
  Notifier gone_;
  WsServer websockets_;
  HttpFront front_;
};

}  // namespace rt
