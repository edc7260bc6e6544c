#include "model/message_format.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace rt;

namespace {

using Kind = FormatPart::Kind;

std::string error_of(std::string_view text) {
  const Result<MessageFormat> format = parse_format(text);
  if (format) return {};
  CHECK(format.error().fault() == Fault::usage);
  return format.error().text();
}

FormatPart literal(std::string text) {
  return {Kind::literal, std::move(text)};
}

}  // namespace

TEST_CASE("templates") {
  const struct {
    std::string_view text;
    std::vector<FormatPart> parts;
  } rows[] = {
      {"", {}},
      {"plain", {literal("plain")}},
      {"%d", {{Kind::data}}},
      {"%{data}", {{Kind::data}}},
      {"%c%{channel}", {{Kind::channel}, {Kind::channel}}},
      {"%i%{id}", {{Kind::id}, {Kind::id}}},
      {"%e%{event}", {{Kind::event}, {Kind::event}}},
      {"%t%{time}%{iso}", {{Kind::time}, {Kind::time}, {Kind::time}}},
      {"%l%{length}", {{Kind::length}, {Kind::length}}},
      {"%x%{hex}", {{Kind::hex}, {Kind::hex}}},
      {"%b%{base64}", {{Kind::base64}, {Kind::base64}}},
      {"%j%{json}", {{Kind::json}, {Kind::json}}},
      {"%{unix}%{content_type}", {{Kind::unix_time}, {Kind::content_type}}},
      {"%{qos}%{retain}%{retained}", {{Kind::qos}, {Kind::retain}, {Kind::retained}}},
      {"%{origin_id}%{proto}", {{Kind::origin_id}, {Kind::proto}}},
      {"%{prop:unit}", {{Kind::property, "unit"}}},
      {R"(%{prop:a\}:\\\n})", {{Kind::property, "a}:\\\n"}}},
      {"%{prop:\xC3\xA4 %d}", {{Kind::property, "\xC3\xA4 %d"}}},
      {"%{strftime:%H:%M}", {{Kind::strftime, "%H:%M"}}},
      {"%{strftime:%-d %Ey %%}", {{Kind::strftime, "%-d %Ey %%"}}},
      {"%{strftime:noon}", {{Kind::strftime, "noon"}}},
      {"%{strftime:%T.%3N}", {{Kind::strftime, "%T."}, {Kind::fraction, "", 3}}},
      {"%{strftime:%N%s%1N}",
       {{Kind::fraction, "", 9}, {Kind::strftime, "%s"}, {Kind::fraction, "", 1}}},
      {R"(%{strftime:%H\}})", {{Kind::strftime, "%H}"}}},
      {R"(a\tb\n)", {literal("a\tb\n")}},
      {R"(\r\0\\\x41\x0a)", {literal(std::string("\r\0\\A\n", 5))}},
      {"100%% %d%%", {literal("100% "), {Kind::data}, literal("%")}},
      {"}{%d}", {literal("}{"), {Kind::data}, literal("}")}},
      {"\xC3\xA4\n%d", {literal("\xC3\xA4\n"), {Kind::data}}},
      {"%da%c", {{Kind::data}, literal("a"), {Kind::channel}}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const Result<MessageFormat> format = parse_format(row.text);
    REQUIRE(format);
    CHECK(format->parts == row.parts);
  }
}

TEST_CASE("templates that are wrong") {
  constexpr std::string_view kLetters =
      ": use %d %c %i %e %t %l %x %b %j, %{NAME}, or %% for a percent sign";
  constexpr std::string_view kNames =
      ": the names are data channel id event time length hex base64 json iso unix strftime "
      "content_type qos retain retained prop origin_id proto "
      "topic response_topic correlation expiry";
  const struct {
    std::string_view text;
    std::string error;
  } rows[] = {
      {"%", "at character 1: a % at the end: write %% for one"},
      {"%d%", "at character 3: a % at the end: write %% for one"},
      {"%%%", "at character 3: a % at the end: write %% for one"},
      {"%p", "at character 1: unknown %p" + std::string(kLetters)},
      {"%D", "at character 1: unknown %D" + std::string(kLetters)},
      {"\xC3\xA4\xE2\x82\xAC%z", "at character 3: unknown %z" + std::string(kLetters)},
      {"% d", "at character 1: unknown % " + std::string(kLetters)},
      {"%\xC3\xA4", "at character 1: unknown %\xC3\xA4" + std::string(kLetters)},
      {"%\n", "at character 1: unknown %\\x0A" + std::string(kLetters)},
      {"\\", "at character 1: a backslash at the end: write \\\\ for one"},
      {"%d\\", "at character 3: a backslash at the end: write \\\\ for one"},
      {"a\\q", "at character 2: unknown escape \\q: use \\n \\r \\t \\0 \\\\ or \\xNN"},
      {"\\x4", "at character 1: unknown escape \\x: use \\n \\r \\t \\0 \\\\ or \\xNN"},
      {"%{", "at character 1: %{ has no } behind it"},
      {"%{data", "at character 1: %{ has no } behind it"},
      {"ab%{prop:x", "at character 3: %{ has no } behind it"},
      {"%{prop:x\\}", "at character 1: %{ has no } behind it"},
      {"%{prop:\\q}", "at character 8: unknown escape \\q: use \\n \\r \\t \\0 \\\\ or \\xNN"},
      {"%{}", "at character 1: %{} has no name in it"},
      {"%{:x}", "at character 1: %{} has no name in it"},
      {"%{nmae}", "at character 1: unknown %{nmae}" + std::string(kNames)},
      {"%{chanel}", "at character 1: unknown %{chanel}: did you mean %{channel}?"},
      {"x%{Content_Type}",
       "at character 2: unknown %{Content_Type}: did you mean %{content_type}?"},
      {"%{content-type}", "at character 1: unknown %{content-type}: did you mean %{content_type}?"},
      {"%{strtime:%H}", "at character 1: unknown %{strtime}: did you mean %{strftime}?"},
      {"%{a\x1B}", "at character 1: unknown %{a\\x1B}" + std::string(kNames)},
      {"%{data:x}", "at character 1: %{data} has no part behind a colon"},
      {"%{prop}", "at character 1: %{prop} needs a name: %{prop:NAME}"},
      {"%{prop:}", "at character 1: %{prop} needs a name: %{prop:NAME}"},
      {"%{strftime}",
       "at character 1: %{strftime} needs a format, as date has it: %{strftime:%H:%M:%S}"},
      {"%{strftime:%Q}", "at character 12: unknown %Q in the time's format (see date(1))"},
      {"%{strftime:%H%-Q}", "at character 12: unknown %-Q in the time's format (see date(1))"},
      {"%{strftime:%0N}", "at character 12: unknown %0N in the time's format (see date(1))"},
      {"%{strftime:%H%}", "at character 12: the time's format ends in the middle of a %"},
      {"%{strftime:%-}", "at character 12: the time's format ends in the middle of a %"},
      {"%{strftime:%3}", "at character 12: unknown %3 in the time's format (see date(1))"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    CHECK(error_of(row.text) == row.error);
  }
}

TEST_CASE("a template that is cut is read or refused, and never read past its end") {
  const std::string whole = R"(%t %c\t%{prop:un\}it} %{strftime:%H:%M:%3N} \x41%d%%)";
  REQUIRE(error_of(whole).empty());
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const std::string part(whole, 0, cut);
    CAPTURE(part);
    const std::string error = error_of(part);
    CHECK((error.empty() || error.starts_with("at character ")));
  }
}

TEST_CASE("what a template shows") {
  const struct {
    std::string_view text;
    bool payload_only;
    bool time;
    bool id;
  } rows[] = {
      {"%d %l %x %b", true, false, false},
      {"text", true, false, false},
      {"%c", false, false, false},
      {"%d%i", false, false, true},
      {"%t", false, true, false},
      {"%{unix}", false, true, false},
      {"%{strftime:%H}", false, true, false},
      {"%{strftime:%N}", false, true, false},
      {"%j", false, true, true},
      {"%{prop:a} %{origin_id}", false, false, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    const Result<MessageFormat> format = parse_format(row.text);
    REQUIRE(format);
    CHECK(format->payload_only() == row.payload_only);
    CHECK(format->shows_time() == row.time);
    CHECK(format->shows_id() == row.id);
  }
}
