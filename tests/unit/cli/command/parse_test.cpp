#include "cli/command/parse.hpp"

#include "model/defaults.hpp"
#include "unit/cli/command_lines.hpp"

using namespace rt;

TEST_CASE("verbs and positional arguments") {
  struct Case {
    Strings arguments;
    Verb verb;
    std::string address;
    Strings messages;
  };
  const Case cases[] = {
      {{"rtws", "sub", "ws://h/x"}, Verb::sub, "ws://h/x", {}},
      {{"rtws", "-v", "sub", "ws://h/x"}, Verb::sub, "ws://h/x", {}},
      {{"rtws", "sub", "ws://h/x", "-v"}, Verb::sub, "ws://h/x", {}},
      {{"rtws", "ws://h/x"}, Verb::pipe, "ws://h/x", {}},
      {{"rtws", "-v", ":8080"}, Verb::pipe, ":8080", {}},
      {{"rtws", "8080"}, Verb::pipe, "8080", {}},
      {{"rtws", "localhost"}, Verb::pipe, "localhost", {}},
      {{"rtws", "pipe", "sub"}, Verb::pipe, "sub", {}},
      {{"rtsse", "pipe", "h/x"}, Verb::pipe, "h/x", {}},
      {{"rtpoll", "serve", "8080/x"}, Verb::serve, "8080/x", {}},
      {{"rtrelay", "serve", "*:0"}, Verb::serve, "*:0", {}},
      {{"rtsse", "pub", "h/x", "a", "b"}, Verb::pub, "h/x", {"a", "b"}},
      {{"rtsse", "pub", "h/x", "a", "-v", "b"}, Verb::pub, "h/x", {"a", "b"}},
      {{"rtsse", "pub", "h/x", "pub", "sub"}, Verb::pub, "h/x", {"pub", "sub"}},
      {{"rtsse", "--", "pub", "h/x", "-a"}, Verb::pub, "h/x", {"-a"}},
  };
  for (const Case& c : cases) {
    const Options options = parsed(c.arguments);
    CHECK(options.verb == c.verb);
    CHECK((c.verb == Verb::serve ? options.listen : options.url) == c.address);
    CHECK(options.messages == c.messages);
  }
}

TEST_CASE("messages are taken byte for byte") {
  const Strings messages = {"[1,2,3]", "[]", "[a]",  "{}",    "",     " ",
                            "a,b",     "%%", "a=b",  "\"q\"", "@x",   "x\n",
                            "\\n",     "++", "/x:y", "-",     "\xff", "[[1],[2]]"};
  Strings arguments = {"rtws", "pub", ":80"};
  arguments.insert(arguments.end(), messages.begin(), messages.end());
  CHECK(parsed(arguments).messages == messages);

  const Strings dashed = {
      "-5", "-v", "--json", "--x=y", "--x=", "--help", "--", "-", "-0.5", "---"};
  arguments = {"rtws", "pub", ":80", "--"};
  arguments.insert(arguments.end(), dashed.begin(), dashed.end());
  CHECK(parsed(arguments).messages == dashed);

  for (const char* message : {"-5", "-0.5", "-Q", "---", "-!", "--!x", "- a"}) {
    CAPTURE(message);
    CHECK(contains(refused({"rtws", "pub", ":80", message}), "goes after --"));
  }
}

TEST_CASE("a value option takes exactly one value, whatever it looks like") {
  const Strings values = {"x",   "[1,2]", "[]",  "{}",   "",      "--",       "-v",     "--json",
                          "a=b", "%%",    "a,b", "true", "false", "--data=x", "--data="};
  for (const std::string& value : values) {
    CAPTURE(value);
    for (const Strings& form :
         {Strings{"-d", value}, Strings{"--data", value}, Strings{"--data=" + value}}) {
      Strings arguments = {"rtws", "pub"};
      arguments.insert(arguments.end(), form.begin(), form.end());
      arguments.push_back(":80");
      const Options options = parsed(arguments);
      CHECK(options.url == ":80");
      REQUIRE(options.data.size() == 1);
      CHECK(options.data[0].text == value);
      CHECK(options.verbose == 0);
    }
  }
  const Options options =
      parsed({"rtws", "sub", "-H", "A: 1", "-H", "B: [1,2]", "-HC: 3", ":80", "--header", "D: "});
  CHECK(options.url == ":80");
  CHECK(options.headers == std::vector<std::pair<std::string, std::string>>{
                               {"A", "1"}, {"B", "[1,2]"}, {"C", "3"}, {"D", ""}});
}

