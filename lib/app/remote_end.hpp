#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/end.hpp"
#include "app/end_options.hpp"
#include "app/relay_losses.hpp"

namespace rt {

// An end on another machine: connections that mend themselves, one for both ways or one for each.
class RemoteEnd : public End {
 public:
  // What is to be written to, and what is to be read from.
  asio::awaitable<Result<void>> open() override;
  Source& source() override { return *down(); }
  Sink& sink() override { return *up(); }
  asio::awaitable<void> close(bool hurried) override;
  // By HTTP up there are requests only.
  void on_event(const std::function<void(const ConnectionEvent&)>& tell) override {
    if (down() != nullptr) down()->on_event(tell);
  }
  EndStatus status() const override;
  void tell_skipped() override { skipped_.tell(); }

  // Null: there is no such way.
  Reconnecting* down() { return one_for_both_ ? up() : down_ ? &*down_ : nullptr; }
  Reconnecting* up() { return up_ ? &*up_ : nullptr; }
  // After close(): how the peer refused what had been sent, if that was its last word.
  virtual std::optional<Error> parting_refusal() const { return std::nullopt; }

 protected:
  RemoteEnd(Reactor& reactor, const EndOptions& options, EndUse use, EndFacts facts);
  OnSkipped on_skipped();
  void read_by(Connection& connection);
  void write_by(Connection& connection);
  void use_for_both(Connection& connection);
  EndUse use() const { return use_; }

 private:
  Reactor& reactor_;
  ReconnectOptions reconnect_;
  bool skip_refused_;
  EndUse use_;
  Skipped skipped_;
  bool one_for_both_ = false;  // up_ is down, too
  std::optional<Reconnecting> down_;
  std::optional<Reconnecting> up_;
};

// The end of a transport (poll, sse, ws, mqtt, http) for its uses. A WebSocket and MQTT have both
// ways whatever they are used for.
std::unique_ptr<RemoteEnd> make_remote_end(Reactor& reactor, const EndOptions& options, EndUse use);

}  // namespace rt
