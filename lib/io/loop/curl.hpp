#pragma once

#include <functional>
#include <memory>

#include "io/loop/reactor.hpp"

namespace rt {

// libcurl's multi interface on the reactor: the transfers of one program and the connections that
// they share. Handles are curl's `CURL*` and result codes its `CURLcode`, untyped because curl.h
// stays out of headers.
class CurlLoop {
 public:
  explicit CurlLoop(Reactor& reactor);
  // All transfers have been removed.
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  // A handle with no options set; its connections and DNS answers are shared through this loop.
  void* take_handle();
  // For later use by take_handle.
  void give_back(void* easy);

  // Starts the transfer. `done` is called once with the CURLcode, outside of curl's callbacks,
  // after the handle has left the loop. False when curl refuses the handle.
  bool add(void* easy, std::function<void(int)> done);
  // The same for a handle that only connects (CURLOPT_CONNECT_ONLY): it stays in the loop when it
  // is done, because its connection ends when it leaves, and that is by remove().
  bool add_connection(void* easy, std::function<void(int)> done);
  // Ends a transfer that has not completed, or a connection. No effect on one that is not under
  // way. Not to be called from curl's callbacks.
  void remove(void* easy);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rt
