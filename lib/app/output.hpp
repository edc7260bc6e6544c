#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "codec/framing.hpp"
#include "io/loop/reactor.hpp"
#include "io/loop/source.hpp"
#include "io/stdio/frame_writer.hpp"
#include "io/stdio/output_writer.hpp"
#include "model/message.hpp"

namespace rt {

// Where messages go that have arrived here: a sink that also says how far they have got.
class Output : public Sink {
 public:
  // Once, before all else.
  virtual Result<void> start() { return {}; }
  // Called when safe() has grown, and when the output has closed or failed.
  virtual void on_progress(std::function<void()> callback) = 0;
  // The connection has stood: what is to be done even if no message comes.
  virtual void begin() {}

  // Takes messages in order, reports of gaps among them.
  virtual void put(Messages messages) = 0;
  // Completes when there is room for more; an error ends the run.
  virtual asio::awaitable<Result<void>> room() = 0;
  asio::awaitable<Result<void>> write(Messages messages) final {
    put(messages);
    return room();
  }
  // Told to end: completes within moments, whatever is done by then.
  virtual asio::awaitable<void> come_to_rest() = 0;

  // So many messages, counted from the first that was written, are safe where they went to.
  virtual std::uint64_t safe() const = 0;
  // Nobody wants more. A normal end, not a failure.
  virtual bool closed() const = 0;
  // What went wrong with the output itself.
  virtual Result<void> status() const = 0;
  // How many of them it could not do what it was to do with.
  virtual std::uint64_t failed() const { return 0; }
  // After the end: what is to be said of the messages.
  virtual Result<void> verdict() const { return {}; }
};

struct StreamOutputOptions {
  int fd = 1;
  std::string name = "stdout";
  Framing framing;
  std::optional<Transport> transport;
  std::size_t most_pending = 0;  // bytes, before room() waits
};

// The messages as bytes on stdout, or in a file.
class StreamOutput final : public Output {
 public:
  StreamOutput(Reactor& reactor, StreamOutputOptions options);

  void on_progress(std::function<void()> callback) override;
  void begin() override { output_.begin(); }
  void put(Messages messages) override;
  asio::awaitable<Result<void>> room() override;
  asio::awaitable<Result<void>> finish() override { return output_.finish(); }
  asio::awaitable<void> come_to_rest() override;
  std::uint64_t safe() const override;
  bool closed() const override { return output_.closed(); }
  Result<void> status() const override { return output_.status(); }
  std::uint64_t failed() const override { return encoder_.refused(); }
  // An error (lost) when messages were refused.
  Result<void> verdict() const override { return encoder_.verdict(); }

 private:
  Reactor& reactor_;
  StreamOutputOptions options_;
  OutputWriter output_;
  FrameWriter encoder_;
  // So many bytes have gone to the output with the first so many messages.
  struct Mark {
    std::uint64_t bytes;
    std::uint64_t messages;
  };
  Mark written_{0, 0};
  mutable std::deque<Mark> marks_;  // of what may still be pending
  mutable std::uint64_t safe_ = 0;
};

}  // namespace rt
