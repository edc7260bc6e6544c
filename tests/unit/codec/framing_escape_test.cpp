#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/backslash.hpp"
#include "codec/framing.hpp"

using namespace rt;

namespace {

Message message_of(std::string payload) {
  Message message;
  message.payload = std::move(payload);
  return message;
}

Framing delimited(std::string delimiter, Escape escape) {
  return {.kind = FramingKind::delimiter, .delimiter = std::move(delimiter), .escape = escape};
}

std::vector<std::string> read_back(const Framing& framing, std::string_view stream,
                                   std::size_t cut) {
  FrameDecoder decoder(framing);
  Batch batch;
  REQUIRE(decoder.receive(stream.substr(0, cut), batch));
  REQUIRE(decoder.receive(stream.substr(cut), batch));
  REQUIRE(decoder.finish(batch));
  std::vector<std::string> payloads;
  for (const MessagePtr& message : batch) payloads.push_back(message->payload);
  return payloads;
}

std::string error_of(const Framing& framing, std::string_view stream, std::size_t cut) {
  FrameDecoder decoder(framing);
  Batch batch;
  Result<void> result = decoder.receive(stream.substr(0, cut), batch);
  if (result) result = decoder.receive(stream.substr(cut), batch);
  if (result) result = decoder.finish(batch);
  return result ? std::string() : result.error().text();
}

}  // namespace

TEST_CASE("with backslashes every payload reads back, whatever ends a message") {
  std::vector<std::string> payloads;
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    payloads.emplace_back(1, static_cast<char>(byte));
    all += static_cast<char>(byte);
  }
  const std::vector<std::string> more = {"",      "\n",      "\r\n",    "\r",   "\\",    "\\\\n",
                                         "\\n",   "x3B",     "a<en",    "end>", "<end>", "-",
                                         "--",    "---",     "ababa",   "n;n",  ";;",    "\xC3\xA4",
                                         "\\x00", "<end>\n", "<<end>>", "aab"};
  payloads.insert(payloads.end(), more.begin(), more.end());
  payloads.push_back(all);
  payloads.push_back(all + all);
  std::vector<Framing> framings = {
      {.kind = FramingKind::lines, .escape = Escape::backslash},
      {.kind = FramingKind::null_byte, .escape = Escape::backslash},
  };
  for (const char* const delimiter : {";", "<end>", "\r\n", "--", "abab", "n;n;", "aab", "nn;", " ",
                                      "0;", ";0", "\xC3\xA4", "x-x", "\n\n"})
    framings.push_back(delimited(delimiter, Escape::backslash));
  for (const Framing& framing : framings) {
    CAPTURE(framing.delimiter);
    FrameEncoder encoder(framing, Transport::ws);
    std::string stream;
    for (const std::string& payload : payloads)
      CHECK(encoder.append(stream, message_of(payload)) == FrameFate::whole);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut)
      if (read_back(framing, stream, cut) != payloads) FAIL_CHECK("cut at " << cut);
  }
}

TEST_CASE("with every single byte as delimiter that can be one") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string delimiter(1, static_cast<char>(byte));
    if (!escaped_byte_of(delimiter)) continue;
    CAPTURE(byte);
    const Framing framing = delimited(delimiter, Escape::backslash);
    FrameEncoder encoder(framing, std::nullopt);
    std::string stream;
    std::vector<std::string> payloads;
    for (int other = 0; other < 256; ++other) {
      payloads.push_back(std::string("a") + static_cast<char>(other) + delimiter);
      CHECK(encoder.append(stream, message_of(payloads.back())) == FrameFate::whole);
    }
    CHECK(read_back(framing, stream, stream.size() / 2) == payloads);
  }
}

