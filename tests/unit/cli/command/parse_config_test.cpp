#include "cli/command/parse.hpp"

#include "cli/options/table.hpp"
#include "unit/cli/command_lines.hpp"

using namespace rt;

namespace {

std::string text_of(const Strings& arguments, const Variables& variables,
                    const std::string& config) {
  const auto result = outcome(arguments, variables, Configured{config});
  if (const auto* error = std::get_if<Error>(&result)) FAIL(error->text());
  REQUIRE(std::holds_alternative<TextToPrint>(result));
  return std::get<TextToPrint>(result).text;
}

}  // namespace

TEST_CASE("each source goes before all that are weaker") {
  // The strongest last; each says another connect-timeout.
  const Strings layers = {
      "[defaults]\nconnect-timeout = 1\n",
      "[rtws]\nconnect-timeout = 2\n",
      "[rtws.sub]\nconnect-timeout = 3\n",
      "[profiles.p.defaults]\nconnect-timeout = 4\n",
      "[profiles.p.rtws]\nconnect-timeout = 5\n",
      "[profiles.p.rtws.sub]\nconnect-timeout = 6\n",
      "[endpoints.e]\nurl = \"ws://h/x\"\nconnect-timeout = 7\n",
  };
  CHECK(parsed({"rtws", "sub", ":80"}, {}, Configured{""}).connect_timeout == 30s);
  for (unsigned mask = 1; mask < 1u << (layers.size() + 2); ++mask) {
    std::string text;
    int strongest = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if ((mask >> i & 1u) == 0) continue;
      text += layers[i];
      strongest = static_cast<int>(i) + 1;
    }
    if ((mask >> 6 & 1u) == 0) text += "[endpoints]\ne = \"ws://h/x\"\n";
    if ((mask & 0b111000u) == 0) text += "[profiles.p]\n";
    Strings arguments = {"rtws", "sub", "@e", "--profile", "p"};
    Variables variables;
    if ((mask >> 7 & 1u) != 0) {
      variables["RT_CONNECT_TIMEOUT"] = "8";
      strongest = 8;
    }
    if ((mask >> 8 & 1u) != 0) {
      arguments.insert(arguments.end(), {"--connect-timeout", "9"});
      strongest = 9;
    }
    CAPTURE(text);
    const Options options = parsed(arguments, variables, Configured{text});
    CHECK(options.connect_timeout == std::chrono::seconds(strongest == 0 ? 30 : strongest));
    CHECK(options.url == "ws://h/x");
  }
}

TEST_CASE("tables of others and profiles that are not chosen say nothing") {
  const Configured config{
      "[rtsse]\nretry = true\n[rtws.pub]\nhub = true\n[profiles.p.defaults]\nretry = true\n"
      "[defaults]\nqos = 2\nretained-only = true\n"};
  const Options options = parsed({"rtws", "sub", ":80"}, {}, config);
  CHECK_FALSE(options.retry);
  CHECK_FALSE(options.hub);
  CHECK_FALSE(options.qos);
  CHECK(parsed({"rtws", "sub", ":80"}, {{"RT_PROFILE", "p"}}, config).retry);
  CHECK(parsed({"rtws", "pub", ":80"}, {}, config).hub);
  CHECK(parsed({"rtmqtt", "pub", "h/a"}, {}, config).qos == 2);
  CHECK(parsed({"rtmqtt", "sub", "h/a"}, {}, config).retained_only);
}

