#include "codec/format_writer.hpp"

#include <doctest/doctest.h>
#include <time.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/framing.hpp"

using namespace rt;

namespace {

// A time zone that lasts as long as this object.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* const had = std::getenv("TZ")) had_ = had;
    setenv("TZ", name, 1);
    tzset();
  }
  ~Zone() {
    if (had_)
      setenv("TZ", had_->c_str(), 1);
    else
      unsetenv("TZ");
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::optional<std::string> had_;
};

std::shared_ptr<const MessageFormat> format_of(std::string_view text) {
  Result<MessageFormat> format = parse_format(text);
  REQUIRE(format);
  return std::make_shared<const MessageFormat>(*std::move(format));
}

Message full() {
  Message message;
  message.payload = "\xFFz\n";
  message.kind = PayloadKind::binary;
  message.time = *parse_time("2026-01-02T03:04:05.078901Z");
  message.channel = "/sensors/temp";
  message.id = "5f3a-17";
  message.event = "reading";
  message.origin_id = "9-1";
  message.content_type = "text/csv";
  message.qos = 2;
  message.retain = true;
  message.properties = {{"unit", "C"}, {"room", "4"}, {"unit", "K"}, {"none", ""}};
  return message;
}

std::string formatted(std::string_view format, const Message& message, Framing framing = {}) {
  framing.format = format_of(format);
  framing.escape = framing.escape == Escape::warn ? Escape::none : framing.escape;
  std::string out = "kept:";
  CHECK(FrameEncoder(framing, Transport::mqtt).append(out, message) == FrameFate::whole);
  REQUIRE(out.starts_with("kept:"));
  return out.substr(5);
}

}  // namespace

TEST_CASE("every field") {
  const Zone zone("EST5EDT,M3.2.0,M11.1.0");
  const struct {
    std::string_view format;
    std::string_view full;
    std::string_view empty;
  } rows[] = {
      {"%d", "\xFFz\n", ""},
      {"%c", "/sensors/temp", ""},
      {"%i", "5f3a-17", ""},
      {"%e", "reading", ""},
      {"%t", "2026-01-02T03:04:05.078901Z", ""},
      {"%{iso}", "2026-01-02T03:04:05.078901Z", ""},
      {"%{unix}", "1767323045.078901", ""},
      {"%{strftime:%Y-%m-%d %H:%M:%S %Z %z}", "2026-01-01 22:04:05 EST -0500", ""},
      {"%{strftime:%s.%3N}", "1767323045.078", ""},
      {"%{strftime:%N}", "078901000", ""},
      {"%{strftime:%1N%6N}", "0078901", ""},
      {"%{strftime:%A %j%%}", "Thursday 001%", ""},
      {"%l", "3", "0"},
      {"%x", "ff7a0a", ""},
      {"%b", "/3oK", ""},
      {"%{content_type}", "text/csv", ""},
      {"%{qos}%{retain}%{retained}", "210", "000"},
      {"%{prop:unit}", "C,K", ""},
      {"%{prop:room}", "4", ""},
      {"%{prop:none}|%{prop:Unit}", "|", "|"},
      {"%{origin_id}", "9-1", ""},
      {"%{proto}", "mqtt", "mqtt"},
      {"%%\\t%d%%", "%\t\xFFz\n%", "%\t%"},
      {"[%c] %c\\n", "[/sensors/temp] /sensors/temp\n", "[] \n"},
      {"nothing", "nothing", "nothing"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.format);
    CHECK(formatted(row.format, full()) == std::string(row.full) + "\n");
    CHECK(formatted(row.format, {}) == std::string(row.empty) + "\n");
  }
}

TEST_CASE("%j is the envelope that --json writes") {
  std::string envelope;
  CHECK(FrameEncoder({FramingKind::json}, Transport::mqtt).append(envelope, full()) ==
        FrameFate::whole);
  CHECK(formatted("%j", full()) == envelope);
}

TEST_CASE("the framing says what follows a template") {
  const Message message = full();
  CHECK(formatted("%i", message, {FramingKind::null_byte}) == std::string("5f3a-17\0", 8));
  CHECK(formatted("%i", message, {FramingKind::delimiter, "<>"}) == "5f3a-17<>");
  CHECK(formatted("%i", message, {FramingKind::raw}) == "5f3a-17");
  CHECK(formatted("%i", message, {FramingKind::length_prefix}) == std::string("\0\0\0\7"
                                                                              "5f3a-17",
                                                                              11));
}

TEST_CASE("a gap is no message to format") {
  Message gap;
  gap.gap = std::make_shared<const Gap>(Gap{"x-1", 3});
  Framing framing;
  framing.format = format_of("text");
  std::string out;
  CHECK(FrameEncoder(framing, std::nullopt).append(out, gap) == FrameFate::whole);
  CHECK(out.empty());
}

TEST_CASE("times before 1970, and a second that goes on") {
  const Zone zone("UTC0");
  Framing framing;
  framing.format = format_of("%{unix} %{strftime:%T.%3N}");
  FrameEncoder encoder(framing, std::nullopt);
  const struct {
    std::string_view time;
    std::string_view text;
  } rows[] = {
      {"1969-12-31T23:59:59.500000Z", "-0.500000 23:59:59.500\n"},
      {"1969-12-31T23:59:58.000001Z", "-1.999999 23:59:58.000\n"},
      {"2026-01-02T03:04:05.000000Z", "1767323045.000000 03:04:05.000\n"},
      {"2026-01-02T03:04:05.999999Z", "1767323045.999999 03:04:05.999\n"},
      {"2026-01-02T03:04:06.000000Z", "1767323046.000000 03:04:06.000\n"},
      {"2026-01-02T03:04:05.250000Z", "1767323045.250000 03:04:05.250\n"},
  };
  for (const auto& row : rows) {
    Message message;
    message.time = *parse_time(row.time);
    std::string out;
    CHECK(encoder.append(out, message) == FrameFate::whole);
    CHECK(out == row.text);
  }
}

TEST_CASE("a strftime that gives nothing, and one that gives much") {
  const Zone zone("UTC0");
  Message message;
  message.time = *parse_time("2026-01-02T03:04:05Z");
  std::string text = "%{strftime:";
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    text += "%F ";
    expected += "2026-01-02 ";
  }
  CHECK(formatted(text + "}", message) == expected + "\n");
  CHECK(formatted("[%{strftime:%Ez}]", message).starts_with("["));
}

TEST_CASE("fields of free text are escaped, and only they") {
  Message message = full();
  message.payload = "a\\\nb\x01;\x7F";
  message.channel = "/c;\n";
  message.id = "\t";
  message.event = "e\r";
  message.origin_id = ";";
  message.content_type = "t\\";
  message.properties = {{"p", "\n"}, {"p", ";"}};
  const Framing lines{.escape = Escape::backslash};
  const Framing semicolons{
      .kind = FramingKind::delimiter, .delimiter = ";", .escape = Escape::backslash};
  const std::string_view all = "%d %c %i %e %{origin_id} %{content_type} %{prop:p}\\\\\\t%l";
  CHECK(formatted(all, message, lines) == R"(a\\\nb\x01;\x7F /c;\n \t e\r ; t\\ \n,;\)"
                                          "\t7\n");
  CHECK(formatted(all, message, semicolons) ==
        R"(a\\\nb\x01\x3B\x7F /c\x3B\n \t e\r \x3B t\\ \n,\x3B\)"
        "\t7;");
  CHECK(formatted("%x", message, lines) == "615c0a62013b7f\n");
}
