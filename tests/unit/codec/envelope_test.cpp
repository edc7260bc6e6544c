#include "codec/envelope.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"

using namespace rt;

namespace {

std::string written(const Message& message, std::string_view proto = "") {
  std::string out = "kept";
  envelope::append(out, message, proto);
  REQUIRE(out.starts_with("kept"));
  return out.substr(4);
}

Message payload_of(std::string payload, PayloadKind kind = PayloadKind::text) {
  Message message;
  message.payload = std::move(payload);
  message.kind = kind;
  return message;
}

std::string error_of(std::string_view line) {
  auto result = envelope::Reader().read(line);
  if (result) return "";
  CHECK(result.error().fault() == Fault::usage);
  return result.error().text();
}

Message read(std::string_view line) {
  CAPTURE(line);
  auto result = envelope::Reader().read(line);
  REQUIRE_MESSAGE(result.ok(), error_of(line));
  return std::move(*result);
}

void check_same(const Message& a, const Message& b) {
  CHECK(a.payload == b.payload);
  CHECK(a.kind == b.kind);
  CHECK(a.retain == b.retain);
  CHECK(a.qos == b.qos);
  CHECK((a.time == b.time));
  CHECK(a.content_type == b.content_type);
  CHECK(a.channel == b.channel);
  CHECK(a.id == b.id);
  CHECK(a.event == b.event);
  CHECK(a.origin_id == b.origin_id);
  CHECK(a.via == b.via);
  CHECK(a.properties == b.properties);
  REQUIRE((a.gap == nullptr) == (b.gap == nullptr));
  if (a.gap) {
    CHECK(a.gap->from == b.gap->from);
    CHECK(a.gap->missed == b.gap->missed);
  }
}

Message full_message() {
  Message message = payload_of("{\"t\":21.5}");
  message.time = *parse_time("2026-01-02T03:04:05.678901Z");
  message.channel = "/logs";
  message.id = "00000000ab-7";
  message.origin_id = "x-1";
  message.via = {"hub1", "hub2"};
  message.event = "tick";
  message.content_type = "application/json";
  message.qos = 1;
  message.retain = true;
  message.properties = {{"b", "1"}, {"a", "2"}};
  return message;
}

constexpr std::string_view kFullLine =
    R"({"v":1,"time":"2026-01-02T03:04:05.678901Z","proto":"sse","channel":"/logs",)"
    R"("id":"00000000ab-7","origin_id":"x-1","via":["hub1","hub2"],"event":"tick",)"
    R"("content_type":"application/json","qos":1,"retain":true,"properties":{"b":"1","a":"2"},)"
    R"("data":"{\"t\":21.5}"})";

}  // namespace

