#include "unit/cli/command_lines.hpp"

using namespace rt;

TEST_CASE("rtrelay: endpoints stand without a verb") {
  struct Case {
    Strings arguments;
    Strings from;
    Strings endpoints;
  };
  const Case cases[] = {
      {{"ws://h/x", "mqtt://h/x"}, {}, {"ws://h/x", "mqtt://h/x"}},
      {{"relay", "ws://h/x", "mqtt://h/x"}, {}, {"ws://h/x", "mqtt://h/x"}},
      {{"-", "ws://h/x"}, {}, {"-", "ws://h/x"}},
      {{"-", "-"}, {}, {"-", "-"}},
      {{"exec:ls -l", "file:x", "http://h/"}, {}, {"exec:ls -l", "file:x", "http://h/"}},
      {{"serve+http://:80/x", "serve+mqtt://:1/x"},
       {},
       {"serve+http://:80/x", "serve+mqtt://:1/x"}},
      {{"--from", "-", "ws://h/x"}, {"-"}, {"ws://h/x"}},
      {{"--from", "-", "-"}, {"-"}, {"-"}},
      {{"file:x", "--from=ws://a", "--from", "mqtt://b/#", "file:y"},
       {"ws://a", "mqtt://b/#"},
       {"file:x", "file:y"}},
      {{"-v", "--both", "ws://h/x", "mqtt://h/x"}, {}, {"ws://h/x", "mqtt://h/x"}},
      {{"--", "-", "ws://h/x"}, {}, {"-", "ws://h/x"}},
  };
  for (const Case& c : cases) {
    Strings arguments = {"rtrelay"};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    const Options o = parsed(arguments);
    CHECK(o.verb == Verb::relay);
    CHECK(o.from == c.from);
    CHECK(o.endpoints == c.endpoints);
    CHECK(o.url.empty());
    CHECK(o.listen.empty());
  }
}

TEST_CASE("rtrelay: every option of a route reaches its place") {
  Options o = parsed({"rtrelay",
                      "--both",
                      "--map",
                      "s#^lab/#/#",
                      "--map",
                      "s|a|b|g",
                      "--filter",
                      "a/#",
                      "--filter=+",
                      "--buffer",
                      "1MiB",
                      "--status",
                      "--qos",
                      "2",
                      "--retain",
                      "--client-id",
                      "me",
                      "--keepalive",
                      "20",
                      "--hub",
                      "-n",
                      "3",
                      "--timeout",
                      "5s",
                      "--interval",
                      "2s",
                      "--long=9s",
                      "--last",
                      "4",
                      "-H",
                      "A: 1",
                      "--history",
                      "7",
                      "--allow-origin",
                      "https://a",
                      "--retry",
                      "--no-reconnect",
                      "-J",
                      "--will-topic",
                      "w",
                      "ws://h/x",
                      "mqtt://h/x"});
  CHECK(o.both);
  CHECK(o.maps == Strings{"s#^lab/#/#", "s|a|b|g"});
  CHECK(o.filters == Strings{"a/#", "+"});
  CHECK(o.buffer == 1u << 20);
  CHECK(o.status);
  CHECK(o.qos == 2);
  CHECK(o.retain);
  CHECK(o.client_id == "me");
  CHECK(o.keepalive == 20s);
  CHECK(o.mqtt_keepalive == 20s);
  CHECK(o.hub);
  CHECK(o.count == 3);
  CHECK(o.timeout == 5s);
  CHECK(o.interval == 2s);
  CHECK(o.long_poll == 9s);
  CHECK(o.last == 4);
  CHECK(o.headers.size() == 1);
  CHECK(o.history == 7);
  CHECK(o.allow_origins == Strings{"https://a"});
  CHECK(o.retry);
  CHECK(o.no_reconnect);
  CHECK(o.framing == FramingKind::json);
  CHECK(o.will_topic == "w");

  o = parsed({"rtrelay", "-", "ws://u@h/"}, {{"RT_PASSWORD", "p"}, {"RT_STATUS", "0"}});
  CHECK(o.password == "p");
  CHECK_FALSE(o.status);
  CHECK(o.buffer == 16u << 20);
  CHECK(parsed({"rtrelay", "--no-status", "-", "-"}, {{"RT_STATUS", "1"}}).no_status);
  CHECK_FALSE(parsed({"rtrelay", "--no-status", "-", "-"}, {{"RT_STATUS", "1"}}).status);
}

TEST_CASE("rtrelay: a keepalive too short for MQTT is for the WebSocket ends") {
  const Options o = parsed({"rtrelay", "--keepalive", "2s", "ws://h/x", "mqtt://h/x"});
  CHECK(o.keepalive == 2s);
  CHECK(o.mqtt_keepalive == 5s);
  CHECK(parsed({"rtrelay", "--keepalive", "0", "ws://h/x", "mqtt://h/x"}).mqtt_keepalive == 0s);
}

