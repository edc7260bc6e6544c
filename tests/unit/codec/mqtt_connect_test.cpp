#include "codec/mqtt_connect.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace rt {
namespace {

TEST_CASE("MQTT: a made client identifier is one that every broker takes") {
  Random random(7);
  const std::string first = mqtt::made_client_id(random);
  const std::string second = mqtt::made_client_id(random);
  CHECK(first != second);
  for (const std::string& id : {first, second}) {
    CAPTURE(id);
    CHECK(id.size() == 19);
    CHECK(id.starts_with("rtwire"));
    CHECK(std::all_of(id.begin(), id.end(),
                      [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); }));
  }
}

}  // namespace
}  // namespace rt