TEST_CASE("writing") {
  CHECK(written(full_message(), "sse") == kFullLine);
  CHECK(written(Message()) == R"({"v":1,"data":""})");
  CHECK(written(payload_of("a", PayloadKind::binary)) == R"({"v":1,"binary":true,"data":"a"})");
  CHECK(written(payload_of("\xFF\xFE")) == R"({"v":1,"data_base64":"//4="})");
  CHECK(written(payload_of("\xFF", PayloadKind::binary)) == R"({"v":1,"data_base64":"/w=="})");
  CHECK(written(payload_of("\xFF\xFE\xFD")) == R"({"v":1,"data_base64":"//79"})");

  Message message = full_message();
  message.received = *parse_time("2026-01-02T03:04:06Z");
  CHECK(
      written(message, "sse")
          .find(
              R"("time":"2026-01-02T03:04:05.678901Z","received":"2026-01-02T03:04:06.000000Z",)") !=
      std::string::npos);
  std::string out;
  envelope::append(out, message, "mqtt", "other-id", "/other");
  CHECK(out.find(R"("channel":"/other","topic":"other","id":"other-id")") != std::string::npos);
  CHECK(out.find("received") == std::string::npos);
  out.clear();
  envelope::append(out, message, "mqtt", "", "");
  CHECK(out.find("\"id\"") == std::string::npos);
  CHECK(out.find("\"channel\"") == std::string::npos);

  // An object's reader would keep one of the two.
  message = payload_of("x");
  message.properties = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
  CHECK(written(message) == R"({"v":1,"properties":[["a","1"],["b","2"],["a","3"]],"data":"x"})");
}

TEST_CASE("writing a gap") {
  Message message = full_message();
  message.payload.clear();
  message.gap = std::make_shared<const Gap>(Gap{"x-5", 12});
  CHECK(written(message, "ws") == R"({"v":1,"channel":"/logs","gap":{"from":"x-5","missed":12}})");
  message.channel.clear();
  message.gap = std::make_shared<const Gap>(Gap{"", 0});
  CHECK(written(message) == R"({"v":1,"gap":{"missed":0}})");
  message.gap = std::make_shared<const Gap>(Gap{"x", std::nullopt});
  CHECK(written(message) == R"({"v":1,"gap":{"from":"x"}})");
  message.gap = std::make_shared<const Gap>();
  CHECK(written(message) == R"({"v":1,"gap":{}})");
}

TEST_CASE("JSON strings") {
  struct Row {
    std::string text;
    std::string json;
  };
  const std::vector<Row> rows = {
      {"", R"("")"},
      {"a\"b\\c/d", R"("a\"b\\c/d")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")"},
      {std::string("\0\x01\x1F\x7F", 4), "\"\\u0000\\u0001\\u001f\x7F\""},
      {"\xC3\xA4 \xF0\x9F\x98\x80", "\"\xC3\xA4 \xF0\x9F\x98\x80\""},
      {"a\xFF\xE2\x82z", "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\""},
  };
  for (const Row& row : rows) {
    std::string out = "x";
    envelope::append_json_string(out, row.text);
    CHECK(out == "x" + row.json);
  }
}

TEST_CASE("every byte is escaped the same at every place of a string") {
  for (int byte = 0; byte < 0x80; ++byte) {
    std::string alone;
    envelope::append_json_string(alone, std::string(1, static_cast<char>(byte)));
    alone = alone.substr(1, alone.size() - 2);
    for (std::size_t before = 0; before < 20; ++before) {
      for (const std::string& after : {std::string(), std::string("\x1F!#[]\xC3\xA4~~~~~~~~")}) {
        CAPTURE(byte);
        CAPTURE(before);
        std::string out;
        std::string text = std::string(before, '~') + static_cast<char>(byte);
        envelope::append_json_string(out, text + after);
        const std::string rest = after.empty() ? "" : "\\u001f" + after.substr(1);
        CHECK(out == "\"" + std::string(before, '~') + alone + rest + "\"");
      }
    }
  }
}

TEST_CASE("strings longer than any inner buffer") {
  for (const std::size_t size : {490u, 498u, 499u, 505u, 512u, 513u, 1024u, 5000u}) {
    const std::string plain(size, 'x');
    std::string out;
    envelope::append_json_string(out, plain);
    CHECK(out == "\"" + plain + "\"");
    for (const char c : {'\x01', '"', '\xFF'}) {
      CAPTURE(size);
      const Message message = payload_of(std::string(size, c));
      CHECK(read(written(message)).payload == message.payload);
    }
  }
}

TEST_CASE("reading the full line gives the message back") {
  check_same(read(kFullLine), full_message());
}

TEST_CASE("reading") {
  CHECK(read(R"({"data":""})").payload.empty());
  CHECK(read(R"({"data":"a","v":1})").kind == PayloadKind::text);
  CHECK(read(" \t{ \"data\" : \"a\" }\r").payload == "a");
  CHECK(read(R"({"data":"\u00e4\ud83d\ude00\u0000\n\/"})").payload ==
        std::string("\xC3\xA4\xF0\x9F\x98\x80\0\n/", 9));
  CHECK(read(R"({"d\u0061ta":"escaped name"})").payload == "escaped name");
  CHECK(read(R"({"data":"first","data":"last"})").payload == "last");
  CHECK(read(R"({"data":"a","binary":true})").kind == PayloadKind::binary);
  CHECK(read(R"({"data":"a","binary":false})").kind == PayloadKind::text);
  const Message base64 = read(R"({"data_base64":"//4="})");
  CHECK(base64.payload == "\xFF\xFE");
  CHECK(base64.kind == PayloadKind::binary);
  CHECK(read(R"({"data_base64":""})").kind == PayloadKind::binary);
  CHECK((read(R"({"data":"","time":"1970-01-01T01:00:00.000002+01:00"})").time ==
         WallTime(std::chrono::microseconds(2))));
  CHECK(read(R"({"data":"","properties":[["a","1"],["a","2"]]})").properties ==
        std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"a", "2"}});
  CHECK(read(R"({"data":"","properties":{},"via":[]})").properties.empty());
  check_same(read(R"({"v":null,"time":null,"channel":null,"id":null,"origin_id":null,"via":null,)"
                  R"("event":null,"content_type":null,"qos":null,"retain":null,)"
                  R"("properties":null,"binary":null,"gap":null,"data":"a"})"),
             payload_of("a"));
}