TEST_CASE("what something stronger contradicts does not count") {
  const Configured json{"[defaults]\njson = true\n"};
  CHECK(parsed({"rtws", "sub", ":80"}, {}, json).framing == FramingKind::json);
  CHECK(parsed({"rtws", "sub", ":80", "--null"}, {}, json).framing == FramingKind::null_byte);
  CHECK(parsed({"rtws", "sub", ":80"}, {{"RT_RAW", "1"}}, json).framing == FramingKind::raw);
  CHECK(parsed({"rtws", "sub", ":80"}, {{"RT_JSON", "0"}}, json).framing == FramingKind::lines);
  const Configured off{"[defaults]\njson = true\n[rtws]\njson = false\nnull = true\n"};
  CHECK(parsed({"rtws", "sub", ":80"}, {}, off).framing == FramingKind::null_byte);
  const Configured lists{"[defaults]\nheader = [\"A: 1\", \"B: 2\"]\n[rtws]\nheader = []\n"};
  CHECK(parsed({"rtsse", "sub", ":80"}, {}, lists).headers.size() == 2);
  CHECK(parsed({"rtws", "sub", ":80"}, {}, lists).headers.empty());
  CHECK(parsed({"rtsse", "sub", ":80", "-H", "C: 3"}, {}, lists).headers.size() == 1);
  const Configured data{"[rtws.pub]\ndata = [\"ping\"]\n"};
  CHECK(parsed({"rtws", "pub", ":80"}, {}, data).data.size() == 1);
  CHECK(parsed({"rtws", "pub", ":80", "hello"}, {}, data).data.empty());
}

TEST_CASE("what an option needs may stand in the file") {
  const Configured will{"[rtmqtt]\nwill-topic = \"gone\"\n"};
  CHECK(parsed({"rtmqtt", "sub", "h/a", "--will-qos", "1"}, {}, will).will_qos == 1);
  CHECK(contains(refused({"rtmqtt", "sub", "h/a", "--will-qos", "1"}, {}, Configured{""}),
                 "--will-qos needs --will-topic"));
}

TEST_CASE("credentials of an endpoint stay with its user") {
  const Configured config{
      "[endpoints.e]\nurl = \"ws://h/x\"\nuser = \"me\"\npassword = \"of-me\"\n"
      "[endpoints.f]\nurl = \"ws://you@h/x\"\npassword-file = \"/f\"\n"
      "[defaults]\nbearer = \"T\"\n"};
  Options options = parsed({"rtws", "sub", "@e"}, {}, config);
  CHECK(options.user == "me");
  CHECK(options.password == "of-me");
  CHECK(options.bearer.empty());
  options = parsed({"rtws", "sub", "@e", "-u", "other"}, {}, config);
  CHECK(options.user == "other");
  CHECK_FALSE(options.password);
  options = parsed({"rtws", "sub", "@e"}, {{"RT_USER", "other"}}, config);
  CHECK(options.user == "other");
  CHECK_FALSE(options.password);
  CHECK(parsed({"rtws", "sub", "@e"}, {{"RT_PASSWORD", "v"}}, config).password == "v");
  CHECK_FALSE(parsed({"rtws", "sub", "@e"}, {{"RT_PASSWORD_FILE", "/p"}}, config).password);
  CHECK_FALSE(parsed({"rtws", "sub", "@e", "--password-file", "/p"}, {}, config).password);
  CHECK_FALSE(parsed({"rtws", "sub", "@e", "--bearer", "X"}, {}, config).password);
  CHECK(parsed({"rtws", "sub", "@f"}, {}, config).password_file == "/f");
  CHECK(parsed({"rtws", "sub", "@f", "-u", "other"}, {}, config).password_file.empty());
  CHECK(parsed({"rtws", "sub", "ws://h/x"}, {}, config).bearer == "T");
}

