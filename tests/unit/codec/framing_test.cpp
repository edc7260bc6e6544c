#include "codec/framing.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

using namespace rt;

namespace {

struct Outcome {
  std::vector<std::string> payloads = {};
  std::string error = {};

  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  for (const std::string& payload : outcome.payloads) out << "'" << payload << "' ";
  return out << "error '" << outcome.error << "'";
}

Outcome decode(const Framing& framing, const std::vector<std::string_view>& pieces) {
  FrameDecoder decoder(framing);
  Batch batch;
  Outcome outcome;
  Result<void> result;
  for (const std::string_view piece : pieces) {
    if (result) result = decoder.receive(piece, batch);
  }
  if (result) result = decoder.finish(batch);
  for (const MessagePtr& message : batch) outcome.payloads.push_back(message->payload);
  if (!result) outcome.error = result.error().text();
  return outcome;
}

// The stream whole, cut at every byte, and byte by byte.
void check(const Framing& framing, std::string_view stream, const Outcome& expected) {
  CAPTURE(stream);
  CHECK(decode(framing, {stream}) == expected);
  std::vector<std::string_view> bytes;
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    CHECK(decode(framing, {stream.substr(0, cut), "", stream.substr(cut)}) == expected);
    bytes.push_back(stream.substr(cut, 1));
  }
  CHECK(decode(framing, bytes) == expected);
}

template <std::size_t N>
std::string with_nul(const char (&text)[N]) {
  return std::string(text, N - 1);
}

Message message_of(std::string payload) {
  Message message;
  message.payload = std::move(payload);
  return message;
}

std::string encode(const Framing& framing, const Message& message) {
  std::string out = "kept:";
  CHECK(FrameEncoder(framing, Transport::ws).append(out, message) != FrameFate::refused);
  REQUIRE(out.starts_with("kept:"));
  return out.substr(5);
}

}  // namespace

TEST_CASE("lines") {
  struct Row {
    std::string stream;
    std::vector<std::string> payloads;
  };
  const std::vector<Row> rows = {
      {"", {}},
      {"a\nb\n", {"a", "b"}},
      {"a\nb", {"a", "b"}},
      {"a\n\nb\n", {"a", "", "b"}},
      {"\n", {""}},
      {"a\r\nb\r\n", {"a\r", "b\r"}},
      {"a\rb\n", {"a\rb"}},
      {"a\r", {"a\r"}},
      {with_nul("a\0b\n"), {with_nul("a\0b")}},
      {"\xFF\xFE\n\xC3\xA4\n", {"\xFF\xFE", "\xC3\xA4"}},
  };
  for (const Row& row : rows) check({}, row.stream, {row.payloads, ""});

  const std::vector<Row> crlf = {
      {"a\r\nb\r\n", {"a", "b"}}, {"a\r\r\n\r\n", {"a\r", ""}}, {"a\rb\nc\n", {"a\rb", "c"}}};
  for (const Row& row : crlf) check({.crlf = true}, row.stream, {row.payloads, ""});
}

TEST_CASE("delimiters") {
  struct Row {
    std::string delimiter;
    std::string stream;
    std::vector<std::string> payloads;
  };
  const std::vector<Row> rows = {
      {";", "a;b;", {"a", "b"}},
      {";", ";;a\r\n", {"", "", "a\r\n"}},
      {"\r\n", "a\r\nb\nc\rd\r\n", {"a", "b\nc\rd"}},
      {"\r\n", "a\r\r\n\r\n", {"a\r", ""}},
      {"--", "a---b--", {"a", "-b"}},
      {"aab", "aaabaabx", {"a", "", "x"}},
      {"abab", "abaababab", {"aba", "ab"}},
      {"abab", "xabababab", {"x", ""}},
      {"<end>", "a<en<end>b<end", {"a<en", "b<end"}},
      {"", "a\nb\n", {"a", "b"}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.delimiter);
    check({FramingKind::delimiter, row.delimiter}, row.stream, {row.payloads, ""});
  }
  check({FramingKind::null_byte}, with_nul("a\nb\r\0\0c"), {{"a\nb\r", "", "c"}, ""});
}

