#include "cli/config/config.hpp"

#include <array>

#include "unit/cli/command_lines.hpp"

using namespace rt;
using namespace rt::cli;

namespace {

constexpr std::array kPrograms = {Program::rtpoll, Program::rtsse, Program::rtws, Program::rtmqtt,
                                  Program::rtrelay};

Result<Config> config_of(const std::string& text) {
  return read_config(text, "c.toml", "/home/me");
}

std::string fault_of(const std::string& text) {
  const auto config = config_of(text);
  if (config) return "(none)";
  CHECK(config.error().fault() == Fault::usage);
  CHECK(config.error().text().find('\n') == std::string::npos);
  return config.error().text();
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

constexpr const char* kWhole = R"(
[endpoints]
prices = "wss://example.org/prices?token=abc"
broker = { url = "mqtts://mq.example.org", user = "me", password = "s3cret", cacert = "~/ca.pem" }
[endpoints.hub]
url = "http://127.0.0.1:8080/"
header = ["A: 1", "B: 2"]

[defaults]
retry = true
connect-timeout = "3s"
[rtmqtt]
qos = 1
[rtmqtt.sub]
count = 5
verbose = 2
[rtpoll]
long = true
interval = 1.5
[profiles.work.endpoints]
prices = "ws://work/prices"
[profiles.work.defaults]
retry = false
[profiles.work.rtmqtt.pub]
qos = 2
)";

}  // namespace

TEST_CASE("a whole configuration file is read") {
  const auto config = config_of(kWhole);
  if (!config) FAIL(config.error().text());
  REQUIRE(config->own.endpoints.size() == 3);
  CHECK(config->own.endpoints[0].name == "prices");
  CHECK(config->own.endpoints[0].url == "wss://example.org/prices?token=abc");
  const ConfigEndpoint& broker = config->own.endpoints[1];
  CHECK(broker.password == "s3cret");
  REQUIRE(broker.settings.size() == 2);
  CHECK(broker.settings[0].row->name == "user");
  CHECK(broker.settings[1].values == Strings{"/home/me/ca.pem"});
  CHECK(config->own.endpoints[2].settings.at(0).values == Strings{"A: 1", "B: 2"});
  CHECK(config->own.defaults.size() == 2);
  CHECK(config->own.programs[3].at(0).values == Strings{"1"});
  CHECK(config->own.verbs[3][0].at(1).values == Strings{"", ""});
  CHECK(config->own.programs[0].at(0).values == Strings{""});
  CHECK(config->own.programs[0].at(1).values == Strings{"1.5"});
  const ConfigSection* work = find_profile(*config, "work");
  REQUIRE(work != nullptr);
  CHECK(work->defaults.at(0).values.empty());
  CHECK(work->verbs[3][1].at(0).values == Strings{"2"});
  CHECK(find_profile(*config, "wor") == nullptr);
  REQUIRE(config->secret);
  CHECK(config->secret->line == 4);
  CHECK(endpoint_names(*config, work) == Strings{"prices", "broker", "hub"});
}

