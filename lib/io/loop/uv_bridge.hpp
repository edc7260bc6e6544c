#pragma once

#include <functional>
#include <memory>

#include "io/loop/reactor.hpp"

struct uv_loop_s;

namespace rt {

// How the loop learns that libuv's backend descriptor is ready.
enum class BridgeKind {
  descriptor,  // Asio watches the descriptor itself
  thread,      // a thread waits on the descriptor and posts (macOS: a kqueue inside a kqueue may
               // never fire)
};
BridgeKind default_bridge();

// A libuv loop that runs inside the reactor, on its thread.
class UvBridge {
 public:
  explicit UvBridge(Reactor& reactor, BridgeKind kind = default_bridge());
  // The caller has closed its handles; what remains is closed here.
  ~UvBridge();
  UvBridge(const UvBridge&) = delete;
  UvBridge& operator=(const UvBridge&) = delete;

  uv_loop_s* loop();

  // To be called after anything outside libuv's own callbacks that may have changed its watchers
  // or timers (libuv applies changes only while it runs): runs the loop once, soon. Calls within
  // one turn share one run.
  void pump();

  // Called each time that the loop has run; null takes it away.
  void after_run(std::function<void()> call);

  // Runs the loop once now, without waiting.
  void run_now();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