TEST_CASE("every option reaches its place") {
  Options o = parsed({"rtpoll", "sub", "-n", "3", "--timeout", "2m", "--interval=1s", "--long=10s",
                      "--last", "5", "-o", "f", "-vv", ":80"});
  CHECK(o.count == 3);
  CHECK(o.timeout == 2min);
  CHECK(o.interval == 1s);
  CHECK(o.long_poll == 10s);
  CHECK(o.last == 5);
  CHECK(o.output == "f");
  CHECK(o.verbose == 2);

  o = parsed({"rtsse",
              "pipe",
              "--linger=0",
              "--since=",
              "-q",
              "--hub",
              "--retry",
              "--no-reconnect",
              "--retry-max-delay",
              "1m",
              "--connect-timeout",
              "3",
              "--content-type",
              "text/plain",
              "--cacert",
              "a",
              "--cert",
              "b",
              "--key",
              "c",
              "-k",
              ":80"});
  CHECK(o.linger == 0ms);
  CHECK(o.since == "");
  CHECK(o.quiet);
  CHECK(o.hub);
  CHECK(o.retry);
  CHECK(o.no_reconnect);
  CHECK(o.retry_max_delay == 1min);
  CHECK(o.connect_timeout == 3s);
  CHECK(o.content_type == "text/plain");
  CHECK(o.tls.ca_file == "a");
  CHECK(o.tls.certificate_file == "b");
  CHECK(o.tls.key_file == "c");
  CHECK(o.tls.verify == Verify::none);
  CHECK(parsed({"rtsse", "sub", "--last-event-id", "7", ":80"}).last_event_id == "7");

  o = parsed({"rtws", "pub", "--text", "--subprotocol", "a", "--subprotocol=b", "--origin",
              "https://x", "--ping-interval", "0", "--max-message", "1k", ":80"});
  CHECK(o.send_as == SendAs::text);
  CHECK(o.subprotocols == Strings{"a", "b"});
  CHECK(o.origin == "https://x");
  CHECK(o.keepalive == 0s);
  CHECK(o.max_message == 1024);
  CHECK(parsed({"rtws", "--keepalive", "7", ":80"}).keepalive == 7s);

  o = parsed({"rtws",
              "serve",
              "--history",
              "1",
              "--history-bytes",
              "2k",
              "--history-age",
              "3s",
              "--memory",
              "4M",
              "--max-channels",
              "5",
              "--max-connections",
              "6",
              "--allow-origin",
              "https://a",
              "--allow-origin",
              "https://b",
              "--allow-host",
              "h",
              "--no-relay",
              "--exit-on-eof",
              "--echo",
              "--heartbeat",
              "8",
              "--sse-retry",
              "9",
              "--binary",
              "80"});
  CHECK(o.history == 1);
  CHECK(o.history_bytes == 2048);
  CHECK(o.history_age == 3s);
  CHECK(o.memory == 4u << 20);
  CHECK(o.max_channels == 5);
  CHECK(o.max_connections == 6);
  CHECK(o.allow_origins == Strings{"https://a", "https://b"});
  CHECK(o.allow_hosts == Strings{"h"});
  CHECK(o.no_relay);
  CHECK(o.exit_on_eof);
  CHECK(o.echo);
  CHECK(o.heartbeat == 8s);
  CHECK(o.sse_retry == 9s);
  CHECK(o.send_as == SendAs::binary);
}

TEST_CASE("framing") {
  struct Case {
    Strings arguments;
    FramingKind framing;
  };
  const Case cases[] = {{{}, FramingKind::lines},
                        {{"-0"}, FramingKind::null_byte},
                        {{"--length-prefix"}, FramingKind::length_prefix},
                        {{"-J"}, FramingKind::json},
                        {{"-vJ"}, FramingKind::json},
                        {{"--raw"}, FramingKind::raw},
                        {{"--delimiter", "\\x1e"}, FramingKind::delimiter}};
  for (const Case& c : cases) {
    Strings arguments = {"rtws", "sub", ":80"};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    CHECK(parsed(arguments).framing == c.framing);
  }
  CHECK(parsed({"rtws", "sub", "--delimiter=\\0", ":80"}).delimiter == std::string(1, '\0'));
  CHECK(contains(refused({"rtws", "sub", "-J", "-0", ":80"}), "--json and --null exclude"));
  CHECK(parsed({"rtws", "sub", "-J", "--json", ":80"}).framing == FramingKind::json);
}