TEST_CASE("escapes are resolved on the way in, and bad ones name their line") {
  const Framing lines{.escape = Escape::backslash};
  CHECK(read_back(lines, "a\\nb\\x41\n\\\\n\n\\0\\t\\r", 3) ==
        std::vector<std::string>{"a\nbA", "\\n", std::string("\0\t\r", 3)});
  constexpr std::string_view kAllowed = ": use \\n \\r \\t \\0 \\\\ or \\xNN";
  const struct {
    std::string_view stream;
    std::string error;
  } rows[] = {
      {"a\n\\q\n", "line 2: unknown escape \\q" + std::string(kAllowed)},
      {"\\x4\n", "line 1: unknown escape \\x" + std::string(kAllowed)},
      {"\\\xC3\xA4\n", "line 1: unknown escape \\\xC3\xA4" + std::string(kAllowed)},
      {"a\n\nb\\", "line 3: a backslash at its end: write \\\\ for one"},
      {"\\\\\\\n", "line 1: a backslash at its end: write \\\\ for one"},
      {"\\\x1B\n", "line 1: unknown escape \\\\x1B" + std::string(kAllowed)},
  };
  for (const auto& row : rows) {
    CAPTURE(row.stream);
    for (std::size_t cut = 0; cut <= row.stream.size(); ++cut)
      CHECK(error_of(lines, row.stream, cut) == row.error);
  }
  CHECK(error_of(delimited(";", Escape::backslash), "a;\\q;", 1).starts_with("message 2: unknown"));
}

TEST_CASE("without --escape backslash a backslash is a backslash") {
  for (const Escape escape : {Escape::warn, Escape::none, Escape::refuse})
    CHECK(read_back({.escape = escape}, "a\\n\\q\n", 2) == std::vector<std::string>{"a\\n\\q"});
  CHECK(read_back({.kind = FramingKind::json, .escape = Escape::backslash},
                  "{\"data\":\"\\\\q\"}\n", 5) == std::vector<std::string>{"\\q"});
  CHECK(read_back({.kind = FramingKind::raw, .escape = Escape::backslash}, "\\q", 2) ==
        std::vector<std::string>{"\\q"});
}

TEST_CASE("max_message counts the payload that the escapes stand for") {
  Framing lines{.max_message = 3, .escape = Escape::backslash};
  CHECK(read_back(lines, "\\x41\\x42\\x43\n\\n\\n\\n\n", 9) ==
        std::vector<std::string>{"ABC", "\n\n\n"});
  const std::string error = "line 1: longer than the limit of 3 bytes";
  for (std::string_view stream : {"abcd\n", "\\n\\n\\n\\n\n", "\\x41\\x42\\x43\\x44\n", "abcd",
                                  "\\x41\\x42\\x43\\x44", "abcdabcdabcdabcd"}) {
    CAPTURE(stream);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut)
      CHECK(error_of(lines, stream, cut) == error);
  }
}

TEST_CASE("a payload that reads as several is told, refused or let through") {
  const struct {
    Framing framing;
    std::string payload;
    bool splits;
  } rows[] = {
      {{FramingKind::lines}, "a\nb", true},
      {{FramingKind::lines}, "a\n", true},
      {{FramingKind::lines}, "\n", true},
      {{FramingKind::lines}, std::string("a\0b\r", 4), false},
      {{FramingKind::lines}, "", false},
      {{FramingKind::null_byte}, std::string("a\0b", 3), true},
      {{FramingKind::null_byte}, "a\nb", false},
      {{FramingKind::delimiter, "--"}, "a--b", true},
      {{FramingKind::delimiter, "--"}, "a-", true},
      {{FramingKind::delimiter, "--"}, "-a", false},
      {{FramingKind::delimiter, "<end>"}, "<en", false},
      {{FramingKind::delimiter, "<end>"}, "d><end", false},
      {{FramingKind::delimiter, "abab"}, "xab", true},
      {{FramingKind::raw}, "a\nb", false},
      {{FramingKind::length_prefix}, "a\nb", false},
      {{FramingKind::json}, "a\nb", false},
  };
  for (const auto& row : rows) {
    for (const std::string_view format : {"", "%d", "<%d>", "%c %d"}) {
      if (!format.empty() && (row.framing.kind == FramingKind::json || format == "<%d>") &&
          row.framing.kind != FramingKind::lines)
        continue;
      CAPTURE(row.payload);
      CAPTURE(format);
      Framing framing = row.framing;
      if (!format.empty())
        framing.format = std::make_shared<const MessageFormat>(*parse_format(format));
      const Message message = message_of(row.payload);
      std::string as_it_is = "kept";
      framing.escape = Escape::none;
      CHECK(FrameEncoder(framing, {}).append(as_it_is, message) == FrameFate::whole);
      std::string warned = "kept";
      framing.escape = Escape::warn;
      CHECK(FrameEncoder(framing, {}).append(warned, message) ==
            (row.splits ? FrameFate::split : FrameFate::whole));
      CHECK(warned == as_it_is);
      std::string refused = "kept";
      framing.escape = Escape::refuse;
      CHECK(FrameEncoder(framing, {}).append(refused, message) ==
            (row.splits ? FrameFate::refused : FrameFate::whole));
      CHECK(refused == (row.splits ? "kept" : as_it_is));
    }
  }
}