TEST_CASE("names stand wherever a URL does") {
  const Configured config{
      "[endpoints]\nw = \"ws://h/x\"\nm = \"mqtt://b\"\nhub = \"http://h:8080\"\n"
      "[endpoints.own]\nurl = \"mqtt://c/t\"\nuser = \"me\"\npassword = \"p\"\nqos = 2\n"};
  CHECK(parsed({"rtws", "@w"}, {}, config).verb == Verb::pipe);
  CHECK(parsed({"rtws", "pub", "@w/y", "@w"}, {}, config).messages == Strings{"@w"});
  CHECK(parsed({"rtws", "pub", "@w", "-d", "@file"}, {}, config).data.at(0).text == "file");
  CHECK(parsed({"rtmqtt", "sub", "@m/a", "@m/b"}, {}, config).more_urls == Strings{"mqtt://b/b"});
  CHECK(contains(refused({"rtmqtt", "sub", "@m/a", "@own"}, {}, config), "one endpoint"));
  CHECK(parsed({"rtrelay", "serve", "80", "--bus", "@own"}, {},
               Configured{"[endpoints.own]\nurl = \"mqtt://c\"\nuser = \"me\"\npassword = \"p\"\n"})
            .password == "p");
  CHECK(parsed({"rtrelay", "serve", "80"}, {{"RT_BUS", "@m"}}, config).bus == "mqtt://b");
  CHECK(
      parsed({"rtrelay", "serve", "80"}, {}, Configured{config.text + "[rtrelay]\nbus = \"@m\"\n"})
          .bus == "mqtt://b");
  CHECK(contains(refused({"rtrelay", "serve", "80", "--bus", "@mm"}, {}, config),
                 "--bus: unknown endpoint @mm: did you mean @m?"));

  Options relay = parsed({"rtrelay", "sse+@hub/x", "@m/y"}, {}, config);
  CHECK(relay.endpoints == Strings{"sse+http://h:8080/x", "mqtt://b/y"});
  CHECK(relay.ends.empty());
  relay =
      parsed({"rtrelay", "-u", "you:q", "--from", "ws://z/", "--from", "@own", "@m/y"}, {}, config);
  REQUIRE(relay.ends.size() == 3);
  CHECK(relay.from == Strings{"ws://z/", "mqtt://c/t"});
  CHECK(relay.ends[0].user == "you");
  CHECK(relay.ends[1].user == "me");  // its own is whose it is
  CHECK(relay.ends[1].password == "p");
  CHECK(relay.ends[1].of_endpoint == Strings{"user", "qos"});
  CHECK(relay.ends[1].qos == 2);
  CHECK_FALSE(relay.ends[2].qos);
  relay = parsed({"rtrelay", "@own", "@m/y"}, {}, config);
  REQUIRE(relay.ends.size() == 2);
  CHECK(relay.ends[0].user == "me");
  CHECK(relay.ends[0].password == "p");
  CHECK(relay.ends[1].user.empty());
  CHECK_FALSE(relay.ends[1].password);
  CHECK_FALSE(relay.password);
}

TEST_CASE("which file, and which profile") {
  const Configured config{"[profiles.work]\n[profiles.home.defaults]\nretry = true\n"};
  CHECK(parsed({"rtws", "sub", ":80", "--profile", "home"}, {}, config).retry);
  CHECK_FALSE(
      parsed({"rtws", "sub", ":80", "--profile", ""}, {{"RT_PROFILE", "home"}}, config).retry);
  CHECK(refused({"rtws", "sub", ":80", "--profile", "wrok"}, {}, config) ==
        "unknown profile wrok: did you mean work?");
  CHECK(refused({"rtws", "sub", ":80"}, {{"RT_PROFILE", "office"}}, config) ==
        "unknown profile office: c.toml has work and home");
  CHECK(refused({"rtws", "sub", ":80", "--profile", "x"}, {}) ==
        "unknown profile x: there is no configuration file (--config FILE)");
  CHECK(refused({"rtws", "sub", ":80", "--profile", "x"}, {}, Configured{""}) ==
        "unknown profile x: c.toml has no [profiles.NAME]");
  const Configured wrong{"nonsense"};
  CHECK(contains(refused({"rtws", "sub", ":80"}, {}, wrong), "c.toml:1:"));
  CHECK(parsed({"rtws", "sub", ":80", "--config", ""}, {}, wrong).url == ":80");
  CHECK(parsed({"rtws", "sub", ":80"}, {{"RT_CONFIG", ""}}, wrong).url == ":80");
  CHECK(contains(text_of({"rtws", "--help"}, {}, "nonsense"), "rtws"));
}