TEST_CASE("rtrelay serve: the hub's MQTT side") {
  for (const char* address : {"1883", ":1883", "*:1883", "[::1]:0", "mqtt://:1883"}) {
    CHECK(parsed({"rtrelay", "serve", "80", "--mqtt", address}).mqtt_listen == address);
  }
  for (const char* url : {"mqtt://h", "mqtts://me@h:8884/", "localhost", ":1884"}) {
    CHECK(parsed({"rtrelay", "serve", "80", "--bus", url}).bus == url);
  }
  Options o = parsed({"rtrelay", "serve", "80", "--bus", "mqtts://me@h", "--cacert", "c"},
                     {{"RT_PASSWORD", "p"}});
  CHECK(o.password == "p");
  CHECK(o.tls.ca_file == "c");
  CHECK(parsed({"rtrelay", "serve", "80", "-u", "me"}, {{"RT_BUS", "h"}}).bus == "h");
  // Variables stand for many calls, and give the hub no user.
  o = parsed({"rtrelay", "serve", "80"}, {{"RT_USER", "me"}, {"RT_PASSWORD", "p"}});
  CHECK_FALSE(o.password);
  CHECK(parsed({"rtrelay", "serve", "80", "--mqtt", "1"}, {{"RT_BUS", "h"}}).bus.empty());
}

