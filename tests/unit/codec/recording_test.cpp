#include "codec/recording.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace rt;
using Kind = RecordedLine::Kind;

namespace {

struct Outcome {
  std::vector<RecordedLine> lines;
  std::string error;
  bool cut = false;
};

// Fed in pieces that end at `at`, or in one.
Outcome decoded(std::string_view bytes, std::size_t at = 0, std::size_t most = 1u << 20) {
  recording::Decoder decoder(most);
  Outcome out;
  Result<void> done = decoder.receive(bytes.substr(0, at), out.lines);
  if (done) done = decoder.receive(bytes.substr(at), out.lines);
  if (done) done = decoder.finish(out.lines);
  if (!done) out.error = done.error().text();
  out.cut = decoder.cut();
  return out;
}

MessagePtr text(std::string payload) {
  auto message = std::make_shared<Message>();
  message->payload = std::move(payload);
  return message;
}

std::string whole_recording() {
  std::string out;
  recording::append(out, {"rtws sub", "0.1.0", "ws://h/", *parse_time("2026-01-02T03:04:05Z")});
  recording::append_opened(out, Microseconds(1'500));
  recording::append(out, Microseconds(1'234'567), {RecordedSide::server}, *text("a\nb"), "ws");
  recording::append(out, Microseconds(2'000'000), {RecordedSide::client, true}, *text("\xff"), {});
  recording::append_closed(out, Microseconds(2'000'001), {RecordedSide::server}, 1011, "oh \"no\"");
  recording::append_failed(out, Microseconds(3'000'000), {}, "connect: refused");
  return out;
}

}  // namespace

TEST_CASE("what a recording looks like") {
  CHECK(
      whole_recording() ==
      R"({"v":1,"at":0.000000,"recording":"rtws sub","version":"0.1.0","url":"ws://h/","time":"2026-01-02T03:04:05.000000Z"})"
      "\n"
      R"({"v":1,"at":0.001500,"connection":"opened"})"
      "\n"
      R"({"v":1,"at":1.234567,"from":"server","proto":"ws","data":"a\nb"})"
      "\n"
      R"({"v":1,"at":2.000000,"from":"client","relayed":true,"data_base64":"/w=="})"
      "\n"
      R"({"v":1,"at":2.000001,"connection":"closed","from":"server","code":1011,"reason":"oh \"no\""})"
      "\n"
      R"({"v":1,"at":3.000000,"connection":"failed","reason":"connect: refused"})"
      "\n");
}

TEST_CASE("one of several connections is named, and what became of it is not read") {
  std::string out;
  const recording::Who end{.from = RecordedSide::server, .end = "ws://h/ \"a\""};
  const recording::Who client{.from = RecordedSide::client, .relayed = true, .client = 12};
  recording::append_opened(out, Microseconds(0), {.end = end.end});
  recording::append(out, Microseconds(0), end, *text("x"), "ws");
  recording::append_opened(out, Microseconds(0), {.client = 12}, {"ws", "/c", "127.0.0.1"});
  recording::append(out, Microseconds(0), client, *text("y"), {});
  recording::append_closed(out, Microseconds(0), client, 1000, {});
  recording::append_failed(out, Microseconds(0), {.end = "e"}, "no");
  CHECK(
      out ==
      R"({"v":1,"at":0.000000,"connection":"opened","end":"ws://h/ \"a\""})"
      "\n"
      R"({"v":1,"at":0.000000,"from":"server","end":"ws://h/ \"a\"","proto":"ws","data":"x"})"
      "\n"
      R"({"v":1,"at":0.000000,"connection":"opened","client":12,"peer":"127.0.0.1","proto":"ws","channel":"/c"})"
      "\n"
      R"({"v":1,"at":0.000000,"from":"client","client":12,"relayed":true,"data":"y"})"
      "\n"
      R"({"v":1,"at":0.000000,"connection":"closed","from":"client","client":12,"relayed":true,"code":1000})"
      "\n"
      R"({"v":1,"at":0.000000,"connection":"failed","end":"e","reason":"no"})"
      "\n");
  const Outcome read = decoded(out, 7);
  REQUIRE(read.error.empty());
  REQUIRE(read.lines.size() == 2);
  CHECK(read.lines[0].message->payload == "x");
  CHECK(read.lines[1].relayed);
}

