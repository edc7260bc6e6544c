#include "app/shape.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace rt {
namespace {

JsonPointer pointer(const char* text) {
  auto parsed = JsonPointer::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

MessagePtr message_of(std::string payload) {
  auto message = std::make_shared<Message>();
  message->payload = std::move(payload);
  message->channel = "/lab/x";
  message->content_type = "application/json";
  message->properties = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
  message->retain = true;
  return message;
}

// "CHANNEL=PAYLOAD" of each, or "none" where the JSON is not what was asked for.
std::string dressed(const ShapeOptions& options, const std::string& payload) {
  Shape shape(options);
  REQUIRE(shape.prepare());
  Batch out;
  if (!shape.dress(message_of(payload), out)) return "none";
  std::string text;
  for (const MessagePtr& message : out) text += message->channel + "=" + message->payload + " ";
  return text;
}

}  // namespace

TEST_CASE("parts of JSON, and each key under its own topic") {
  const struct {
    const char* pick;
    const char* each_key;
    const char* payload;
    const char* expected;
  } rows[] = {
      {"/a", nullptr, R"({"a":"x"})", "/lab/x=x "},
      {"/a", nullptr, R"({"a":{"b": 1.50}})", R"(/lab/x={"b":1.50} )"},
      {"/a", nullptr, R"({"b":1})", "none"},
      {"/a", nullptr, "no json", "none"},
      {nullptr, "", R"({"t":21.5,"n":"a b"})", "/lab/x/t=21.5 /lab/x/n=a b "},
      {nullptr, "/d", R"({"d":{"k k":[1, 2],"\u00fc":null}})",
       "/lab/x/k%20k=[1,2] /lab/x/%C3%BC=null "},
      {nullptr, "", "{}", ""},
      {nullptr, "", "[1]", "none"},
      {nullptr, "", R"({"a+b":1})", "none"},
      {"/d", "", R"({"d":{"k":1}})", "/lab/x/k=1 "},
  };
  for (const auto& row : rows) {
    INFO(row.payload);
    ShapeOptions options;
    if (row.pick != nullptr) options.pick = pointer(row.pick);
    if (row.each_key != nullptr) options.each_key = pointer(row.each_key);
    CHECK_FALSE(options.leaves_alone());
    CHECK(dressed(options, row.payload) == row.expected);
  }
}

TEST_CASE("what is set replaces what was there") {
  ShapeOptions options;
  CHECK(options.leaves_alone());
  options.content_type = "text/plain";
  options.properties = {{"a", "9"}};
  options.retain = false;
  options.send_as = SendAs::binary;
  Shape shape(options);
  REQUIRE(shape.prepare());
  Batch out;
  REQUIRE(shape.dress(message_of("x"), out));
  const Message& message = *out.at(0);
  CHECK(message.content_type == "text/plain");
  CHECK(message.properties ==
        std::vector<std::pair<std::string, std::string>>{{"b", "2"}, {"a", "9"}});
  CHECK_FALSE(message.retain);
  CHECK(message.kind == PayloadKind::binary);
}

TEST_CASE("an envelope has all of it") {
  ShapeOptions options;
  options.envelope = true;
  Shape shape(options);
  REQUIRE(shape.prepare());
  Batch out;
  REQUIRE(shape.dress(message_of("x"), out));
  CHECK(out.at(0)->content_type == "application/json");
  CHECK(out.at(0)->payload.find(R"("channel":"/lab/x")") != std::string::npos);
  CHECK(out.at(0)->payload.find(R"("data":"x")") != std::string::npos);
}

}  // namespace rt
