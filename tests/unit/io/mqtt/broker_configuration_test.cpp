#include "io/mqtt/broker_configuration.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;

TEST_CASE("the broker's configuration: where it listens and what bounds it") {
  BrokerListeners listeners;
  listeners.port = 18'830;
  listeners.addresses = {asio::ip::make_address("127.0.0.1"), asio::ip::make_address("::1")};
  struct Case {
    std::size_t max_message, memory;
    const char* packet;
    const char* queued;
    const char* limit;  // empty: none
  };
  const Case cases[] = {
      {1000, 0, "max_packet_size 197608\n", "max_queued_bytes 268435456\n", ""},
      {~std::size_t{0}, 0, "max_packet_size 268435455\n", "max_queued_bytes 268435456\n", ""},
      {1000, 5000, "max_packet_size 197608\n", "max_queued_bytes 2500\n", "memory_limit 5000\n"},
      {1000, std::size_t{1} << 30, "max_packet_size 197608\n", "max_queued_bytes 268435456\n",
       "memory_limit 1073741824\n"},
  };
  for (const Case& c : cases) {
    BrokerOptions options;
    options.max_message = c.max_message;
    options.memory = c.memory;
    const std::string text = broker_configuration(listeners, options, true);
    CAPTURE(text);
    CHECK(text.starts_with("listener 18830 127.0.0.1\nlistener 18830 ::1\n"));
    CHECK(text.find(c.packet) != std::string::npos);
    CHECK(text.find(c.queued) != std::string::npos);
    // Where the system bounds it, Mosquitto is not asked to.
    const std::string limit = kSystemBoundsBroker ? "" : c.limit;
    CHECK((text.find("memory_limit") != std::string::npos) == !limit.empty());
    CHECK(text.find(limit) != std::string::npos);
    CHECK(text.find("retain_available") == std::string::npos);
    CHECK(text.find("persistence false\n") != std::string::npos);
    options.store = "/a b";
    options.max_connections = 7;
    const std::string kept = broker_configuration(listeners, options, true);
    CHECK(kept.find("persistence true\npersistence_location /a b/\n") != std::string::npos);
    CHECK(
        kept.starts_with("listener 18830 127.0.0.1\nmax_connections 7\nlistener 18830 ::1\n"
                         "max_connections 7\n"));
    const std::string closed = broker_configuration(listeners, options, false);
    CHECK(closed.find("retain_available false\n") != std::string::npos);
  }
}