TEST_CASE("what is wrong in a configuration file is told with its place") {
  struct Case {
    std::string text;
    std::string fault;
  };
  const Case cases[] = {
      {"[rtmqtt]\nqos = 3", "c.toml:2:1: [rtmqtt] qos = 3: must be 0, 1 or 2"},
      {"[rtmqtt]\n  qoss = 1", "c.toml:2:3: [rtmqtt] unknown key qoss: did you mean qos?"},
      {"[rtws]\nqos = 1", "c.toml:2:1: [rtws] qos is an option of rtmqtt or rtrelay, not of rtws"},
      {"[rtmqtt.pub]\ncount = 1",
       "c.toml:2:1: [rtmqtt.pub] count is an option of rtmqtt sub or rtmqtt pipe, not of rtmqtt "
       "pub"},
      {"[defaults]\nwobble = 1",
       "c.toml:2:1: [defaults] unknown key wobble: keys are the long names of options, without "
       "dashes"},
      {"[defaults]\nmax_message = 1",
       "c.toml:2:1: [defaults] unknown key max_message: did you mean max-message?"},
      {"[defaults]\nretry = 1", "c.toml:2:1: [defaults] retry must be true or false, not a number"},
      {"[defaults]\nretry = \"yes\"",
       "c.toml:2:1: [defaults] retry must be true or false, not a text"},
      {"[defaults]\ntimeout = true",
       "c.toml:2:1: [defaults] timeout must be a text or a number, not true or false"},
      {"[defaults]\ntimeout = 1979-05-27",
       "c.toml:2:1: [defaults] timeout must be a text or a number, not a date, a time or no "
       "number"},
      {"[defaults]\ntimeout = \"soon\"",
       "c.toml:2:1: [defaults] timeout = soon: not a time span such as 500ms, 5s, 2m or 1h"},
      {"[defaults]\nverbose = 10",
       "c.toml:2:1: [defaults] verbose must be true, false or a whole number from 0 to 9, not 10"},
      {"[defaults]\nverbose = 1.5",
       "c.toml:2:1: [defaults] verbose must be true, false or a whole number from 0 to 9, not 1.5"},
      {"[defaults]\nverbose = \"2\"",
       "c.toml:2:1: [defaults] verbose must be true, false or a whole number from 0 to 9, not a "
       "text"},
      {"[defaults]\nescape = \"backslsh\"",
       "c.toml:2:1: [defaults] escape = backslsh: must be backslash, refuse or none: did you mean "
       "backslash?"},
      {"[defaults]\nheader = [\"A: 1\", [1]]",
       "c.toml:2:19: [defaults] header must be a list of texts, and here is a list"},
      {"[defaults]\nheader = [\"none\"]",
       "c.toml:2:1: [defaults] header: not a header such as 'Name: value'"},
      {"[defaults]\nheader = true",
       "c.toml:2:1: [defaults] header must be a list of texts, not true or false"},
      {"[rtpoll]\nlong = []",
       "c.toml:2:1: [rtpoll] long must be true, false, a text or a number, not a list"},
      {"[rtpoll]\nlong = \"\"", "c.toml:2:1: [rtpoll] long is empty"},
      {"[defaults]\njson = true\nraw = true",
       "c.toml:3:1: [defaults] json and raw exclude each other: leave one out"},
      {"[rtws]\nkeepalive = 1\nping-interval = 2",
       "c.toml:3:1: [rtws] ping-interval is said twice"},
      {"[defaults]\nprofile = \"x\"",
       "c.toml:2:1: [defaults] profile can be given on the command line only"},
      {"[defaults]\npassword = \"x\"",
       "c.toml:2:1: [defaults] unknown key password: passwords belong to endpoints, to "
       "password-file or to RT_PASSWORD"},
      {"[defaults]\nbearer = \"two words\"",
       "c.toml:2:1: [defaults] bearer: not a token: only visible ASCII characters, without "
       "spaces"},
      {"qos = 1",
       "c.toml:1:1: qos stands in no table of options: put it below [defaults] or [PROGRAM]"},
      {"[endpoint]\na = \"h\"", "c.toml:1:2: unknown table [endpoint]: did you mean [endpoints]?"},
      {"[zzz]",
       "c.toml:1:2: unknown table [zzz]: use endpoints, defaults, profiles, rtpoll, rtsse, rtws, "
       "rtmqtt or rtrelay"},
      {"rtws = 1", "c.toml:1:1: rtws is a table: write [rtws]"},
      {"[rtmqtt]\nsub = 1", "c.toml:2:1: sub is a table: write [rtmqtt.sub]"},
      {"[profiles]\nwork = 1", "c.toml:2:1: a profile is a table: write [profiles.work]"},
      {"[profiles.a.profiles]",
       "c.toml:1:13: unknown table [profiles.a.profiles]: use endpoints, defaults, rtpoll, rtsse, "
       "rtws, rtmqtt or rtrelay"},
      {"[profiles.a.rtws]\nqos = 1",
       "c.toml:2:1: [profiles.a.rtws] qos is an option of rtmqtt or rtrelay, not of rtws"},
      {"[endpoints]\n\"a b\" = \"h/x\"",
       "c.toml:2:1: \"a b\" cannot be an endpoint's name: use letters, digits, . _ and -"},
      {"[endpoints]\na = 1",
       "c.toml:2:1: [endpoints] a must be a URL, or a table with a url: a = \"wss://HOST/PATH\""},
      {"[endpoints]\na = \"wsz://h\"",
       "c.toml:2:1: [endpoints] a: unknown scheme \"wsz\": did you mean ws?"},
      {"[endpoints]\nb = \"ws://h/x\"\na = \"@b\"",
       "c.toml:3:1: [endpoints] a = @b: an endpoint is no other's name: write its URL"},
      {"[endpoints.a]\nurl = \"sse+@b/x\"",
       "c.toml:2:1: [endpoints.a] url = sse+@b/x: an endpoint is no other's name: write its URL"},
      {"[endpoints.a]\nurl = \"@\"",
       "c.toml:2:1: [endpoints.a] url = @: an endpoint is no other's name: write its URL"},
      {"[endpoints.a]\nuser = \"me\"",
       "c.toml:1:12: [endpoints.a] url is missing: url = \"wss://HOST/PATH\""},
      {"[endpoints.a]\nurl = \"h/x\"\njson = true",
       "c.toml:3:1: [endpoints.a] json is no option of an endpoint: put it below [defaults] or "
       "[PROGRAM]"},
      {"[endpoints.a]\nurl = \"h/x\"\npasword = \"x\"",
       "c.toml:3:1: [endpoints.a] unknown key pasword: did you mean password?"},
      {"[endpoints.a]\nurl = \"h/x\"\npassword = 1",
       "c.toml:3:1: [endpoints.a] password must be a text"},
      {"[endpoints.a]\nurl = \"h/x\"\nuser = \"me\"\nbearer = \"x\"",
       "c.toml:4:1: [endpoints.a] user and bearer exclude each other: leave one out"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(fault_of(c.text) == c.fault);
  }
  CHECK(fault_of("[a\nb = 1").starts_with("c.toml:1:"));
  CHECK(fault_of("[rtws]\nx = ").starts_with("c.toml:2:"));
  CHECK(fault_of("[rtws]\nretry = true\nretry = true").starts_with("c.toml:3:"));
  CHECK(fault_of("[endpoints]\na = \"http://me:s3cret@h h/\"").find("s3cret") == std::string::npos);
}

TEST_CASE("a configuration file that is cut anywhere, or has any byte changed, is judged") {
  const std::string whole = kWhole;
  for (std::size_t length = 0; length <= whole.size(); ++length)
    (void)config_of(whole.substr(0, length)).ok();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char byte : {'\0', '"', '[', '=', '\xff'}) {
      std::string changed = whole;
      changed[at] = byte;
      (void)config_of(changed).ok();
    }
  }
  CHECK_FALSE(config_of(std::string(100'000, '[')).ok());
}

TEST_CASE("keys of a configuration file that go deeper than any are refused where they do") {
  const std::string deep = "a" + repeated(".a", 100'000);
  const std::string fault = ": a key of so many parts is none of an option";
  CHECK(fault_of("# " + deep + "\n[" + deep + "]") == "c.toml:2:35" + fault);
  CHECK(fault_of("x = '''\n'''''\n" + deep + " = 1") == "c.toml:3:34" + fault);
  CHECK(fault_of("x = { " + deep + " = 1 }") == "c.toml:1:40" + fault);
  // As deep as it may be, in values as deep as they may be.
  const std::string most = "a" + repeated(".a", 16) + " = ";
  CHECK_FALSE(config_of(repeated(most + "{ ", 250) + "a = 1" + repeated(" }", 250)).ok());
  // Dots that are in no key.
  const std::string dots = repeated(". ", 100);
  CHECK(config_of("[defaults] # " + dots + "\nheader = [\"A: \\\"" + dots + "\", 'B: " + dots +
                  "', \"\"\"C: " + dots + "\\\"\"\"\"\"]\n")
            .ok());
  CHECK_FALSE(config_of("a = " + std::string(100'000, '[')).ok());
  CHECK_FALSE(config_of(std::string("a") + std::string(100'000, '.')).ok());
}

TEST_CASE("names of endpoints") {
  const auto config = config_of(
      "[endpoints]\nhub = \"http://h:1\"\ndir = \"ws://h/a/\"\nq = \"http://h/x?t=1\"\n"
      "mq = \"mqtt://h\"\ntopic = \"mqtt://h/a\"\n[profiles.p.endpoints]\nhub = \"https://p\"\n");
  REQUIRE(config);
  const ConfigSection* profile = find_profile(*config, "p");
  struct Case {
    std::string address;
    std::string url;
  };
  const Case cases[] = {
      {"@hub", "http://h:1"},
      {"@hub/x", "http://h:1/x"},
      {"@hub/", "http://h:1/"},
      {"@hub?last=3", "http://h:1?last=3"},
      {"@hub/x?last=3", "http://h:1/x?last=3"},
      {"sse+@hub/x", "sse+http://h:1/x"},
      {"POLL+@hub", "poll+http://h:1"},
      {"@dir/b", "ws://h/a/b"},
      {"@q/y", "http://h/x/y?t=1"},
      {"@q/y?u=2", "http://h/x/y?t=1&u=2"},
      {"@mq/a/#", "mqtt://h/a/#"},
      {"@mq/a?b", "mqtt://h/a?b"},
      {"@topic/+/c", "mqtt://h/a/+/c"},
      {"ws://me@h/x", "ws://me@h/x"},
      {"8080/@x", "8080/@x"},
      {"-", "-"},
      {"", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.address);
    const auto found = resolve_address(*config, nullptr, c.address);
    if (!found) FAIL(found.error().text());
    CHECK(found->url == c.url);
    CHECK((found->endpoint != nullptr) == is_named(c.address));
  }
  CHECK(resolve_address(*config, profile, "@hub/x")->url == "https://p/x");
  CHECK(resolve_address(*config, profile, "@mq")->url == "mqtt://h");
  CHECK(resolve_address(*config, nullptr, "@mq?x").error().text() ==
        "@mq is an MQTT broker: a topic follows after /");
  CHECK(resolve_address(*config, nullptr, "@hbu/x").error().text() ==
        "unknown endpoint @hbu: did you mean @hub?");
  CHECK(resolve_address(*config, nullptr, "@nothing").error().text() ==
        "unknown endpoint @nothing: c.toml has @hub, @dir, @q, @mq and @topic");
  CHECK(resolve_address(Config{}, nullptr, "@hub").error().text() ==
        "unknown endpoint @hub: there is no configuration file (--config FILE)");
  for (const char* nameless : {"@", "@/x", "@?last=1", "sse+@"})
    CHECK(resolve_address(*config, nullptr, nameless).error().text() ==
          "an endpoint's name is missing behind @: c.toml has @hub, @dir, @q, @mq and @topic");
  CHECK(resolve_address(*config_of("[endpoints]\nb = \"h/x\""), nullptr, "@").error().text() ==
        "an endpoint's name is missing behind @: c.toml has @b");
  CHECK(resolve_address(Config{}, nullptr, "@").error().text() ==
        "an endpoint's name is missing behind @: there is no configuration file (--config FILE)");
  CHECK(resolve_address(*config_of(""), nullptr, "@hub").error().text() ==
        "unknown endpoint @hub: c.toml names no endpoints");
}

// A value of the option's own type, in TOML, and as the command line takes it.
std::string sample(const OptionRow& row) {
  if (!row.choices.empty()) {
    const std::string choices(row.choices);
    return "\"" + choices.substr(0, choices.find(' ')) + "\"";
  }
  const std::map<std::string_view, std::string> samples = {
      {"N", "3"},
      {"DURATION", "\"5s\""},
      {"RULE", "[\"ping=pong\"]"},
      {"PROTOCOL", "\"5\""},
      {"CODES", "\"4001,4100-4199\""},
      {"WAIT", "\"5s\""},
      {"SIZE", "\"64KiB\""},
      {"HEADER", "[\"A: b\"]"},
      {"TYPE", "\"text/plain\""},
      {"ORIGIN", "\"https://h.example\""},
      {"HOST", "\"h.example\""},
      {"PROPERTY", "\"a=b\""},
      {"SUBSTITUTION", "\"s#a#b#\""},
      {"ENDPOINT", "\"ws://h/x\""},
      {"URL", "\"mqtt://h\""},
      {"ADDRESS", "1883"},
      {"PROXY", "\"p:3128\""},
      {"ENTRY", "[\"h:80:127.0.0.1\"]"},
      {"PATH", "\"/mqtt\""},
      {"POINTER", "\"/a/0\""},
      {"X", "\"2.5\""},
      {"AMOUNT", "\"100,2s\""},
      {"RATE", "\"10/s\""},
      {"NETWORK", "\"4g,up=1mbit\""},
      {"TIMES", "\"2s:500ms\""},
      {"NEEDS", "\"browser,offline\""},
      {"SWEEP", "\"rate=1,10\""},
      {"LENGTH", "\"1MiB:3\""},
      {"WHETHER", "\"keep\""},
      {"PATH", "\"/live\""},
      {"RANGE", "\"1s..1m\""},
      {"WHERE", "\"/a/*/b+1\""},
      {"PLACE", "\"first-word\""},
      {"CONDITION", "\"/a>=2\""},
  };
  const auto found = samples.find(row.value);
  if (found != samples.end()) return found->second;
  if (row.arity == Arity::flag) return "true";
  return row.arity == Arity::counted ? "2" : "\"x\"";
}

TEST_CASE("every option can be set in every table of who has it") {
  for (const OptionRow& row : option_table()) {
    if (row.name.empty() || !row.from_file) continue;
    const std::string line = std::string(row.name) + " = " + sample(row) + "\n";
    CAPTURE(line);
    CHECK(fault_of("[defaults]\n" + line) == "(none)");
    for (const Program program : kPrograms) {
      const std::string name(name_of(program));
      CHECK((fault_of("[" + name + "]\n" + line) == "(none)") == applies(row, program));
      for (const Verb verb : verbs_of(program)) {
        const std::string table = "[" + name + "." + std::string(name_of(verb)) + "]\n";
        CHECK((fault_of(table + line) == "(none)") == applies(row, program, verb));
      }
    }
  }
}