TEST_CASE("length prefix") {
  struct Row {
    std::string stream;
    Outcome outcome;
  };
  const std::vector<Row> rows = {
      {"", {}},
      {with_nul("\0\0\0\1a"), {{"a"}, ""}},
      {with_nul("\0\0\0\0\0\0\0\2\n\0\0\0\0\0"), {{"", with_nul("\n\0"), ""}, ""}},
      {with_nul("\0\0\0\1a\0\0"), {{"a"}, "message 2: the stream ends inside it"}},
      {with_nul("\0\0\0\1a\0\0\0\2b"), {{"a"}, "message 2: the stream ends inside it"}},
      {with_nul("\0\0\0\1a\0\0\0\5bbbbb\0\0\0\1c"),
       {{"a"}, "message 2: its length 5 is over the limit of 4 bytes"}},
      {with_nul("\0\0\0\1a\xFF\xFF\xFF\xFF"),
       {{"a"}, "message 2: its length 4294967295 is over the limit of 4 bytes"}},
  };
  for (const Row& row : rows)
    check({.kind = FramingKind::length_prefix, .max_message = 4}, row.stream, row.outcome);
  check({FramingKind::length_prefix}, with_nul("\0\0\1\2") + std::string(258, 'x'),
        {{std::string(258, 'x')}, ""});
}

TEST_CASE("json") {
  struct Row {
    std::string stream;
    Outcome outcome;
  };
  const std::vector<Row> rows = {
      {"", {}},
      {"{\"data\":\"a\"}\n{\"data\":\"b\\n\"}\r\n", {{"a", "b\n"}, ""}},
      {"\n \t\r\n{\"data\":\"a\"}\n\n{\"data\":\"b\"}", {{"a", "b"}, ""}},
      {"{\"data\":\"a\"}\n\n\nnonsense\n{\"data\":\"b\"}\n", {{"a"}, "line 4: not a JSON object"}},
      {"{\"data\":\"a\"}\n{\"v\":1}\n", {{"a"}, "line 2: neither \"data\" nor \"data_base64\""}},
      {"{\"data\":\"a\"}\n{\"data\":\"b", {{"a"}, "line 2: not valid JSON"}},
      {"{\"data\":\"12345\"}\n", {{}, "line 1: longer than the limit of 4 bytes"}},
      {"{\"data\":\"\\u0031\\u0032\\u0033\\u0034\"}\n", {{"1234"}, ""}},
  };
  for (const Row& row : rows)
    check({.kind = FramingKind::json, .max_message = 4}, row.stream, row.outcome);
}

