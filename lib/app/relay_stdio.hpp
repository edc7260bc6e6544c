#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "codec/framing.hpp"
#include "io/loop/source.hpp"
#include "io/stdio/frame_writer.hpp"
#include "io/stdio/input_reader.hpp"
#include "io/stdio/output_writer.hpp"

namespace rt {

// stdin as messages.
class InputSource final : public Source {
 public:
  InputSource(Reactor& reactor, Framing framing) : input_(reactor), decoder_(std::move(framing)) {}
  // What came before a bad line comes out before the error.
  asio::awaitable<Result<Batch>> read() override;

 private:
  InputReader input_;
  FrameDecoder decoder_;
  std::optional<Error> bad_;
  bool ended_ = false;
};

// Messages to stdout, or a file in its place.
class OutputSink final : public Sink {
 public:
  // `on_closed` is called when nobody reads any more; what is written then is dropped.
  OutputSink(Reactor& reactor, int fd, const std::string& name, const Framing& framing,
             std::optional<Transport> transport, std::function<void()> on_closed);
  asio::awaitable<Result<void>> write(Messages messages) override;
  asio::awaitable<Result<void>> finish() override;
  std::uint64_t refused() const { return encoder_.refused(); }

 private:
  OutputWriter output_;
  FrameWriter encoder_;
  bool terminal_;  // the status line may stand there, too
};

}  // namespace rt
