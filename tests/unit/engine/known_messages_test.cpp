#include "engine/known_messages.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {
namespace {

Message message_of(std::string id, std::string origin, std::string channel = "/a") {
  Message message;
  message.id = std::move(id);
  message.origin_id = std::move(origin);
  message.channel = std::move(channel);
  return message;
}

}  // namespace

TEST_CASE("what comes again is known by its first id and its channel") {
  const struct {
    const char* what;
    Message first;
    Message second;
    bool known;
  } rows[] = {
      {"the same id of a hub", message_of("0123456789-1", ""), message_of("0123456789-1", ""),
       true},
      {"another hub's id, the same origin", message_of("0123456789-1", "x"),
       message_of("abcdef0123-7", "x"), true},
      {"first without origin, then with it", message_of("0123456789-1", ""),
       message_of("abcdef0123-7", "0123456789-1"), true},
      {"another origin", message_of("0123456789-1", "x"), message_of("0123456789-1", "y"), false},
      {"another channel", message_of("0123456789-1", "x"), message_of("0123456789-1", "x", "/b"),
       false},
      {"an id that is no hub's", message_of("7", ""), message_of("7", ""), false},
      {"none", message_of("", ""), message_of("", ""), false},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    KnownMessages known(NameHash(1, 2));
    CHECK_FALSE(known.knows(row.first));
    CHECK(known.knows(row.second) == row.known);
  }
}

TEST_CASE("the latest are remembered, in bounded memory") {
  KnownMessages known(NameHash(1, 2), 1000);
  const auto id = [](int i) { return "0123456789-" + std::to_string(i); };
  for (int i = 1; i <= 10'000; ++i) REQUIRE_FALSE(known.knows(message_of(id(i), "")));
  for (int i = 9'600; i <= 10'000; ++i) CHECK(known.knows(message_of(id(i), "")));
  CHECK_FALSE(known.knows(message_of(id(1), "")));
}

}  // namespace rt
