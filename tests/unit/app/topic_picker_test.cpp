#include "app/topic_picker.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

using namespace rt;

TEST_CASE("a topic is taken out of each message") {
  struct Row {
    const char* pointer;  // "": the first word
    const char* below;
    std::string payload;
    std::string channel;  // empty: an error
    std::string left;
  };
  const Row rows[] = {
      {"", "", "a/b hello  world", "/a/b", "hello  world"},
      {"", "", "a", "/a", ""},
      {"", "x", "a b", "/x/a", "b"},
      {"", "", " a", "", ""},
      {"", "", "", "", ""},
      {"", "", "a/# b", "", ""},
      {"/id", "", R"({"id":"lab/1","v":2})", "/lab/1", R"({"id":"lab/1","v":2})"},
      {"/id", "lab", R"({"id":17})", "/lab/17", R"({"id":17})"},
      {"/a/b", "", R"({"a":{"b":"x y"}})", "/x%20y", R"({"a":{"b":"x y"}})"},
      {"/id", "", R"({"other":1})", "", ""},
      {"/id", "", "no JSON", "", ""},
      {"/id", "", R"({"id":"+"})", "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.payload);
    TopicFrom from;
    from.below = row.below;
    if (*row.pointer != '\0') from.pointer = *JsonPointer::parse(row.pointer);
    TopicPicker picker(from);
    REQUIRE(picker.prepare());
    Message message;
    message.payload = row.payload;
    const auto given = picker.apply(std::make_shared<const Message>(message));
    CHECK(given.ok() == !row.channel.empty());
    if (!given) continue;
    CHECK((*given)->channel == row.channel);
    CHECK((*given)->payload == row.left);
  }
}