TEST_CASE("rtrelay: errors say what is wrong and what to do") {
  const std::string guess =
      "a relay cannot guess the transport: write poll+http://, sse+http://, ws://, mqtt:// or "
      "http:// before HOST:PORT, or serve+http:// to listen";
  const std::string in_front = "for TLS and passwords put nginx or the like in front of serve";
  struct Case {
    Strings arguments;
    std::string expected;
  };
  const Case cases[] = {
      {{},
       "nothing to relay: write rtrelay FROM TO..., rtrelay run FILE, or rtrelay serve PORT "
       "(rtrelay --help)"},
      {{"-v"},
       "nothing to relay: write rtrelay FROM TO..., rtrelay run FILE, or rtrelay serve PORT "
       "(rtrelay --help)"},
      {{"frobnicate"},
       "unknown verb frobnicate: use FROM TO, run, serve or compare (rtrelay --help)"},
      {{"sreve", "80"}, "unknown verb sreve: did you mean serve? (rtrelay --help)"},
      {{"relay"}, "a relay needs a source and a sink: rtrelay FROM TO... (rtrelay --help)"},
      {{"ws://h/x"}, "a relay needs a sink: rtrelay FROM TO... (rtrelay --help)"},
      {{"--from", "ws://h/x"}, "a relay needs a sink: rtrelay --from FROM TO... (rtrelay --help)"},
      {{"host:8080/x", "-"}, "FROM: " + guess + " (rtrelay --help)"},
      {{"-", "host:8080/x"}, "TO: " + guess + " (rtrelay --help)"},
      {{"-", ""}, "TO: an endpoint is empty (rtrelay --help)"},
      {{"", "-"}, "FROM: an endpoint is empty (rtrelay --help)"},
      {{"http://h/x", "-"},
       "FROM: nothing says how to read from http://h/x: write poll+http://h/x or sse+http://h/x "
       "(rtrelay --help)"},
      {{"--both", "-", "http://h/x"},
       "TO: nothing says how to read from http://h/x: write poll+http://h/x or sse+http://h/x "
       "(rtrelay --help)"},
      {{"--from", "http://h/x", "-"},
       "--from: nothing says how to read from http://h/x: write poll+http://h/x or "
       "sse+http://h/x (rtrelay --help)"},
      {{"--from", "wss:/h", "-"},
       "--from: wss: must be followed by two slashes: wss://HOST (rtrelay --help)"},
      {{"-", "wz://h/x"}, "TO: unknown scheme \"wz\": did you mean ws? (rtrelay --help)"},
      {{"-", "exce:ls"}, "TO: unknown scheme \"exce\": did you mean exec:? (rtrelay --help)"},
      {{"-", "serve+https://:1/x"},
       "TO: serving over TLS is not possible yet: listen in clear text behind a TLS proxy "
       "(rtrelay --help)"},
      {{"-", "-", "-"},
       "- can be a source once and a sink once, and with --both only one of them "
       "(rtrelay --help)"},
      {{"--both", "-", "-"},
       "- can be a source once and a sink once, and with --both only one of them "
       "(rtrelay --help)"},
      {{"--client-id", "x", "mqtt://a/#", "mqtt://a"},
       "--client-id x is for one client of a broker, and mqtt://a/# and mqtt://a/ are two: write "
       "another --client-id behind one of them (rtrelay --help)"},
      {{"-o", "f", "-", "ws://h"},
       "--output takes the place of stdout: give - as TO (rtrelay --help)"},
      {{"--map", "lab", "-", "-"},
       "--map lab: not a substitution such as 's#^lab/#/#' (rtrelay --help)"},
      {{"--map", "s#a#b", "-", "-"},
       "--map s#a#b: not a substitution such as 's#^lab/#/#' (rtrelay --help)"},
      {{"--map", "s#a\\#b#", "-", "-"},
       "--map s#a\\#b#: not a substitution such as 's#^lab/#/#' (rtrelay --help)"},
      {{"--filter", "a/#/b", "-", "-"},
       "--filter a/#/b: # can only be the last level (rtrelay --help)"},
      {{"--buffer", "0", "-", "-"}, "--buffer 0: must be at least 1 (rtrelay --help)"},
      {{"--status", "--no-status", "-", "-"},
       "--status and --no-status exclude each other: give one (rtrelay --help)"},
      {{"--filtre", "a", "-", "-"},
       "unknown option --filtre: did you mean --filter? (rtrelay --help)"},
      {{"--bus", "mqtt://h", "-", "-"},
       "--bus is an option of rtrelay serve, not of rtrelay FROM TO (rtrelay --help)"},
      {{"serve", "80", "--both"},
       "--both is an option of rtrelay FROM TO, not of rtrelay serve (rtrelay serve --help)"},
      {{"serve", "80", "--from", "-"},
       "--from is an option of rtrelay FROM TO, not of rtrelay serve (rtrelay serve --help)"},
      {{"serve", "80", "--mqtt", "1883", "--bus", "h"},
       "--mqtt and --bus exclude each other: give one (rtrelay serve --help)"},
      {{"serve", "80", "--mqtt", "x"},
       "--mqtt x: no port in \"x\": write [HOST:]PORT[/CHANNEL] (rtrelay serve --help)"},
      {{"serve", "80", "--mqtt", "1883/x"},
       "--mqtt 1883/x: the broker has all topics: leave out the channel (rtrelay serve --help)"},
      {{"serve", "80", "--mqtt", "mqtts://:1"},
       "--mqtt mqtts://:1: a broker over TLS is not possible yet: listen in clear text "
       "(rtrelay serve --help)"},
      {{"serve", "80", "--bus", "ws://h"},
       "--bus: not an MQTT broker: write mqtt://HOST[:PORT] (rtrelay serve --help)"},
      {{"serve", "80", "--bus", "mqtt://h/a"},
       "--bus: all topics are on the bus: leave out the topic (rtrelay serve --help)"},
      {{"serve", "80", "-u", "me:x"},
       "--user needs --bus: " + in_front + " (rtrelay serve --help)"},
      {{"serve", "80", "--cert", "c"},
       "--cert needs --bus: " + in_front + " (rtrelay serve --help)"},
      {{"serve", "80", "--tls"}, "unknown option --tls: " + in_front + " (rtrelay serve --help)"},
      {{"8099"},
       "a relay needs a sink: rtrelay FROM TO..., or to listen rtrelay serve 8099 (rtrelay "
       "--help)"},
      {{"cmd:date", "-"}, "FROM: unknown scheme \"cmd\": did you mean exec:? (rtrelay --help)"},
      {{"--listen", "8080"},
       "--listen is an option of rtrelay run: use serve PORT for a hub (rtrelay --help)"},
      {{"serve", "80", "--cacert", "f", "--mqtt", "1"},
       "--cacert needs --bus (rtrelay serve --help)"},
      {{"serve"}, "serve needs a port: rtrelay serve [HOST:]PORT[/CHANNEL] (rtrelay serve --help)"},
  };
  for (const Case& c : cases) {
    Strings arguments = {"rtrelay"};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    CHECK(refused(arguments) == c.expected);
  }
  for (const Strings& arguments :
       {Strings{"rtrelay", "ws://u:hunter2@h:x/", "-"}, Strings{"rtrelay", "u:hunter2@h/", "-"},
        Strings{"rtrelay", "http://u:hunter2@h/", "-"},
        Strings{"rtrelay", "--from", "http://u:hunter2@h/", "-"},
        Strings{"rtrelay", "--from", "u:hunter2@h/", "-"},
        Strings{"rtrelay", "serve", "80", "--bus", "mqtt://u:hunter2@h:x"}}) {
    const std::string text = refused(arguments);
    CHECK(text != "(no error)");
    CHECK_FALSE(contains(text, "hunter2"));
  }
}

TEST_CASE("rtrelay serve: what is of stdin or stdout needs a CHANNEL") {
  for (const char* const option : {"--exit-on-eof", "--no-relay"}) {
    for (const char* const listen : {"0", "127.0.0.1:80"}) {
      const std::string text = refused({"rtrelay", "serve", listen, option});
      CHECK(contains(text, std::string(option) + " needs a CHANNEL: without one "));
    }
    CHECK(parsed({"rtrelay", "serve", "0/c", option}).listen == "0/c");
    CHECK(parsed({"rtrelay", "serve", "0/", option}).listen == "0/");
    CHECK(parsed({"rtpoll", "serve", "0", option}).listen == "0");
  }
  CHECK(
      contains(refused({"rtrelay", "serve", "0", "-o", "f"}), "--output needs a CHANNEL: without"));
  CHECK(parsed({"rtrelay", "serve", "0/c", "-o", "f"}).output == "f");
  CHECK(parsed({"rtrelay", "serve", "0", "-o", "-"}).output == "-");
}