TEST_CASE("a json line is bounded") {
  const Framing framing{.kind = FramingKind::json, .max_message = 4};
  const std::string key(70'000, 'k');
  const Outcome expected{{}, "line 2: longer than the limit of 4 bytes"};
  const std::string stream = "\n{\"" + key + "\":1,\"data\":\"\"}\n";
  CHECK(decode(framing, {stream}) == expected);
  CHECK(decode(framing, {stream.substr(0, 69'000), stream.substr(69'000)}) == expected);
  CHECK(decode(framing, {stream.substr(0, 69'000)}) == expected);
  CHECK(decode(framing, {std::string_view(stream).substr(0, 9), stream.substr(9)}) == expected);
}

TEST_CASE("max_message counts the payload alone, and messages before the error are given") {
  const Framing lines{.max_message = 3};
  check(lines, "a\nabc\nx", {{"a", "abc", "x"}, ""});
  check({.max_message = 3, .crlf = true}, "a\nabc\nabc\r\nx", {{"a", "abc", "abc", "x"}, ""});
  check(lines, "abc", {{"abc"}, ""});
  check(lines, "a\nabcd\nx\n", {{"a"}, "line 2: longer than the limit of 3 bytes"});
  check(lines, "a\n\nabcd", {{"a", ""}, "line 3: longer than the limit of 3 bytes"});
  check(lines, "abc\r", {{}, "line 1: longer than the limit of 3 bytes"});
  check(lines, "abc\rd\n", {{}, "line 1: longer than the limit of 3 bytes"});
  const Framing ends{FramingKind::delimiter, "--", 3};
  check(ends, "abc--abc-d--", {{"abc"}, "message 2: longer than the limit of 3 bytes"});
  check(ends, "abc-", {{}, "message 1: longer than the limit of 3 bytes"});
}

TEST_CASE("a line without an end does not grow without bound") {
  FrameDecoder decoder({.max_message = 100});
  Batch batch;
  const std::string piece(60, 'x');
  CHECK(decoder.receive(piece, batch));
  const auto result = decoder.receive(piece, batch);
  REQUIRE_FALSE(result);
  CHECK(result.error().fault() == Fault::usage);
}

TEST_CASE("raw gives what each read gave, cut at max_message") {
  CHECK(decode({FramingKind::raw}, {"a\nb", "", "c"}) == Outcome{{"a\nb", "c"}, ""});
  CHECK(decode({.kind = FramingKind::raw, .max_message = 2}, {"abcde", "f"}) ==
        Outcome{{"ab", "cd", "e", "f"}, ""});
}

TEST_CASE("the payload's kind") {
  FrameDecoder decoder({});
  Batch batch;
  REQUIRE(decoder.receive("\xC3\xA4\n\xC3\n\n", batch));
  REQUIRE(batch.size() == 3);
  CHECK(batch[0]->kind == PayloadKind::text);
  CHECK(batch[1]->kind == PayloadKind::binary);
  CHECK(batch[2]->kind == PayloadKind::text);
  FrameDecoder json({FramingKind::json});
  batch.clear();
  REQUIRE(
      json.receive("{\"data\":\"a\",\"binary\":true,\"channel\":\"/c\",\"id\":\"5\"}\n", batch));
  REQUIRE(batch.size() == 1);
  CHECK(batch[0]->kind == PayloadKind::binary);
  CHECK(batch[0]->channel == "/c");
  CHECK(batch[0]->id == "5");
}

TEST_CASE("writing") {
  const Message message = message_of(with_nul("a\nb\0"));
  struct Row {
    Framing framing;
    std::string bytes;
  };
  const std::vector<Row> rows = {
      {{FramingKind::lines}, with_nul("a\nb\0\n")},
      {{FramingKind::lines, "ignored"}, with_nul("a\nb\0\n")},
      {{FramingKind::null_byte}, with_nul("a\nb\0\0")},
      {{FramingKind::delimiter, "<>"}, with_nul("a\nb\0<>")},
      {{FramingKind::delimiter, ""}, with_nul("a\nb\0\n")},
      {{FramingKind::length_prefix}, with_nul("\0\0\0\4a\nb\0")},
      {{FramingKind::raw}, with_nul("a\nb\0")},
      {{FramingKind::json}, "{\"v\":1,\"proto\":\"ws\",\"data\":\"a\\nb\\u0000\"}\n"},
  };
  for (const Row& row : rows) CHECK(encode(row.framing, message) == row.bytes);
}

TEST_CASE("a gap is written as json only") {
  Message gap;
  gap.gap = std::make_shared<const Gap>(Gap{"x-1", 3});
  for (const FramingKind kind : {FramingKind::lines, FramingKind::null_byte, FramingKind::delimiter,
                                 FramingKind::length_prefix, FramingKind::raw})
    CHECK(encode({kind}, gap).empty());
  CHECK(encode({FramingKind::json}, gap) == "{\"v\":1,\"gap\":{\"from\":\"x-1\",\"missed\":3}}\n");
}

TEST_CASE("what is too large is passed over and reported, where that is wished for") {
  const struct {
    Framing framing;
    std::string stream;
    std::size_t skipped;
  } rows[] = {
      {{FramingKind::lines, {}, 3}, "abc\n1234\nde\n123456789\nf\n", 2},
      {{FramingKind::lines, {}, 3}, "abc\nde\nf\n1234567890", 1},
      {{FramingKind::delimiter, "--", 3}, "abc--1234--de--123456-789--f--", 2},
      {{FramingKind::length_prefix, {}, 3},
       with_nul("\0\0\0\3abc\0\0\0\4"
                "1234\0\0\0\2de\0\0\0\1f\0\0\0\4"
                "12"),
       2},
  };
  for (const auto& row : rows) {
    for (std::size_t step = 1; step <= row.stream.size(); ++step) {
      FrameDecoder decoder(row.framing);
      std::size_t skipped = 0;
      decoder.skip_too_large([&](const Error&) { ++skipped; });
      Batch out;
      for (std::size_t i = 0; i < row.stream.size(); i += step)
        REQUIRE(decoder.receive(std::string_view(row.stream).substr(i, step), out).ok());
      REQUIRE(decoder.finish(out).ok());
      CAPTURE(step);
      CHECK(skipped == row.skipped);
      REQUIRE(out.size() == 3);
      CHECK(out[0]->payload + out[1]->payload + out[2]->payload == "abcdef");
    }
  }
}

TEST_CASE("what is written reads back") {
  const std::vector<std::string> payloads = {
      "", "a", std::string(300, 'x'), with_nul("\0\n\r"), "\xFF", "\xC3\xA4"};
  for (const FramingKind kind : {FramingKind::length_prefix, FramingKind::json}) {
    std::string stream;
    for (const std::string& payload : payloads)
      CHECK(FrameEncoder({kind}, Transport::sse).append(stream, message_of(payload)) ==
            FrameFate::whole);
    check({kind}, stream, {payloads, ""});
  }
}

TEST_CASE("encoded lines") {
  const Framing base64{FramingKind::base64};
  check(base64, "", {});
  check(base64, "aGVsbG8=\n\nAP8K\r\nYQ==", {{"hello", "", with_nul("\0\xFF\n"), "a"}});
  check(base64, "YQ==\nhello\n", {{"a"}, "line 2: no base64"});
  const Framing hex{FramingKind::hex};
  check(hex, "68656C6c6f\n\n00 ff 0a\r\n61", {{"hello", "", with_nul("\0\xFF\n"), "a"}});
  check(hex, "6\n", {{}, "line 1: no hexadecimal digits, two for each byte"});
  check(hex, "61\n6 1\n", {{"a"}, "line 2: no hexadecimal digits, two for each byte"});
  check(hex, "61\nxy\n", {{"a"}, "line 2: no hexadecimal digits, two for each byte"});
  check({.kind = FramingKind::hex, .max_message = 2}, "6161\n616161\n",
        {{"aa"}, "line 2: longer than the limit of 2 bytes"});
  for (const FramingKind kind : {FramingKind::base64, FramingKind::hex}) {
    FrameEncoder encoder({kind}, std::nullopt);
    FrameDecoder decoder({kind});
    std::string bytes;
    Batch batch;
    for (const std::string& payload :
         {std::string(), with_nul("a\0\n\xFE"), std::string(1000, 'x')}) {
      CHECK(encoder.append(bytes, message_of(payload)) == FrameFate::whole);
      REQUIRE(decoder.receive(bytes, batch).ok());
      bytes.clear();
      CHECK(batch.back()->payload == payload);
      CHECK(batch.back()->kind == PayloadKind::binary);
    }
  }
}

TEST_CASE("JSON values as messages") {
  const Framing values{FramingKind::json_values};
  check(values, "{\n \"a\": 1\n}\n[2] 3", {{"{\n \"a\": 1\n}", "[2]", "3"}});
  check(values, "{}\n{\n\"a\" 1}", {{"{}"}, "line 3: no JSON: unexpected 1"});
  check(values, "{}\n[", {{"{}"}, "line 2: the JSON value is not whole at the end"});
  check({.kind = FramingKind::json_values, .max_message = 3}, "[1] [10] 2",
        {{"[1]"}, "line 1: longer than the limit of 3 bytes"});
  FrameDecoder decoder({.kind = FramingKind::json_values, .max_message = 3});
  int refused = 0;
  decoder.skip_too_large([&](const Error&) { ++refused; });
  Batch batch;
  CHECK(decoder.receive("[1] [10] [100] 2 ", batch).ok());
  CHECK(refused == 2);
  CHECK(batch.size() == 2);
  FrameEncoder encoder(values, std::nullopt);
  std::string out;
  CHECK(encoder.append(out, message_of("{\n}")) == FrameFate::whole);
  CHECK(out == "{\n}\n");
}

TEST_CASE("all of a stream as one message") {
  const Framing whole{.kind = FramingKind::raw, .max_message = 8, .whole = true};
  check(whole, "", {});
  check(whole, "a\nb\n", {{"a\nb\n"}});
  check(whole, "12345678", {{"12345678"}});
  check(whole, "123456789", {{}, "message 1: longer than the limit of 8 bytes"});
}

TEST_CASE("binary that is cut at newlines is told once") {
  const auto told = [](const Framing& framing, std::string_view stream) {
    FrameDecoder decoder(framing);
    Batch batch;
    CHECK(decoder.receive(stream, batch).ok());
    const bool first = decoder.take_cut_binary();
    CHECK(decoder.receive(stream, batch).ok());
    CHECK_FALSE((first && decoder.take_cut_binary()));
    return first;
  };
  CHECK(told({}, "a\n\xFF\nb\n"));
  CHECK_FALSE(told({}, "a\n\xC3\xA4\n"));
  CHECK_FALSE(told({}, ""));
  CHECK_FALSE(told({FramingKind::raw}, "\xFF\n"));
  CHECK_FALSE(told({FramingKind::null_byte}, std::string_view("\xFF\n\0", 3)));
}

TEST_CASE("framing: on a terminal no message steers it, whatever the framing") {
  struct Row {
    FramingKind kind;
    const char* format;  // null: none
    Escape escape;
    std::string payload;
    std::string written;
  };
  const Row rows[] = {
      {FramingKind::lines, nullptr, Escape::warn, "a\x1B[2Jb\tc", "a\\x1B[2Jb\tc\n"},
      {FramingKind::null_byte, nullptr, Escape::warn, "a\x07", std::string("a\\x07\0", 6)},
      {FramingKind::lines, nullptr, Escape::backslash, "a\x1B\n", "a\\x1B\\n\n"},
      {FramingKind::lines, "\x1B[1m%d", Escape::warn, "a\x1B[2J", "\x1B[1ma\\x1B[2J\n"},
      {FramingKind::lines, "%e|%d", Escape::warn, "a\r", "\\x07|a\\x0D\n"},
      {FramingKind::json, nullptr, Escape::warn, "a\u009B\x7F\x1B",
       "{\"v\":1,\"event\":\"\\u0007\",\"data\":\"a\\u009b\\u007f\\u001b\"}\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.payload);
    Framing framing;
    framing.kind = row.kind;
    framing.escape = row.escape;
    framing.visible = true;
    if (row.format != nullptr)
      framing.format = std::make_shared<const MessageFormat>(*parse_format(row.format));
    FrameEncoder encoder(framing, std::nullopt);
    Message message;
    message.payload = row.payload;
    message.event = "\x07";
    std::string out;
    encoder.append(out, message);
    CHECK(out == row.written);
  }
}
