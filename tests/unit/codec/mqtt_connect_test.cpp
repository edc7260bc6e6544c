#include "codec/mqtt_connect.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

using namespace std::string_view_literals;

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

TEST_CASE("MQTT: CONNECT asks for the session of before") {
  struct Case {
    std::string_view before, after;
  };
  const Case cases[] = {
      {"\x10\x0d\0\4MQTT\5\2\0\x3c\0\0\0"sv, "\x10\x0d\0\4MQTT\5\0\0\x3c\0\0\0"sv},
      // Everything else stays: user name, password, will.
      {"\x10\x0d\0\4MQTT\5\xc6\0\x3c\0\0\0"sv, "\x10\x0d\0\4MQTT\5\xc4\0\x3c\0\0\0"sv},
      {"\x10\x0d\0\4MQTT\5\0\0\x3c\0\0\0"sv, "\x10\x0d\0\4MQTT\5\0\0\x3c\0\0\0"sv},
      // A remaining length of two bytes.
      {"\x10\xd5\1\0\4MQTT\5\2\0\x3c\0"sv, "\x10\xd5\1\0\4MQTT\5\0\0\x3c\0"sv},
      {"\x10\x0d\0\4MQTT\5"sv, "\x10\x0d\0\4MQTT\5"sv},
      {"\x10\xff\xff"sv, "\x10\xff\xff"sv},
      {""sv, ""sv},
  };
  for (const Case& c : cases) {
    std::string packet(c.before);
    mqtt::resume_session(packet);
    CHECK(packet == c.after);
  }
}

}  // namespace
}  // namespace rt