TEST_CASE("a secret that others can read is told") {
  const std::string secret = "[endpoints.e]\nurl = \"ws://h\"\nuser = \"me\"\npassword = \"p\"\n";
  CHECK(parsed({"rtws", "sub", ":80"}, {}, Configured{secret}).warnings.empty());
  CHECK(parsed({"rtws", "sub", ":80"}, {}, Configured{secret, true}).warnings ==
        Strings{"c.toml:4: holds a secret and can be read by others: chmod 600 c.toml"});
  CHECK(parsed({"rtws", "sub", ":80"}, {}, Configured{"[defaults]\nretry = true", true})
            .warnings.empty());
  for (const char* line :
       {"[defaults]\nbearer = \"x\"", "[defaults]\nuser = \"a:b\"",
        "[defaults]\nheader = [\"Authorization: x\"]", "[endpoints]\na = \"ws://me:x@h\""}) {
    CAPTURE(line);
    CHECK(parsed({"rtws", "sub", ":80"}, {}, Configured{line, true}).warnings.size() == 1);
  }
}

TEST_CASE("--explain tells each option, its value and its origin, and no secret") {
  const std::string config =
      "[endpoints.e]\nurl = \"mqtt://u:s3cret@h\"\nuser = \"me\"\npassword = \"s3cret\"\n"
      "[rtmqtt]\nqos = 2\nretry = true\n";
  const std::string text = text_of({"rtmqtt", "sub", "@e/a", "--explain", "-n", "3"},
                                   {{"RT_TIMEOUT", "5s"}, {"RT_RETRY", "0"}}, config);
  const auto line = [&](const std::string& name) {
    const std::size_t at = ("\n" + text).find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    std::string found = text.substr(at, text.find('\n', at) - at);
    for (std::size_t gap; (gap = found.find("  ")) != std::string::npos;) found.erase(gap, 1);
    return found;
  };
  CHECK(line("URL") == "URL mqtt://h/a - c.toml:1 [endpoints.e]");
  CHECK(line("--qos") == "--qos 2 RT_QOS c.toml:6 [rtmqtt]");
  CHECK(line("--count") == "--count 3 RT_COUNT command line");
  CHECK(line("--timeout") == "--timeout 5s RT_TIMEOUT RT_TIMEOUT");
  CHECK(line("--retry") == "--retry false RT_RETRY RT_RETRY");
  CHECK(line("--user") == "--user me RT_USER c.toml:3 [endpoints.e]");
  CHECK(line("password") == "password *** RT_PASSWORD c.toml:1 [endpoints.e]");
  CHECK(line("--connect-timeout") == "--connect-timeout 30s RT_CONNECT_TIMEOUT default");
  CHECK(line("--config") == "--config c.toml RT_CONFIG default");
  CHECK_FALSE(contains(text, "s3cret"));
  for (const cli::OptionRow& row : cli::option_table()) {
    if (row.name.empty() || row.binding.apply == nullptr || row.name == "explain") continue;
    CAPTURE(row.name);
    CHECK(contains("\n" + text, "\n--" + std::string(row.name) + " ") ==
          cli::applies(row, Program::rtmqtt, Verb::sub));
  }
  CHECK(contains(
      text_of({"rtws", "sub", "--explain", "-H", "X-Key: s3cret", "--bearer", "s3cret"}, {}, ""),
      "X-Key: ***"));
  CHECK_FALSE(contains(text_of({"rtws", "sub", "--explain", "-u", "me:s3cret"}, {}, ""), "s3cret"));
  const Strings properties = {"rtmqtt",     "pub",          "h/x",        "--explain",
                              "--property", "token=s3cret", "--property", "unit=C"};
  CHECK(contains(text_of(properties, {}, ""), " token=*** unit=C "));
  CHECK_FALSE(contains(text_of({"rtmqtt", "pub", "h/x", "--explain"}, {},
                               "[rtmqtt]\nproperty = [\"Cookie=s3cret\"]\n"),
                       "s3cret"));
  const std::string relay = text_of({"rtrelay", "ws://h/x", "@e/a", "--explain"}, {}, config);
  CHECK(contains(relay, "@e --user"));
  CHECK(contains(relay, "@e password"));
  CHECK_FALSE(contains(relay, "s3cret"));
}

