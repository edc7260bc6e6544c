#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "app/run.hpp"
#include "base/result.hpp"
#include "codec/framing.hpp"
#include "io/loop/reactor.hpp"
#include "io/mqtt/broker.hpp"
#include "io/process/service_notify.hpp"

namespace rt {

struct ServeBrokerOptions {
  // Where its address names a channel, what stdin brings is published to that topic, and what
  // clients publish there goes to stdout. Without one stdin and stdout are left alone: MQTT has no
  // topic that could be meant.
  BrokerOptions broker;
  Framing framing;  // of stdin and stdout
  bool read_stdin = true;
  bool exit_on_eof = false;
  std::uint8_t qos = 1;
  bool retain = false;  // what stdin brings
  int output_fd = 1;
  std::string output_name = "stdout";
  ServiceNotify notify;  // who is told when it listens and when it ends
};

// Runs a broker until it is told to stop; one that dies is started again. Errors: one that cannot
// be started at first, a failed stdout, or lost: messages at QoS 0 that were on their way to it.
asio::awaitable<Result<void>> serve_broker(Reactor& reactor, Shutdown& shutdown,
                                           ServeBrokerOptions options);

}  // namespace rt
