#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <vector>

#include "app/end.hpp"
#include "app/recorder.hpp"
#include "app/run.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "model/relay_endpoint.hpp"

namespace rt {

// Records what comes from the ends of a relay ("server", whatever the end is) and what is given to
// them ("client"), and what becomes of their connections.
class RelayRecording {
 public:
  // A file that cannot be written ends the run.
  RelayRecording(Reactor& reactor, Shutdown& shutdown, RecordOptions options);
  ~RelayRecording();
  RelayRecording(const RelayRecording&) = delete;
  RelayRecording& operator=(const RelayRecording&) = delete;

  // Before the end is opened.
  void add(End& end, const RelayEndpoint& endpoint);
  // The end's own, with what passes recorded.
  Source& source_of(const End& end);
  Sink& sink_of(const End& end);

  // When the ends are closed: completes when all is in the file, or within moments.
  asio::awaitable<Result<void>> finish();

 private:
  class RecordedEnd;

  RecordedEnd& recorded(const End& end);

  Recorder recorder_;
  std::vector<std::unique_ptr<RecordedEnd>> ends_;
};

}  // namespace rt