TEST_CASE("the last of several single values counts") {
  CHECK(parsed({"rtws", "sub", "-n", "1", "--count=2", ":80"}).count == 2);
  const Options options = parsed({"rtws", "sub", "-u", "a:b", "-u", "c", ":80"});
  CHECK(options.user == "c");
  CHECK_FALSE(options.password);
}

TEST_CASE("--long has a value only behind an equals sign") {
  const Options plain = parsed({"rtpoll", "sub", "--long", ":80"});
  CHECK(plain.long_poll == defaults::kLongPollWait);
  CHECK(plain.url == ":80");
  CHECK_FALSE(parsed({"rtpoll", "sub", ":80"}).long_poll);
  CHECK(parsed({"rtpoll", "sub", ":80", "--long"}).long_poll == defaults::kLongPollWait);
  CHECK(parsed({"rtpoll", "sub", "--long=250ms", ":80"}).long_poll == 250ms);
  CHECK(contains(refused({"rtpoll", "sub", "--long=", ":80"}), "--long"));
  CHECK(contains(refused({"rtpoll", "sub", "--long={}", ":80"}), "--long={}"));
  CHECK(contains(refused({"rtpoll", "sub", "--long=true", ":80"}), "--long=true"));
  CHECK(contains(refused({"rtpoll", "sub", "--long", "10s", ":80"}), "write --long=10s"));
}

TEST_CASE("data") {
  const Options options =
      parsed({"rtws", "pub", "-d", "a", "-d", "@f", "-d@-", "--data=", "-d", "a@b", ":80"});
  REQUIRE(options.data.size() == 5);
  const bool files[] = {false, true, true, false, false};
  const char* texts[] = {"a", "f", "-", "", "a@b"};
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(i);
    CHECK(options.data[i].from_file == files[i]);
    CHECK(options.data[i].text == texts[i]);
  }
  CHECK(contains(refused({"rtws", "pub", "-d", "@", ":80"}), "--data @"));
  CHECK(contains(refused({"rtws", "pub", "-d", "a", ":80", "b"}), "exclude each other"));
}

TEST_CASE("credentials, and that errors do not show them") {
  Options options = parsed({"rtws", "sub", "-u", "me:a:b", ":80"});
  CHECK(options.user == "me");
  CHECK(options.password == "a:b");
  options = parsed({"rtws", "sub", "-u", "me:", ":80"}, {{"RT_PASSWORD", "env"}});
  CHECK(options.password == "");
  options = parsed({"rtws", "sub", "-u", "me", ":80"}, {{"RT_PASSWORD", "env"}});
  CHECK(options.password == "env");
  options = parsed({"rtws", "sub", "ws://me@h"}, {{"RT_PASSWORD", "env"}});
  CHECK(options.password == "env");
  options =
      parsed({"rtws", "sub", "-u", "me", "--password-file", "f", ":80"}, {{"RT_PASSWORD", "env"}});
  CHECK(options.password_file == "f");
  CHECK_FALSE(options.password);
  options = parsed({"rtws", "sub", "-u", "me", ":80"}, {{"RT_BEARER", "token"}});
  CHECK(options.bearer == "");
  options = parsed({"rtws", "sub", ":80"}, {{"RT_BEARER", "token"}, {"RT_PASSWORD", "p"}});
  CHECK(options.bearer == "token");
  CHECK_FALSE(options.password);
  options = parsed({"rtws", "serve", "80"}, {{"RT_BEARER", "token"}, {"RT_PASSWORD", "p"}});
  CHECK(options.bearer == "");
  CHECK_FALSE(options.password);

  for (const Strings& arguments : {Strings{"rtws", "sub", "-u", "s3cret\n", ":80"},
                                   Strings{"rtws", "sub", "-u", ":s3cret", ":80"},
                                   Strings{"rtws", "sub", "--bearer", "s3cret s", ":80"},
                                   Strings{"rtws", "sub", "-H", "s3cret", ":80"},
                                   Strings{"rtws", "sub", "--beaer=s3cret", ":80"}}) {
    const std::string text = refused(arguments);
    CHECK(text != "(no error)");
    CHECK_FALSE(contains(text, "s3cret"));
  }
  const std::string text = refused({"rtws", "sub", ":80"}, {{"RT_BEARER", "s3cret s"}});
  CHECK(contains(text, "RT_BEARER"));
  CHECK_FALSE(contains(text, "s3cret"));
}