TEST_CASE("unknown members are ignored whatever they hold") {
  for (const std::string_view value :
       {"1", "-0.5e+10", "1e999", "123456789012345678901234567890", "true", "false", "null",
        R"("text \" \\ ")", "[]", "{}", R"([1,[2,{"a":[]}],"x"])",
        R"({"data":"no","id":{"v":2}})"}) {
    CAPTURE(value);
    const std::string member = "\"unknown\":" + std::string(value);
    CHECK(read("{" + member + R"(,"data":"a","id":"5"})").payload == "a");
    CHECK(read(R"({"data":"a","id":"5",)" + member + "}").id == "5");
    CHECK(read(R"({"gap":{)" + member + "}}").gap != nullptr);
  }
  const std::string deep(120, '[');
  CHECK(read("{\"data\":\"a\",\"x\":" + deep + std::string(120, ']') + "}").payload == "a");
  CHECK(error_of("{\"data\":\"a\",\"x\":" + std::string(100'000, '[') + std::string(100'000, ']') +
                 "}") == "nested more than 128 deep");
}

TEST_CASE("MQTT's topic stands beside the channel, as people write it") {
  struct {
    std::string_view channel, members;
  } const cases[] = {
      {"/a/b", R"("channel":"/a/b","topic":"a/b",)"},
      {"/Living%20Room/%C3%B6", R"("channel":"/Living%20Room/%C3%B6","topic":"Living Room/ö",)"},
      {"/a%22b", R"("channel":"/a%22b","topic":"a\"b",)"},
      {"//a/", R"("channel":"//a/","topic":"/a/",)"},
      {"/", R"("channel":"/",)"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.channel);
    Message message = payload_of("x");
    message.channel = c.channel;
    const std::string line = written(message, "mqtt");
    CHECK(line == R"({"v":1,"proto":"mqtt",)" + std::string(c.members) + R"("data":"x"})");
    CHECK(read(line).channel == c.channel);
    CHECK(written(message, "ws").find("topic") == std::string::npos);
  }
  CHECK(read(R"({"topic":"Living Room/ö","data":""})").channel == "/Living%20Room/%C3%B6");
  CHECK(read(R"({"topic":"a","channel":"/b","data":""})").channel == "/b");
  CHECK(read(R"({"channel":null,"topic":"a","gap":{}})").channel == "/a");
  CHECK(read(R"({"topic":null,"data":""})").channel.empty());
  CHECK(read(R"({"data":""})").channel.empty());
}

TEST_CASE("reading a gap") {
  Message message = read(R"({"v":1,"channel":"/c","id":"x","gap":{"from":"x-5","missed":12}})");
  REQUIRE(message.gap);
  CHECK(message.gap->from == "x-5");
  CHECK(message.gap->missed == 12);
  CHECK(message.channel == "/c");
  CHECK(message.id.empty());
  message = read(R"({"gap":{"missed":null}})");
  REQUIRE(message.gap);
  CHECK(message.gap->from.empty());
  CHECK_FALSE(message.gap->missed);
}

TEST_CASE("what an answer to MQTT 5 needs goes through an envelope") {
  for (const std::string& correlation :
       {std::string("mark"), std::string("\0\xFF", 2), std::string()}) {
    Message message = payload_of("x");
    auto facts = std::make_shared<MqttFacts>();
    facts->response_topic = "to/here";
    facts->correlation = correlation;
    facts->expiry = 60;
    message.mqtt = facts;
    const std::string line = written(message);
    const Message back = read(line);
    REQUIRE(back.mqtt);
    CHECK(back.mqtt->response_topic == "to/here");
    CHECK(back.mqtt->correlation == correlation);
    CHECK(back.mqtt->expiry == 60u);
    CHECK(line.find(correlation.size() == 2
                        ? "\"correlation_base64\":\"AP8=\""
                        : "\"response_topic\":\"to/here\"") != std::string::npos);
  }
  CHECK(read(R"({"response_topic":null,"correlation":null,"expiry":null,"data":"x"})").mqtt ==
        nullptr);
}

TEST_CASE("errors say what is wrong") {
  struct Row {
    std::string line;
    std::string error;
  };
  const std::vector<Row> rows = {
      {R"({"data":1})", "\"data\" must be a string"},
      {R"({"data":null})", "\"data\" must be a string"},
      {R"({"data":["a"]})", "\"data\" must be a string"},
      {R"({"data":{}})", "\"data\" must be a string"},
      {R"({"data_base64":null})", "\"data_base64\" must be a string"},
      {R"({"data_base64":"a"})", "\"data_base64\" is not valid base64"},
      {R"({"data":"a","correlation_base64":"a"})", "\"correlation_base64\" is not valid base64"},
      {R"({"data":"a","correlation":1})", "\"correlation\" must be a string"},
      {R"({"data":"a","expiry":1.5})", "\"expiry\" must be a whole number of seconds"},
      {R"({"data":"a","expiry":4294967296})", "\"expiry\" must be a whole number of seconds"},
      {R"({})", "neither \"data\" nor \"data_base64\""},
      {R"({"v":1,"id":"5"})", "neither \"data\" nor \"data_base64\""},
      {R"({"data":"a","data_base64":""})",
       "more than one of \"data\", \"data_base64\" and \"gap\""},
      {R"({"data":"a","gap":{}})", "more than one of \"data\", \"data_base64\" and \"gap\""},
      {R"({"v":2,"data":"a"})", "\"v\" is 2, only version 1 is known"},
      {R"({"v":1.0,"data":"a"})", "\"v\" is 1.0, only version 1 is known"},
      {R"({"v":"1","data":"a"})", "\"v\" must be 1"},
      {R"({"id":5,"data":"a"})", "\"id\" must be a string"},
      {R"({"channel":[],"data":"a"})", "\"channel\" must be a string"},
      {R"({"time":"yesterday","data":"a"})",
       "\"time\" must be a time such as \"2026-01-02T03:04:05.678901Z\""},
      {R"({"time":"0000-01-01T00:00:00+00:01","data":"a"})",
       "\"time\" must be a time such as \"2026-01-02T03:04:05.678901Z\""},
      {R"({"time":5,"data":"a"})", "\"time\" must be a string"},
      {R"({"qos":3,"data":"a"})", "\"qos\" must be 0, 1 or 2"},
      {R"({"qos":"1","data":"a"})", "\"qos\" must be 0, 1 or 2"},
      {R"({"retain":1,"data":"a"})", "\"retain\" must be true or false"},
      {R"({"binary":"x","data":"a"})", "\"binary\" must be true or false"},
      {R"({"via":"x","data":"a"})", "\"via\" must be an array of strings"},
      {R"({"via":[1],"data":"a"})", "\"via\" must be an array of strings"},
      {R"({"properties":"x","data":"a"})",
       "\"properties\" must be an object of strings or an array of pairs"},
      {R"({"properties":{"a":1},"data":"a"})",
       "\"properties\" must be an object of strings or an array of pairs"},
      {R"({"properties":[["a"]],"data":"a"})",
       "\"properties\" must be an array of [name, value] pairs"},
      {R"({"properties":[["a","b","c"]],"data":"a"})",
       "\"properties\" must be an array of [name, value] pairs"},
      {R"({"gap":5})", "\"gap\" must be an object"},
      {R"({"gap":{"missed":-1}})", "\"missed\" must be a whole number"},
      {R"({"gap":{"missed":1.5}})", "\"missed\" must be a whole number"},
      {R"({"gap":{"from":5}})", "\"from\" must be a string"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(error_of(row.line) == row.error);
  }
}

TEST_CASE("what is no JSON object, or not only one, is refused") {
  const std::vector<std::string> lines = {
      "",
      " ",
      "nonsense",
      "5",
      "\"data\"",
      "[]",
      R"([{"data":"x"}])",
      "{",
      "}",
      R"({"v":1,"data":"x"} junk)",
      R"({"v":1,"data":"x"} {})",
      R"({"v":1,"data":"x"}})",
      R"({"v":1,"data":"x"},)",
      R"({"v":1,"data":"x",})",
      R"({"v":1 "data":"x"})",
      R"({"v":1,,"data":"x"})",
      R"({"v":1,"data" "x"})",
      R"({"v":1,"data":"x" "y"})",
      R"({"v":1,"data":"x")",
      R"({"v":1,"data":"x)",
      R"({"v":1,"data":"\x"})",
      R"({"v":1,"data":"\u12"})",
      R"({"v":1,"data":"\ud800"})",
      R"({"v":1,"data":'x'})",
      R"({v:1,"data":"x"})",
      R"({"v":01,"data":"x"})",
      R"({"data":"x","u":01})",
      R"({"data":"x","u":1.})",
      R"({"data":"x","u":.5})",
      R"({"data":"x","u":+1})",
      R"({"data":"x","u":1e})",
      R"({"data":"x","u":-})",
      R"({"data":"x","u":0x10})",
      R"({"data":"x","u":NaN})",
      R"({"data":"x","u":tru})",
      R"({"data":"x","u":nul})",
      R"({"data":"x","u":nulll})",
      R"({"data":"x","u":[1,,2]})",
      R"({"data":"x","u":[1 2]})",
      R"({"data":"x","u":[1,]})",
      R"({"data":"x","u":[1})",
      R"({"data":"x","u":{"a"}})",
      R"({"data":"x","u":{"a":1]})",
      R"({"data":"x","u":"\q"})",
      R"({"data":"x","u":})",
      R"({"data":"x","id":nil})",
      R"({"data":"x","id":nulll})",
      R"({"data":"x","via":[}])",
      "{\"data\":\"a\nb\"}",
      "{\"data\":\"a\tb\"}",
      std::string("{\"data\":\"a\0b\"}", 14),
      std::string("{\"data\":\"x\"}\0", 13),
      "\xEF\xBB\xBF\xEF\xBB\xBF{\"data\":\"x\"}",
  };
  for (const std::string& line : lines) {
    CAPTURE(line);
    CHECK(error_of(line).starts_with("not "));
  }
  for (const std::string& line :
       {std::string("{\"data\":\"\xFF\"}"), std::string("{\"data\":\"x\",\"\xE2\x82\":1}"),
        std::string("{\"data\":\"x\",\"u\":\"\xED\xA0\x80\"}")}) {
    CAPTURE(line);
    CHECK(error_of(line) == "not valid UTF-8");
  }
}

TEST_CASE("every cut line is refused") {
  envelope::Reader reader;
  for (std::size_t n = 0; n < kFullLine.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(reader.read(kFullLine.substr(0, n)));
  }
  CHECK(reader.read(kFullLine));
}

TEST_CASE("a reader reads on after errors, long lines and a move") {
  envelope::Reader reader;
  const std::string large = written(payload_of(std::string(3 << 20, '\\')));
  for (int round = 0; round < 2; ++round) {
    CHECK_FALSE(reader.read("{\"data\""));
    auto message = reader.read(large);
    REQUIRE(message);
    CHECK(message->payload.size() == 3u << 20);
    message = reader.read(R"({"gap":{"missed":1}})");
    REQUIRE(message);
    message = reader.read(R"({"data":"x"})");
    REQUIRE(message);
    CHECK(message->gap == nullptr);
    envelope::Reader moved = std::move(reader);
    CHECK(moved.read(R"({"data":"x","binary":true})"));
    reader = std::move(moved);
    message = reader.read(R"({"data":"x"})");
    REQUIRE(message);
    CHECK(message->kind == PayloadKind::text);
  }
}
