#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>

#include "app/client.hpp"
#include "app/client_tally.hpp"
#include "app/recorder.hpp"
#include "app/remote_end.hpp"
#include "app/run_report.hpp"
#include "app/typed_line.hpp"
#include "base/result.hpp"
#include "io/stdio/standard_input.hpp"
#include "model/message.hpp"

namespace rt {

// Gives messages the kind and content type that were asked for; of a batch in which one cannot
// have them, those before it are left.
Result<void> dress(const ClientOptions& options, Batch& batch);

// A client's way up: its arguments, or else what stdin brings, to the other side.
class Upload {
 public:
  // All of these outlive it.
  Upload(Reactor& reactor, RemoteEnd& end, const ClientOptions& options, ClientTally& tally,
         const RunReport& report)
      : reactor_(reactor),
        end_(end),
        options_(options),
        tally_(tally),
        report_(report),
        input_(reactor),
        topics_(options.topic_from) {}

  // What is sent is written there, too; it outlives this.
  void record(Recorder& recorder) { recorder_ = &recorder; }

  // Before there is a connection: somebody may be typing already.
  void prepare();
  // Completes when all is sent and, where the other side acknowledges, acknowledged. stdin is not
  // read before the connection stands.
  asio::awaitable<Result<void>> run();
  // Somebody has typed that the connection is to be closed.
  bool closed() const { return closed_; }
  // Once there is a connection.
  asio::awaitable<Result<void>> send(Batch batch);

 private:
  asio::awaitable<Result<void>> send_arguments();
  asio::awaitable<Result<void>> send_input();
  asio::awaitable<Result<void>> send_recording(ReplayOptions recording);
  Result<void> dress(Batch& batch);
  void do_what_is_typed(Batch& batch);
  void obey(const TypedLine& line);

  Reactor& reactor_;
  RemoteEnd& end_;
  const ClientOptions& options_;
  ClientTally& tally_;
  const RunReport& report_;
  StandardInput input_;
  TopicPicker topics_;
  Recorder* recorder_ = nullptr;
  bool closed_ = false;
};

}  // namespace rt
