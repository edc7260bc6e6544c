#pragma once

#include <asio/awaitable.hpp>
#include <optional>
#include <utility>

#include "codec/framing.hpp"
#include "io/loop/source.hpp"
#include "io/stdio/standard_input.hpp"

namespace rt {

// Tells, once, that what stdin brings was cut into messages and perhaps should not have been. To be
// called after each receive().
void tell_if_cut(FrameDecoder& decoder);

// For people who type on a terminal: what makes a message, and what ends; and that there are
// commands, if there are.
void tell_what_to_type(const Framing& framing, bool commands = false);

// stdin as messages.
class InputSource final : public Source {
 public:
  InputSource(Reactor& reactor, Framing framing)
      : input_(reactor), framing_(framing), decoder_(std::move(framing)) {}
  // What came before a bad line comes out before the error.
  asio::awaitable<Result<Batch>> read() override;

 private:
  StandardInput input_;
  Framing framing_;
  FrameDecoder decoder_;
  std::optional<Error> bad_;
  bool ended_ = false;
  bool asked_ = false;
};

}  // namespace rt