TEST_CASE("the names for the completions") {
  const std::string config = "[endpoints]\na = \"ws://h\"\nb = \"ws://h\"\n";
  CHECK(text_of({"rtws", "--generate", "endpoints"}, {}, config) == "@a\n@b\n");
  CHECK(text_of({"rtws", "--generate", "endpoints"}, {}, "nonsense").empty());
  const std::string web = "[endpoints]\nfeed = \"http://h\"\nlab = \"mqtt://h\"\n";
  CHECK(text_of({"rtrelay", "--generate", "endpoints"}, {}, web) ==
        "@feed\nsse+@feed\npoll+@feed\n@lab\n");
  CHECK(text_of({"rtrelay", "--generate", "sources"}, {}, web) == "sse+@feed\npoll+@feed\n@lab\n");
}

TEST_CASE("the URLs that the completions ask for channels have no password, and are of hubs") {
  const std::string config =
      "[endpoints]\na = \"ws://h/base\"\nb = \"http://u:s3cret@h\"\nc = \"mqtt://h\"\n"
      "[profiles.p.endpoints]\na = \"https://other\"\n";
  CHECK(text_of({"rtws", "--generate", "urls"}, {}, config) == "@a ws://h/base\n");
  CHECK(text_of({"rtrelay", "--generate", "urls"}, {{"RT_PROFILE", "p"}}, config) ==
        "@a https://other\n");
  CHECK(text_of({"rtws", "--generate", "urls"}, {}, "nonsense").empty());
}

TEST_CASE("what a relay cannot read from is called by its name") {
  const Configured config{"[endpoints]\nhub = \"http://u:s3cret@h\"\n"};
  const std::string told =
      ": nothing says how to read from @hub/x: write sse+@hub/x or poll+@hub/x (rtrelay --help)";
  CHECK(refused({"rtrelay", "@hub/x", "-"}, {}, config) == "FROM" + told);
  CHECK(refused({"rtrelay", "--from", "@hub/x", "-"}, {}, config) == "--from" + told);
  CHECK(refused({"rtrelay", "--both", "-", "@hub/x"}, {}, config) == "TO" + told);
  CHECK(parsed({"rtrelay", "sse+@hub/x", "@hub/y"}, {}, config).endpoints.size() == 2);
  CHECK(parsed({"rtrelay", "--from", "-", "@hub/x"}, {}, config).endpoints.size() == 1);
}

TEST_CASE("a section's option that its end cannot have is refused; one for another way is told") {
  const Configured config{
      "[endpoints.b]\nurl = \"mqtt://h/a\"\nsubprotocol = [\"x\"]\n"
      "[endpoints.ok]\nurl = \"mqtt://h/a\"\nretain = true\nqos = 1\n"};
  const std::string text = refused({"rtrelay", "@b", "ws://h/x"}, {}, config);
  CHECK(contains(text, "c.toml:3 [endpoints.b] subprotocol: not for an end such as mqtt://h/a"));
  CHECK(contains(refused({"rtrelay", "ws://h/x", "@b"}, {}, config),
                 "[endpoints.b] subprotocol: not"));
  const Options source = parsed({"rtrelay", "@ok", "ws://h/x"}, {}, config);
  REQUIRE(source.warnings.size() == 1);
  CHECK(contains(source.warnings[0], "[endpoints.ok] retain: not for mqtt://h/a as a source"));
  CHECK(parsed({"rtrelay", "ws://h/x", "@ok"}, {}, config).warnings.empty());
}
