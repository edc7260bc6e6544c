#include "io/mqtt/broker_configuration.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace rt {
namespace {

// A retained storm reaches a subscriber as one burst, of which the broker keeps what the socket
// does not take. Both limits are per client; beyond them it drops.
constexpr std::size_t kQueuedMessages = 500'000;
constexpr std::size_t kQueuedBytes = 256u << 20;
constexpr int kInflightMessages = 1000;
constexpr int kSavedEvery = 5;  // seconds; and always at an end in order
// Around a payload: a topic, properties, and the fixed header.
constexpr std::size_t kPacketOverhead = 192u << 10;
constexpr std::size_t kLargestPacket = 268'435'455;

}  // namespace

std::string broker_configuration(const BrokerListeners& listeners, const BrokerOptions& options,
                                 bool retains) {
  std::string out;
  for (const asio::ip::address& address : listeners.addresses) {
    out += "listener " + std::to_string(listeners.port) + " " + address.to_string() + "\n";
    if (options.max_connections > 0)
      out += "max_connections " + std::to_string(options.max_connections) + "\n";
  }
  const std::size_t packet = std::min(options.max_message, kLargestPacket - kPacketOverhead);
  out +=
      "allow_anonymous true\n"
      "sys_interval 1\n";
  if (options.store.empty())
    out += "persistence false\n";
  else
    out += "persistence true\npersistence_location " + options.store + "/\nautosave_interval " +
           std::to_string(kSavedEvery) + "\n";
  // It disconnects who sends more. message_size_limit would drop such a message without a word.
  out += "max_packet_size " + std::to_string(packet + kPacketOverhead) + "\n";
  out += "max_queued_messages " + std::to_string(kQueuedMessages) + "\n";
  const std::size_t queued =
      options.memory > 0 ? std::min(kQueuedBytes, options.memory / 2) : kQueuedBytes;
  out += "max_queued_bytes " + std::to_string(queued) + "\n";
  if (options.memory > 0 && !kSystemBoundsBroker)
    out += "memory_limit " + std::to_string(options.memory) + "\n";
  out += "max_inflight_messages " + std::to_string(kInflightMessages) + "\n";
  out +=
      "set_tcp_nodelay true\n"
      "log_dest stderr\n"
      "log_timestamp false\n"
      "log_type error\n"
      "log_type warning\n"
      "log_type notice\n"
      "log_type information\n";
  if (!retains) out += "retain_available false\n";
  // Started by root it changes to a user of its own before it listens, and cannot write to a store.
  if (geteuid() == 0 && (listeners.port < 1024 || !options.store.empty())) out += "user root\n";
  return out;
}

}  // namespace rt