TEST_CASE("a recording is read as it was written, cut at every byte") {
  const std::string bytes = whole_recording();
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    CAPTURE(at);
    const Outcome out = decoded(bytes, at);
    REQUIRE(out.error.empty());
    CHECK_FALSE(out.cut);
    REQUIRE(out.lines.size() == 6);
    CHECK(out.lines[0].kind == Kind::begin);
    CHECK(out.lines[0].command == "rtws sub");
    CHECK(out.lines[1].kind == Kind::opened);
    CHECK(out.lines[1].at == Microseconds(1'500));
    CHECK(out.lines[2].kind == Kind::message);
    CHECK(out.lines[2].at == Microseconds(1'234'567));
    CHECK(out.lines[2].from == RecordedSide::server);
    CHECK(out.lines[2].message->payload == "a\nb");
    CHECK(out.lines[3].from == RecordedSide::client);
    CHECK(out.lines[3].relayed);
    CHECK(out.lines[3].message->payload == "\xff");
    CHECK(out.lines[3].message->kind == PayloadKind::binary);
    CHECK(out.lines[4].kind == Kind::closed);
    CHECK(out.lines[4].code == 1011);
    CHECK(out.lines[4].reason == "oh \"no\"");
    CHECK(out.lines[4].number == 5);
    CHECK(out.lines[5].kind == Kind::failed);
    CHECK(out.lines[5].end == bytes.size());
    // From the end of any line on.
    for (std::size_t i = 0; i < out.lines.size(); ++i) {
      recording::Decoder rest(1u << 20, out.lines[i].number, out.lines[i].end);
      std::vector<RecordedLine> lines;
      REQUIRE(rest.receive(std::string_view(bytes).substr(out.lines[i].end), lines));
      REQUIRE(lines.size() == 5 - i);
      if (!lines.empty()) CHECK(lines.back().number == 6);
      if (!lines.empty()) CHECK(lines.back().end == bytes.size());
    }
  }
}

TEST_CASE("what a killed program leaves behind is read but for the last line") {
  const std::string bytes = whole_recording();
  std::size_t whole = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    if (size > 0 && bytes[size - 1] == '\n') ++whole;
    const Outcome out = decoded(std::string_view(bytes).substr(0, size));
    CHECK(out.error.empty());
    const bool only_end_missing = bytes[size] == '\n';
    CHECK(out.lines.size() == whole + (only_end_missing ? 1 : 0));
    CHECK(out.cut == (size > 0 && bytes[size - 1] != '\n' && !only_end_missing));
  }
}

TEST_CASE("recordings that people and other programs write") {
  const Outcome out = decoded(
      "\n"
      "{\"data\":\"plain\",\"time\":\"2026-01-02T03:04:05Z\"}\r\n"
      "{\"at\":2e-3,\"data\":\"b\",\"unknown\":[1,{\"at\":7}]}\n"
      "{\"at\":5,\"gap\":{}}\n"
      "  \n"
      "{\"data\":\"c\",\"received\":\"2026-01-02T03:04:06Z\",\"time\":\"2026-01-02T03:04:05Z\"}");
  REQUIRE(out.error.empty());
  REQUIRE(out.lines.size() == 3);
  CHECK_FALSE(out.lines[0].at);
  CHECK((out.lines[0].time == *parse_time("2026-01-02T03:04:05Z")));
  CHECK(out.lines[0].number == 2);
  CHECK(out.lines[1].at == Microseconds(2'000));
  CHECK((out.lines[2].time == *parse_time("2026-01-02T03:04:06Z")));
  CHECK(out.lines[2].number == 6);
}

TEST_CASE("a bad line is named") {
  const std::pair<std::string_view, std::string_view> kTable[] = {
      {"hello", "line 2: not a JSON object"},
      {"{\"data\":\"a\"", "line 2: not valid JSON"},
      {"{\"at\":\"x\",\"data\":\"a\"}", "line 2: \"at\" must be a number of seconds"},
      {"{\"at\":-1,\"data\":\"a\"}", "line 2: \"at\" must be a number of seconds"},
      {"{\"at\":1e300,\"data\":\"a\"}", "line 2: \"at\" must be a number of seconds"},
      {"{\"from\":\"me\",\"data\":\"a\"}", "line 2: \"from\" must be \"client\" or \"server\""},
      {"{\"at\":1}", "line 2: neither \"data\" nor \"data_base64\""},
      {"{\"connection\":\"lost\"}",
       "line 2: \"connection\" must be \"opened\", \"closed\" or \"failed\""},
      {"{\"connection\":\"closed\",\"code\":99}", "line 2: \"code\" must be between 1000 and 4999"},
      {"{\"connection\":\"closed\",\"code\":\"x\"}", "line 2: \"code\" must be a whole number"},
      {"{\"data\":\"aaaaaaaaaaaaaaaaaaaaaaaa\"}",
       "line 2: the message is longer than --max-message allows"},
  };
  for (const auto& [line, error] : kTable) {
    const std::string bytes = "{\"data\":\"a\"}\n" + std::string(line) + "\n{\"data\":\"b\"}\n";
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
      const Outcome out = decoded(bytes, at, 16);
      CHECK(out.error == error);
      CHECK(out.lines.size() == 1);
    }
  }
}

TEST_CASE("a line without an end does not fill the memory") {
  recording::Decoder decoder(10);
  std::vector<RecordedLine> lines;
  const std::string much(1u << 16, 'x');
  REQUIRE(decoder.receive(much, lines));
  const Result<void> done = decoder.receive(much, lines);
  REQUIRE_FALSE(done);
  CHECK(done.error().text() == "line 1: longer than --max-message allows");
}
