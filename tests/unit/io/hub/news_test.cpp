#include "io/hub/news.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;
using test::numbers;

constexpr const char* kV1 = "Sec-WebSocket-Protocol: rt.v1\n";

TEST_CASE("what is published within one turn leaves in one write per reader") {
  HubFixture hub;
  FakeExchange& stream = hub.stream("/t");
  FakeExchange& socket = hub.websocket("/t");
  FakeExchange& v1 = hub.websocket("/t", kV1);
  FakeExchange& elsewhere = hub.stream("/u");
  const std::size_t before = stream.writes.size();
  for (const std::string& payload : numbers(1, 8)) hub.post("/t", payload);
  CHECK(stream.writes.size() == before);  // not before the turn's end
  hub.turn();
  CHECK(stream.writes.size() == before + 1);
  CHECK(socket.socket.writes.size() == 1);
  CHECK(v1.socket.writes.size() == 1);
  CHECK(stream.event_data() == numbers(1, 8));
  CHECK(socket.socket.payloads() == numbers(1, 8));
  CHECK(elsewhere.event_data().empty());
  hub.turn();
  CHECK(stream.writes.size() == before + 1);
}

TEST_CASE("a burst larger than the window within one turn reaches fast readers without a gap") {
  const auto burst = [](HubLimits limits, std::size_t messages, std::size_t size) {
    CAPTURE(limits.history);
    CAPTURE(limits.history_bytes);
    CAPTURE(limits.memory);
    HubFixture hub(limits);
    FakeExchange& stream = hub.stream("/b");
    FakeExchange& plain = hub.websocket("/b");
    FakeExchange& v1 = hub.websocket("/b", kV1);
    FakeExchange& other = hub.stream("/other");
    std::string batch;
    for (std::size_t i = 0; i < messages; ++i) {
      std::string payload = std::to_string(i);
      payload.resize(size, '.');
      if (i % 3 == 0) {
        hub.publish("/b", payload);
      } else if (i % 3 == 1) {
        hub.post("/b", payload);
      } else {
        hub.publish("/other", "x");
        hub.post("/b", "{\"data\":\"" + payload + "\",\"properties\":{\"k\":\"v\"}}",
                 "Content-Type: application/x-ndjson\n");
      }
    }
    hub.turn();
    const auto events = stream.events();
    REQUIRE(events.size() == messages);
    for (const sse::Event& event : events) CHECK(event.event.empty());
    CHECK(plain.socket.closed_with == 0);
    CHECK(plain.socket.payloads().size() == messages);
    CHECK(v1.socket.payloads().size() == messages);
    for (const sse::Event& event : other.events()) CHECK(event.event.empty());
    return stream.writes.size();
  };
  HubLimits limits;
  limits.history = 10;
  burst(limits, 200, 8);
  limits.history = 1;
  burst(limits, 50, 8);
  limits = {};
  limits.history_bytes = 16u << 10;
  burst(limits, 200, 64);
  limits.history_bytes = 8u << 10;
  burst(limits, 100, 1000);
  limits = {};
  limits.memory = 128u << 10;
  burst(limits, 300, 64);
  limits = {};
  CHECK(burst(limits, 1000, 8) < 20);
}

TEST_CASE("a batch of one request reaches fast readers without a gap, too") {
  HubLimits limits;
  limits.history = 10;
  HubFixture hub(limits);
  FakeExchange& stream = hub.stream("/b");
  std::string batch;
  for (int i = 1; i <= 500; ++i) batch += "{\"data\":\"" + std::to_string(i) + "\"}\n";
  hub.post("/b", batch, "Content-Type: application/x-ndjson\n");
  hub.turn();
  CHECK(stream.event_data() == numbers(1, 500));
}

}  // namespace
}  // namespace rt