TEST_CASE("of a template only fields count") {
  const struct {
    std::string delimiter;
    std::string_view format;
    std::string payload;
    bool splits;
  } rows[] = {
      {"\n", R"(%c\n%d)", "a", false},
      {"\n", R"(%c\n%d)", "a\n", true},
      {";", "%{strftime:;}%d", "a", false},
      {";", ";%d;", "a", false},
      {";", "%l;%d", "a;", true},
      {"<end>", "<en%d", "d>", true},
      {"<end>", "%dend>", "<", true},
      {"<end>", "<%dd>", "en", true},
      {"<end>", "<%d>", "en", false},
      {"<end>", "<end>%d<end>", "x", false},
      {"--", "%d-", "a", false},
      {"--", "-%d", "a-", true},
      {"ab", "%x", "\xAB", true},
      {"\"", "%j", "x", true},
      {"%", "%%%d", "a", false},
      {"\xA4", "%j", "\xC3\xA4", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.format);
    Framing framing = delimited(row.delimiter, Escape::warn);
    framing.format = std::make_shared<const MessageFormat>(*parse_format(row.format));
    Message message = message_of(row.payload);
    message.time = *parse_time("2026-01-02T03:04:05Z");
    std::string out;
    CHECK(FrameEncoder(framing, {}).append(out, message) ==
          (row.splits ? FrameFate::split : FrameFate::whole));
    CHECK(out.ends_with(row.delimiter));
  }
}

TEST_CASE("what no escape can hide is refused") {
  const struct {
    std::string delimiter;
    std::string_view format;
    std::string payload;
    FrameFate fate;
  } rows[] = {
      {"<end>", "<en%d", "d>", FrameFate::refused}, {"<end>", "%d", "<end>", FrameFate::whole},
      {"<end>", "<%d>", "end", FrameFate::refused}, {"\"", "%j", "x", FrameFate::refused},
      {"ab;", "%x;", "\xAB", FrameFate::refused},   {";", "%x;%d", ";", FrameFate::whole},
  };
  for (const auto& row : rows) {
    CAPTURE(row.format);
    Framing framing = delimited(row.delimiter, Escape::backslash);
    framing.format = std::make_shared<const MessageFormat>(*parse_format(row.format));
    std::string out = "kept";
    CHECK(FrameEncoder(framing, {}).append(out, message_of(row.payload)) == row.fate);
    CHECK((out == "kept") == (row.fate == FrameFate::refused));
  }
}

TEST_CASE("what a framing keeps of a message") {
  CHECK(payload_only({}));
  CHECK_FALSE(payload_only({FramingKind::json}));
  Framing framing;
  framing.format = std::make_shared<const MessageFormat>(*parse_format("%d"));
  CHECK(payload_only(framing));
  framing.format = std::make_shared<const MessageFormat>(*parse_format("%c"));
  CHECK_FALSE(payload_only(framing));
}