TEST_CASE("the environment stands in for what the command line leaves open") {
  Options options = parsed({"rtws", "sub", ":80"}, {{"RT_COUNT", "4"},
                                                    {"RT_JSON", "1"},
                                                    {"RT_VERBOSE", "2"},
                                                    {"RT_RETRY", "off"},
                                                    {"RT_HUB", "TRUE"},
                                                    {"RT_TIMEOUT", ""},
                                                    {"RT_INTERVAL", "nonsense of another program"},
                                                    {"RT_HISTORY", "nonsense of another verb"}});
  CHECK(options.count == 4);
  CHECK(options.framing == FramingKind::json);
  CHECK(options.verbose == 2);
  CHECK_FALSE(options.retry);
  CHECK(options.hub);
  CHECK_FALSE(options.timeout);

  options = parsed({"rtws", "sub", "-n", "1", "-0", "-v", ":80"},
                   {{"RT_COUNT", "x"}, {"RT_JSON", "1"}, {"RT_QUIET", "1"}, {"RT_VERBOSE", "5"}});
  CHECK(options.count == 1);
  CHECK(options.framing == FramingKind::null_byte);
  CHECK_FALSE(options.quiet);
  CHECK(options.verbose == 1);

  const auto long_poll = [](const char* value) {
    return parsed({"rtpoll", "sub", ":80"}, {{"RT_LONG", value}}).long_poll;
  };
  CHECK(long_poll("1") == defaults::kLongPollWait);
  CHECK(long_poll("7s") == 7s);
  CHECK_FALSE(long_poll("0"));

  const Strings sub = {"rtws", "sub", ":80"};
  CHECK(contains(refused(sub, {{"RT_TIMEOUT", "x"}}), "RT_TIMEOUT=x: not a time span"));
  CHECK(contains(refused(sub, {{"RT_RETRY", "maybe"}}), "RT_RETRY=maybe: must be 1 or 0"));
  CHECK(contains(refused(sub, {{"RT_VERBOSE", "10"}}), "RT_VERBOSE=10"));
  CHECK(contains(refused(sub, {{"RT_JSON", "1"}, {"RT_RAW", "1"}}), "RT_JSON and RT_RAW exclude"));
  CHECK(parsed(sub, {{"RT_JSON", "1"}, {"RT_RAW", "0"}}).framing == FramingKind::json);
}

TEST_CASE("without an environment there are only defaults") {
  const char* argv[] = {"rtws", "sub", ":80"};
  const auto result = parse(Program::rtws, 3, argv, nullptr);
  REQUIRE(std::holds_alternative<Options>(result));
  CHECK(std::get<Options>(result).keepalive == Options().keepalive);
}

