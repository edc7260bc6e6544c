#include "io/hub/delivery.hpp"

#include <doctest/doctest.h>

#include <numeric>
#include <string>
#include <vector>

#include "unit/io/hub/service_fixture.hpp"

namespace rt {
namespace {

using test::FakeExchange;
using test::HubFixture;
using test::id_text;
using test::numbers;
using Strings = std::vector<std::string>;

TEST_CASE("readers come and go while they are written to") {
  HubFixture hub;
  std::vector<FakeExchange*> all;
  for (int i = 0; i < 10; ++i) {
    all.push_back(&hub.stream("/r"));
    all.push_back(&hub.get("/r?wait=30&since=" + id_text(0)));
    all.push_back(&hub.websocket("/r"));
  }
  all[3]->leave();
  hub.publish("/r", "1");
  all[0]->leave();
  all[4]->leave();
  all[5]->leave();
  hub.turn();
  FakeExchange& late = hub.stream("/r");
  hub.publish("/r", "2");
  all[29]->leave();
  hub.turn();
  CHECK(late.event_data() == Strings{"2"});
  for (std::size_t i = 6; i < 29; ++i) {
    CAPTURE(i);
    if (i % 3 == 0) CHECK(all[i]->event_data() == numbers(1, 2));
    if (i % 3 == 1) CHECK(all[i]->response.status == 200);
    if (i % 3 == 2) CHECK(all[i]->socket.payloads() == numbers(1, 2));
  }
}

TEST_CASE("a channel never gets the bytes of one that was dropped") {
  HubLimits limits;
  limits.max_channels = 1;
  HubFixture hub(limits);
  for (int i = 0; i < 20; ++i) {
    const std::string name = "/" + std::to_string(i);
    hub.publish(name, "first of " + name);
    hub.publish(name, "second of " + name);
    FakeExchange& stream = hub.stream(name + "?since=");
    CHECK(stream.event_data() == Strings{"first of " + name, "second of " + name});
    stream.leave();
  }
}

TEST_CASE("counts") {
  HubFixture hub;
  hub.stream("/a");
  hub.websocket("/a");
  hub.post("/a", "1");
  hub.post("/b", "2");
  hub.turn();
  const std::string metrics = hub.get("/-/metrics").response.body;
  CHECK(metrics.find("rtwire_published_total 2\n") != std::string::npos);
  CHECK(metrics.find("rtwire_delivered_total 2\n") != std::string::npos);
}

}  // namespace
}  // namespace rt
