#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "io/loop/uv_bridge.hpp"

struct lws;
struct lws_context;

namespace rt {

struct LwsLoopOptions {
  BridgeKind bridge = default_bridge();
  // For thousands of connections: raises the descriptor limit first, because lws sizes its tables
  // by it. Else the tables are small and looked through one entry after the other.
  bool many = true;
  bool check_utf8 = true;                  // of text messages, byte by byte
  unsigned timeout_seconds = 20;           // lws's own patience with each step of a handshake
  unsigned short header_bytes = 8u << 10;  // of one HTTP head
};

// A libwebsockets context on the reactor's loop. Virtual hosts are added by those who need them
// (server/websocket, websocket/client).
class LwsLoop {
 public:
  // lws reads into, and makes requests in, one buffer of this size.
  static constexpr unsigned kServiceBuffer = 64u << 10;

  explicit LwsLoop(Reactor& reactor, LwsLoopOptions options = {});
  ~LwsLoop();
  LwsLoop(const LwsLoop&) = delete;
  LwsLoop& operator=(const LwsLoop&) = delete;

  lws_context* context() { return context_; }
  Reactor& reactor() { return reactor_; }

  // What the TLS library said about the handshake that failed last, or empty: lws hands it to its
  // log only. take: and forgets it.
  static std::string take_tls_fault();

  // Ends a connection without further ado, soon and from the loop: may be called from within an
  // lws callback.
  void kill(lws* wsi);

  // See UvBridge::pump: after every lws call made outside an lws callback.
  void pump() { bridge_->pump(); }
  // See UvBridge::after_run.
  void after_run(std::function<void()> call) { bridge_->after_run(std::move(call)); }

 private:
  Reactor& reactor_;
  std::unique_ptr<UvBridge> bridge_;
  lws_context* context_ = nullptr;
};

}  // namespace rt
