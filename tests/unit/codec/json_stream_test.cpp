#include "codec/json_stream.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace rt;

namespace {

constexpr const char* kTooLong = "(too long)";

std::vector<std::string> decode(const std::vector<std::string_view>& pieces, JsonStream stream,
                                bool ends = true) {
  std::vector<std::string> out;
  const auto take = [&] {
    while (auto value = stream.next()) out.push_back(value->too_long ? kTooLong : value->text);
  };
  for (const std::string_view piece : pieces) {
    REQUIRE(stream.receive(piece));
    take();
  }
  if (ends) stream.end();
  take();
  return out;
}

struct Row {
  JsonStreamKind kind;
  std::string stream;
  std::vector<std::string> values;
};

constexpr auto kLines = JsonStreamKind::lines;
constexpr auto kSequence = JsonStreamKind::sequence;
constexpr auto kValues = JsonStreamKind::values;

}  // namespace

TEST_CASE("JSON streams, whole and cut at every byte") {
  const Row rows[] = {
      {kLines, "{\"a\":1}\n{\"b\":2}\n", {"{\"a\":1}", "{\"b\":2}"}},
      {kLines, "{\"a\":1}\r\n\r\n \n[2]", {"{\"a\":1}", "[2]"}},
      {kLines, "no JSON\n{\"open\n", {"no JSON", "{\"open"}},
      {kLines, "", {}},
      {kSequence, "\x1e{\"a\":1}\n\x1e[2]\n", {"{\"a\":1}", "[2]"}},
      {kSequence,
       "\x1e{\n \"a\": \"\\\"}\"\n}\n\x1e\"x y\"\n\x1e 17\n",
       {"{\n \"a\": \"\\\"}\"\n}", "\"x y\"", "17"}},
      // Cut off in the middle.
      {kSequence, "\x1e{\"a\":\"cut\x1e[2]\n\x1e{\"b\":[\x1e[3]\n", {"[2]", "[3]"}},
      {kValues,
       "{\"a\":1}{\"b\":[{}]}\r\n{\"c\":\"]}\\\\\"}[1,2]",
       {"{\"a\":1}", "{\"b\":[{}]}", "{\"c\":\"]}\\\\\"}", "[1,2]"}},
      {kValues,
       "{\n  \"a\": [\n 1 ]\n}\n true 1.5\n\"s p\"\nnull",
       {"{\n  \"a\": [\n 1 ]\n}", "true", "1.5", "\"s p\"", "null"}},
      {kValues, "]}\n{}", {"]", "}", "{}"}},
      // 20 bytes are the limit.
      {kLines,
       "01234567890123456789\n012345678901234567890\nb\n",
       {"01234567890123456789", kTooLong, "b"}},
      {kValues,
       "[012345678901234567]{\"a\":\"0123456789012345678\"}\n[{}][\"01234567890123456789\"",
       {"[012345678901234567]", kTooLong, "[{}]", kTooLong}},
      {kSequence, "\x1e[0123456789012345678,[\"\x1e[1]\n", {kTooLong, "[1]"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.stream);
    const JsonStream fresh(row.kind, 20);
    const std::string_view stream = row.stream;
    CHECK(decode({stream}, fresh) == row.values);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      CAPTURE(cut);
      CHECK(decode({stream.substr(0, cut), "", stream.substr(cut)}, fresh) == row.values);
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < stream.size(); ++i) bytes.push_back(stream.substr(i, 1));
    CHECK(decode(bytes, fresh) == row.values);
  }
}

TEST_CASE("a JSON value is given at the byte that completes it") {
  for (const auto& [kind, text] : {std::pair{kLines, "1\n"},
                                   {kSequence, "\x1e{}"},
                                   {kSequence,
                                    "\x1e"
                                    "1\n"},
                                   {kValues, "{\"a\":[]}"},
                                   {kValues, "1\n"}}) {
    const std::string_view stream = text;
    CAPTURE(stream);
    CHECK(decode({stream}, JsonStream(kind, 100), false).size() == 1);
    CHECK(decode({stream.substr(0, stream.size() - 1)}, JsonStream(kind, 100), false).empty());
  }
}

TEST_CASE("a JSON value without an end is passed over for a long time only") {
  for (const JsonStreamKind kind : {kLines, kSequence, kValues}) {
    JsonStream stream(kind, 20);
    const std::string piece(1u << 20, '[');
    int taken = 0;
    while (taken < 200 && stream.receive(piece)) ++taken;
    CHECK(taken > 60);
    CHECK(taken < 70);
  }
}

TEST_CASE("which types are JSON streams") {
  CHECK(json_stream_kind("application/x-ndjson") == kLines);
  CHECK(json_stream_kind("Application/JSONL ; charset=utf-8") == kLines);
  CHECK(json_stream_kind("application/json-seq") == kSequence);
  CHECK(json_stream_kind("application/json;stream=watch") == kValues);
  for (const char* const other : {"", "text/event-stream", "application/json5", "text/json-seq"})
    CHECK_FALSE(json_stream_kind(other));
}
