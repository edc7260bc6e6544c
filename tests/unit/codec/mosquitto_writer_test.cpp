#include "codec/mosquitto_writer.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/mosquitto_json.hpp"
#include "codec/mqtt_properties.hpp"

using namespace rt;
using namespace std::string_literals;

namespace {

Message message() {
  Message out;
  out.payload = "message";
  out.channel = "/a%20b/c";
  out.qos = 1;
  out.retain = true;
  out.time = WallTime(std::chrono::microseconds(1'767'323'045'678'901));
  auto facts = std::make_shared<MqttFacts>();
  facts->packet = 7;
  facts->response_topic = "r/t";
  facts->correlation = "mark";
  for (const MqttProperty& property :
       MqttProperties{{.identifier = mqtt_property::kPayloadFormat, .number = 1},
                      {.identifier = mqtt_property::kMessageExpiry, .number = 3600},
                      {.identifier = mqtt_property::kContentType, .text = "text/plain"},
                      {.identifier = mqtt_property::kUserProperty, .text = "k", .value = "v"},
                      {.identifier = mqtt_property::kSubscriptionIdentifier, .number = 300},
                      {.identifier = mqtt_property::kUserProperty, .text = "k", .value = "w"}})
    REQUIRE(mqtt::append_property(facts->properties, property));
  out.mqtt = std::move(facts);
  return out;
}

std::string written(const Message& what, MosquittoFormat format) {
  MosquittoWriter writer(std::move(format));
  std::string out;
  writer.append(out, what);
  return out;
}

std::string by(const std::string& text) {
  CHECK(fault_of_mosquitto_format(text).empty());
  return written(message(), {.text = text, .end_of_line = false});
}

}  // namespace

TEST_CASE("formats of mosquitto_sub") {
  struct Row {
    const char* format;
    std::string out;
  };
  const Row rows[] = {
      {"text", "text"},
      {"%%", "%"},
      {"%A|%3A|", "|   |"},
      {"%C", "text/plain"},
      {"%.4C", "text"},
      {"%12C|%-12C|", "  text/plain|text/plain  |"},
      {"%D", "mark"},
      {"%E %06E", "3600 003600"},
      {"%F", "1"},
      {"%l %03l %-3l|", "7 007 7  |"},
      {"%m", "7"},
      {"%P", "k:v k:w"},
      {"%p", "message"},
      {"%10p|%-10p|%010p", "   message|message   |000message"},
      {"%3p", "mes"},
      {"%-p|", "message       |"},
      {"%q%r", "11"},
      {"%R", "r/t"},
      {"%S", "300"},
      {"%t", "a b/c"},
      {"%7t|%-7t|%.3t|%5.3t|%-5.3t|", "  a b/c|a b/c  |a b|  a b|a b  |"},
      {"%x %X", "6d657373616765 6D657373616765"},
      // As 2.0.11 has it: of a width only half as many bytes are shown.
      {"%18x", "            6d6573"},
      {"%U", "1767323045.678901000"},
      {"@@ @N", "@ 678901000"},
      {"\\\\\\a\\e\\n\\r\\t\\v", "\\\a\x1B\n\r\t\v"},
      {"a\\0b", "a\0b"s},
  };
  for (const Row& row : rows) {
    CAPTURE(row.format);
    CHECK(by(row.format) == row.out);
  }
}

TEST_CASE("what is wrong with a format of mosquitto_sub") {
  struct Row {
    const char* format;
    const char* fault;
  };
  const Row rows[] = {
      {"%", "Incomplete format specifier."},   {"a%-", "Incomplete format specifier."},
      {"%12", "Incomplete format specifier."}, {"%.", "Incomplete format specifier."},
      {"%.1", "Incomplete format specifier."}, {"@", "Incomplete format specifier."},
      {"%Z", "Invalid format specifier 'Z'."}, {"%-5.2d", "Invalid format specifier 'd'."},
      {"\\", "Incomplete escape specifier."},  {"\\Z", "Invalid escape specifier 'Z'."},
      {"%t @Y \\n %% @@ \\\\ plain", ""},      {"", ""},
  };
  for (const Row& row : rows) CHECK(fault_of_mosquitto_format(row.format) == row.fault);
}

TEST_CASE("JSON of mosquitto_sub") {
  const std::string head = by("%j");
  CHECK(head.find(R"("topic":"a b/c","qos":1,"retain":1,"payloadlen":7,"mid":7,"properties":{)"
                  R"("payload-format-indicator":1,"message-expiry-interval":3600,)"
                  R"("content-type":"text/plain","user-properties":{"k":"v","k":"w"},)"
                  R"("subscription-identifier":300},"payload":"message"})") != std::string::npos);
  CHECK(head.starts_with(R"({"tst":"20)"));
  std::vector<std::string> told;
  MosquittoFormat format{.text = "%J|", .end_of_line = false};
  format.tell = [&](const std::string& line) { told.push_back(line); };
  CHECK(written(message(), format) == "|");
  CHECK(told ==
        std::vector<std::string>{"Error: Message payload is not valid JSON on topic a b/c."});
  Message empty;
  empty.channel = "/a";
  CHECK(written(empty, format).ends_with(R"("payloadlen":0,"payload":null}|)"));
}

TEST_CASE("JSON in the form of cJSON") {
  struct Row {
    const char* json;
    const char* compact;
    const char* pretty;
  };
  const Row rows[] = {
      {" 12 ", "12", "12"},
      {"1.50", "1.5", "1.5"},
      {"1e3", "1000", "1000"},
      {"1e21", "1e+21", "1e+21"},
      {"0.1", "0.1", "0.1"},
      {"123456789012345678", "1.2345678901234568e+17", "1.2345678901234568e+17"},
      {R"("a\/\u00e9\"\n\u0001")", "\"a/\xC3\xA9\\\"\\n\\u0001\"", "\"a/\xC3\xA9\\\"\\n\\u0001\""},
      {"[ 1 , [] , true,null ]", "[1,[],true,null]", "[1, [], true, null]"},
      {R"({"a" : {"b":1, "c":[{}]}})", R"({"a":{"b":1,"c":[{}]}})",
       "{\n\t\"a\":\t{\n\t\t\"b\":\t1,\n\t\t\"c\":\t[{\n\t\t\t}]\n\t}\n}"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    std::string out;
    CHECK(mosquitto::append_value(out, row.json, false, 0));
    CHECK(out == row.compact);
    out.clear();
    CHECK(mosquitto::append_value(out, row.json, true, 0));
    CHECK(out == row.pretty);
  }
  for (const char* const json : {"", " ", "{", "[1,]", "nul", "1 2", "\"a", "{\"a\"}", "{} x"}) {
    std::string out = "before";
    CHECK(!mosquitto::append_value(out, json, false, 0));
    CHECK(out == "before");
  }
}

TEST_CASE("messages of mosquitto_sub without a format") {
  Message empty;
  empty.channel = "/a%20b";
  CHECK(written(message(), {}) == "message\n");
  CHECK(written(message(), {.end_of_line = false}) == "message");
  CHECK(written(message(), {.verbose = true}) == "a b/c message\n");
  CHECK(written(message(), {.verbose = true, .end_of_line = false}) == "a b/c message");
  CHECK(written(empty, {}).empty());
  CHECK(written(empty, {.verbose = true}) == "a b (null)\n");
  CHECK(written(empty, {.verbose = true, .end_of_line = false}).empty());
  MosquittoWriter half({.chance = 5000, .seed = 1});
  std::string out;
  for (int i = 0; i < 1000; ++i) half.append(out, message());
  CHECK(out.size() > 400 * 8);
  CHECK(out.size() < 600 * 8);
}
