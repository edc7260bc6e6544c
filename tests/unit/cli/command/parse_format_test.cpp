#include "unit/cli/command_lines.hpp"

using namespace rt;

namespace {

constexpr std::string_view kClientVerbs[] = {"sub", "pipe", "serve"};

}  // namespace

TEST_CASE("--format and --escape are where messages are written") {
  for (const char* const program : {"rtpoll", "rtsse", "rtws", "rtmqtt"}) {
    for (const std::string_view verb : kClientVerbs) {
      const Options options = parsed(
          {program, std::string(verb), "localhost:80/c", "-F", R"(%c\t%d)", "--escape", "refuse"});
      CHECK(options.format == R"(%c\t%d)");
      CHECK(options.escape == Escape::refuse);
    }
    CHECK(
        contains(refused({program, "pub", "localhost/c", "-F", "%d"}), "-format is an option of"));
    CHECK(parsed({program, "pub", "localhost/c", "--escape=backslash"}).escape ==
          Escape::backslash);
  }
  CHECK(parsed({"rtrelay", "--format=%d", "-", "file:/x"}).format == "%d");
  CHECK(parsed({"rtrelay", "serve", "80/c", "--escape", "none", "-F%t"}).format == "%t");
  CHECK(parsed({"rtws", "sub", ":80"}).escape == Escape::warn);
  CHECK(parsed({"rtws", "sub", ":80", "-F", "\t\n"}).format == "\t\n");
  CHECK(parsed({"rtws", "sub", ":80"}, {{"RT_FORMAT", "%i"}, {"RT_ESCAPE", "none"}}).format ==
        "%i");
}

TEST_CASE("a template that is wrong is refused at once") {
  CHECK(refused({"rtws", "sub", ":80", "-F", "%d %{chanel}"}) ==
        "--format %d %{chanel}: at character 4: unknown %{chanel}: did you mean %{channel}? "
        "(rtws sub --help)");
  const struct {
    std::string_view format;
    std::string_view problem;
  } rows[] = {
      {"", "must not be empty"},
      {"%d%", "at character 3: a % at the end: write %% for one"},
      {"%q", "at character 1: unknown %q: use %d %c"},
      {"\\q", "at character 1: unknown escape \\q"},
      {"%{strftime:%Q}", "at character 12: unknown %Q in the time's format"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.format);
    CHECK(
        contains(refused({"rtsse", "sub", "h", "--format", std::string(row.format)}), row.problem));
    if (!row.format.empty())
      CHECK(contains(refused({"rtsse", "sub", "h"}, {{"RT_FORMAT", std::string(row.format)}}),
                     row.problem));
  }
}

TEST_CASE("what --escape does not go with") {
  CHECK(contains(refused({"rtws", "sub", ":80", "--escape", "bakslash"}),
                 "must be backslash, refuse or none"));
  for (const char* const framing : {"--json", "--length-prefix", "--raw"})
    CHECK(contains(refused({"rtws", "sub", ":80", "--escape", "none", framing}),
                   "exclude each other"));
  CHECK(contains(refused({"rtws", "sub", ":80", "-F", "%d", "--json"}), "exclude each other"));
  CHECK(parsed({"rtws", "sub", ":80", "-F", "%d", "--raw"}).framing == FramingKind::raw);
  CHECK(parsed({"rtws", "sub", ":80", "-F", "%d", "--length-prefix"}).format == "%d");
}

TEST_CASE("escapes and a delimiter of their characters do not go together, in either order") {
  for (const char* const delimiter : {"n", "0", "\\\\", "BEEF", "\\x41"}) {
    CAPTURE(delimiter);
    const Strings first = {"rtws", "sub", ":80", "--escape", "backslash", "--delimiter", delimiter};
    const Strings second = {"rtws",    "sub",      ":80",      "--delimiter",
                            delimiter, "--escape", "backslash"};
    CHECK(contains(refused(first), "do not go together"));
    CHECK(contains(refused(second), "do not go together"));
    CHECK_FALSE(contains(refused(second), "did you mean"));
    CHECK(parsed({"rtws", "sub", ":80", "--delimiter", delimiter, "--escape", "refuse"}).escape ==
          Escape::refuse);
  }
  CHECK(parsed({"rtws", "sub", ":80", "--delimiter", "<n>", "--escape", "backslash"}).delimiter ==
        "<n>");
}