TEST_CASE("errors say what is wrong and what to do") {
  struct Case {
    Strings arguments;
    const char* expected;
  };
  const Case cases[] = {
      {{"rtpoll", "sub", "--intervall", "5", ":80"},
       "unknown option --intervall: did you mean --interval? (rtpoll sub --help)"},
      {{"rtpoll", "--intervall=5", "sub", ":80"},
       "unknown option --intervall: did you mean --interval? (rtpoll sub --help)"},
      {{"rtpoll", "sub", "--JSON", ":80"},
       "unknown option --JSON: did you mean --json? (rtpoll sub --help)"},
      {{"rtpoll", "sub", "-interval", ":80"},
       "unknown option -interval: did you mean --interval? (rtpoll sub --help)"},
      {{"rtpoll", "sub", "--xyzzy", ":80"}, "unknown option --xyzzy (rtpoll sub --help)"},
      {{"rtws", "sub", "-vX", ":80"},
       "unknown option -X: the verb says it: sub asks, pub sends (rtws sub --help)"},
      {{"rtpoll", "--xyzzy"}, "unknown option --xyzzy (rtpoll --help)"},
      {{"rtws", "sub", "--interval", "5", ":80"},
       "--interval is an option of rtpoll or rtrelay, not of rtws sub (rtws sub --help)"},
      {{"rtws", "sub", "--echo", ":80"},
       "--echo is an option of rtws pipe or rtws serve, not of rtws sub (rtws sub --help)"},
      {{"rtpoll", "serve", "-n", "5", "80"},
       "--count is an option of rtpoll sub or rtpoll pipe, not of rtpoll serve "
       "(rtpoll serve --help)"},
      {{"rtpoll", "susb", ":80"}, "unknown verb susb: did you mean sub? (rtpoll --help)"},
      {{"rtpoll", "Serve", "80"}, "unknown verb Serve: did you mean serve? (rtpoll --help)"},
      {{"rtws", "pup", "ws://h"}, "unknown verb pup: did you mean pub? (rtws --help)"},
      {{"rtws", "frobnicate"},
       "unknown verb frobnicate: use sub, pub, pipe or serve (rtws --help)"},
      {{"rtrelay", "sub", ":80"},
       "unknown verb sub: use FROM TO, run, serve or compare (rtrelay --help)"},
      {{"rtsse", "https://h/"},
       "a verb goes before https://h/: use sub, pub, pipe or serve (rtsse --help)"},
      {{"rtws"}, "a verb is missing: use sub, pub, pipe or serve (rtws --help)"},
      {{"rtws", "-v"}, "a verb is missing: use sub, pub, pipe or serve (rtws --help)"},
      {{"rtws", "sub"}, "sub needs a URL: rtws sub URL (rtws sub --help)"},
      {{"rtws", "sub", ""}, "sub needs a URL: rtws sub URL (rtws sub --help)"},
      {{"rtws", "pub"}, "pub needs a URL: rtws pub URL [MESSAGE...] (rtws pub --help)"},
      {{"rtws", "serve"},
       "serve needs a port: rtws serve [HOST:]PORT[/CHANNEL] (rtws serve --help)"},
      {{"rtws", "sub", ":80", "x"}, "unexpected argument x: rtws sub URL (rtws sub --help)"},
      {{"rtws", ":80", "x\n"}, "unexpected argument x\\x0A: rtws pipe URL (rtws pipe --help)"},
      {{"rtws", "sub", ":80", "--count"}, "--count needs a value: --count N"},
      {{"rtws", "sub", ":80", "-vn"}, "-n needs a value: -n N"},
      {{"rtws", "sub", ":80", "--ping-interval"},
       "--ping-interval needs a value: --ping-interval DURATION"},
      {{"rtws", "sub", ":80", "--count=0"}, "--count 0: must be at least 1 (rtws sub --help)"},
      {{"rtws", "sub", ":80", "-n-5"}, "--count -5: not a whole number (rtws sub --help)"},
      {{"rtws", "sub", ":80", "--count="}, "--count '': not a whole number (rtws sub --help)"},
      {{"rtws", "sub", ":80", "--timeout", "5x"},
       "--timeout 5x: not a time span such as 500ms, 5s, 2m or 1h (rtws sub --help)"},
      {{"rtws", "sub", ":80", "--max-message", "2G"},
       "--max-message 2G: too large: at most 1GiB (rtws sub --help)"},
      {{"rtws", "sub", ":80", "--quiet=true"}, "--quiet takes no value: leave out \"=true\""},
      {{"rtws", "sub", ":80", "--quiet="}, "--quiet takes no value: leave out \"=\""},
      {{"rtws", "sub", ":80", "--quiet={}"}, "--quiet takes no value: leave out \"={}\""},
      {{"rtws", "sub", ":80", "-q", "-v"},
       "--quiet and --verbose exclude each other: give one (rtws sub --help)"},
      {{"rtws", "sub", ":80", "--since", "x", "--last", "1"},
       "--since and --last exclude each other: give one (rtws sub --help)"},
      {{"rtws", "pub", ":80", "--binary", "--text", "x"},
       "--binary and --text exclude each other: give one (rtws pub --help)"},
  };
  for (const Case& c : cases) CHECK(refused(c.arguments) == c.expected);
}

TEST_CASE("help and version win over what is missing or wrong") {
  for (const Strings& arguments :
       {Strings{"rtws", "--help"}, Strings{"rtws", "sub", "--help"}, Strings{"rtws", "-h"},
        Strings{"rtws", "sub", "--bogus", "-h"}, Strings{"rtws", "--version"},
        Strings{"rtws", "-V", "sub"}, Strings{"rtws", "bogus", "--help"}}) {
    const auto result = outcome(arguments);
    REQUIRE(std::holds_alternative<TextToPrint>(result));
    CHECK(std::get<TextToPrint>(result).text.back() == '\n');
  }
  const auto version = std::get<TextToPrint>(outcome({"rtws", "--version"})).text;
  CHECK(version.starts_with("rtws " RT_VERSION " (rtwire)\n"));
  CHECK(contains(version, "MIT"));
}
