#include "unit/cli/command_lines.hpp"

using namespace rt;

TEST_CASE("rtmqtt: verbs and arguments") {
  Options o = parsed({"rtmqtt", "sub", "mqtt://h/a/#"});
  CHECK(o.verb == Verb::sub);
  CHECK(o.url == "mqtt://h/a/#");
  CHECK(o.more_urls.empty());

  o = parsed({"rtmqtt", "sub", "h/a", "-v", "mqtt://h:1883/b"});
  CHECK(o.url == "h/a");
  CHECK(o.more_urls == Strings{"mqtt://h:1883/b"});

  o = parsed({"rtmqtt", "sub", "--topic", "x/#", "--topic=+", "--exclude", "x/y", "h"});
  CHECK(o.url == "h");
  CHECK(o.topics == Strings{"x/#", "+"});
  CHECK(o.excludes == Strings{"x/y"});

  o = parsed({"rtmqtt", "pub", ":1883/a b", "one", "two"});
  CHECK(o.verb == Verb::pub);
  CHECK(o.url == ":1883/a b");
  CHECK(o.messages == Strings{"one", "two"});
  CHECK(parsed({"rtmqtt", "pub", "-J", "mqtt://h"}).url == "mqtt://h");
  CHECK(parsed({"rtmqtt", "pub", "-d", "x", "h/a"}).data.size() == 1);

  CHECK(parsed({"rtmqtt", "pipe", "h/a"}).verb == Verb::pipe);
  CHECK(parsed({"rtmqtt", "pipe", "h/a", "--topic", "b/#"}).topics == Strings{"b/#"});
  CHECK(parsed({"rtmqtt", "pipe", "-J", "h", "--topic", "b/#"}).topics == Strings{"b/#"});
  CHECK(parsed({"rtmqtt", "serve", "*:1883/log"}).listen == "*:1883/log");
}

TEST_CASE("rtmqtt: every option reaches its place") {
  Options o = parsed({"rtmqtt",
                      "pipe",
                      "--qos",
                      "2",
                      "--retain",
                      "--clean",
                      "--client-id",
                      "me",
                      "--no-retained",
                      "--keepalive",
                      "7500ms",
                      "--session-expiry",
                      "1h",
                      "--will-topic",
                      "state/me",
                      "--will-payload",
                      "gone\n",
                      "--will-qos",
                      "1",
                      "--will-retain",
                      "--protocol",
                      "5",
                      "--property",
                      "a=b=c",
                      "--property=d=",
                      "-u",
                      "u:p",
                      "h/a"});
  CHECK(o.qos == 2);
  CHECK(o.retain);
  CHECK(o.clean);
  CHECK(o.client_id == "me");
  CHECK(o.no_retained);
  CHECK_FALSE(o.retained_only);
  CHECK(o.mqtt_keepalive == 8s);
  CHECK(o.session_expiry == 1h);
  CHECK(o.will_topic == "state/me");
  CHECK(o.will_payload == "gone\n");
  CHECK(o.will_qos == 1);
  CHECK(o.will_retain);
  CHECK(o.protocol == MqttProtocol::v5);
  CHECK(o.properties == std::vector<std::pair<std::string, std::string>>{{"a", "b=c"}, {"d", ""}});
  CHECK(o.user == "u");
  CHECK(o.password == "p");

  o = parsed({"rtmqtt", "sub", "--retained-only", "--protocol=3.1.1", "--keepalive", "0", "h/a"});
  CHECK(o.retained_only);
  CHECK(o.protocol == MqttProtocol::v311);
  CHECK(o.mqtt_keepalive == 0s);

  o = parsed({"rtmqtt", "sub", "h/a"});
  CHECK_FALSE(o.qos);
  CHECK(o.mqtt_keepalive == 60s);
  CHECK(o.protocol == MqttProtocol::automatic);
}

TEST_CASE("rtmqtt: the environment") {
  const Options o = parsed({"rtmqtt", "sub", "me@h/a"}, {{"RT_QOS", "1"},
                                                         {"RT_CLIENT_ID", "x"},
                                                         {"RT_KEEPALIVE", "9"},
                                                         {"RT_WILL_TOPIC", "w"},
                                                         {"RT_PASSWORD", "p"},
                                                         {"RT_PROTOCOL", "5"},
                                                         {"RT_TOPIC", "a/#/not read"},
                                                         {"RT_HEADER", "not read"},
                                                         {"RT_HISTORY", "of another program"}});
  CHECK(o.qos == 1);
  CHECK(o.client_id == "x");
  CHECK(o.mqtt_keepalive == 9s);
  CHECK(o.will_topic == "w");
  CHECK(o.password == "p");
  CHECK(o.topics.empty());
  CHECK(refused({"rtmqtt", "sub", "h/a"}, {{"RT_QOS", "3"}}) == "RT_QOS=3: must be 0, 1 or 2");
  // One without the other is no fault there: variables stand for many calls.
  CHECK(parsed({"rtmqtt", "sub", "h/a"}, {{"RT_WILL_QOS", "1"}}).will_qos == 1);
  CHECK(parsed({"rtmqtt", "sub", "--will-qos", "1", "h/a"}, {{"RT_WILL_TOPIC", "w"}}).will_topic ==
        "w");
  CHECK_FALSE(parsed({"rtmqtt", "serve", "1883"}, {{"RT_PASSWORD", "p"}}).password);
}

TEST_CASE("rtmqtt: errors say what is wrong and what to do") {
  struct Case {
    Strings arguments;
    const char* expected;
  };
  const Case cases[] = {
      {{}, "a verb is missing: use sub, pub, pipe, rpc or serve (rtmqtt --help)"},
      {{"mqtt://h/a"},
       "a verb goes before mqtt://h/a: use sub, pub, pipe, rpc or serve (rtmqtt --help)"},
      {{"mqtt://u:hunter2@h/a"},
       "a verb goes before the URL: use sub, pub, pipe, rpc or serve (rtmqtt --help)"},
      {{"subscribe"}, "unknown verb subscribe: use sub (rtmqtt --help)"},
      {{"sbu", "h/a"}, "unknown verb sbu: did you mean sub? (rtmqtt --help)"},
      {{"sub"}, "sub needs a URL: rtmqtt sub URL... (rtmqtt sub --help)"},
      {{"sub", "-t", "a", "h"},
       "unknown option -t: topics stand in the URL: mqtt://HOST/TOPIC, or --topic FILTER (rtmqtt "
       "sub --help)"},
      {{"sub", "--topics", "a", "h"},
       "unknown option --topics: did you mean --topic? (rtmqtt sub --help)"},
      {{"sub", "--hub", "h/a"},
       "--hub is an option of rtpoll, rtsse, rtws or rtrelay, not of rtmqtt sub "
       "(rtmqtt sub --help)"},
      {{"sub", "--retain", "h/a"},
       "--retain is an option of rtmqtt pub or rtmqtt pipe, not of rtmqtt sub "
       "(rtmqtt sub --help)"},
      {{"pub", "--topic", "a", "h"},
       "--topic is an option of rtmqtt sub or rtmqtt pipe, not of rtmqtt pub "
       "(rtmqtt pub --help)"},
      {{"serve", "--qos", "1", "1883"},
       "--qos is an option of rtmqtt sub, rtmqtt pub, rtmqtt pipe or rtmqtt rpc, not of rtmqtt "
       "serve "
       "(rtmqtt serve --help)"},
      {{"sub", "--qos", "3", "h/a"}, "--qos 3: must be 0, 1 or 2 (rtmqtt sub --help)"},
      {{"sub", "--qos", "-1", "h/a"}, "--qos -1: must be 0, 1 or 2 (rtmqtt sub --help)"},
      {{"sub", "--qos=", "h/a"}, "--qos '': must be 0, 1 or 2 (rtmqtt sub --help)"},
      {{"sub", "--will-topic", "w", "--will-qos", "x", "h/a"},
       "--will-qos x: must be 0, 1 or 2 (rtmqtt sub --help)"},
      {{"sub", "--will-payload", "x", "h/a"},
       "--will-payload needs --will-topic (rtmqtt sub --help)"},
      {{"sub", "--will-retain", "h/a"}, "--will-retain needs --will-topic (rtmqtt sub --help)"},
      {{"sub", "--will-topic", "a/#", "h/a"},
       "--will-topic a/#: one topic is needed, without + and # (rtmqtt sub --help)"},
      {{"sub", "--topic", "a#", "h"},
       "--topic a#: + and # stand for whole levels: a/+/b, a/# (rtmqtt sub --help)"},
      {{"sub", "--exclude", "#/a", "h/a"},
       "--exclude #/a: # can only be the last level (rtmqtt sub --help)"},
      {{"sub", "--topic=", "h"}, "--topic '': must not be empty (rtmqtt sub --help)"},
      {{"sub", "--client-id", "", "h/a"}, "--client-id '': must not be empty (rtmqtt sub --help)"},
      {{"sub", "--client-id", "\xff", "h/a"}, "--client-id \\xFF: not UTF-8 (rtmqtt sub --help)"},
      {{"sub", "--protocol", "4", "h/a"}, "--protocol 4: must be 3.1.1 or 5 (rtmqtt sub --help)"},
      {{"sub", "--session-expiry", "1.5s", "h/a"},
       "--session-expiry 1.5s: must be whole seconds (rtmqtt sub --help)"},
      {{"sub", "--session-expiry", "1h", "--protocol", "3.1.1", "h/a"},
       "--session-expiry needs MQTT 5: leave out --protocol 3.1.1 (rtmqtt sub --help)"},
      {{"pub", "--property", "a=b", "--protocol", "3.1.1", "h/a"},
       "--property needs MQTT 5: leave out --protocol 3.1.1 (rtmqtt pub --help)"},
      {{"pub", "--property", "a", "h/a"},
       "--property a: not a property such as NAME=VALUE (rtmqtt pub --help)"},
      {{"pub", "--property", "=a", "h/a"},
       "--property =a: not a property such as NAME=VALUE (rtmqtt pub --help)"},
      {{"sub", "--keepalive", "2s", "h/a"},
       "--keepalive 2s: must be 0 or at least 5s over MQTT (rtmqtt sub --help)"},
      {{"sub", "--keepalive", "1d", "h/a"},
       "--keepalive 1d: too long: at most 65535s (rtmqtt sub --help)"},
      {{"sub", "--retained-only", "--no-retained", "h/a"},
       "--retained-only and --no-retained exclude each other: give one (rtmqtt sub --help)"},
      {{"sub", "h"}, "no topic: write mqtt://HOST/TOPIC, or give --topic (rtmqtt sub --help)"},
      {{"sub", "h/a", "h"}, "no topic in mqtt://h/ (rtmqtt sub --help)"},
      {{"sub", "h/a", "i/b"},
       "the URLs are of several brokers: --topic adds topics, rtrelay --from brokers "
       "(rtmqtt sub --help)"},
      {{"sub", "h/a", "mqtts://h/b"},
       "the URLs are of several brokers: --topic adds topics, rtrelay --from brokers "
       "(rtmqtt sub --help)"},
      {{"sub", "ws://h/a"},
       "rtmqtt does not speak ws: use mqtt+ws for MQTT over WebSocket, or rtws (rtmqtt sub "
       "--help)"},
      {{"sub", "http://h/a"},
       "rtmqtt does not speak http: use rtpoll, rtsse or rtws (rtmqtt sub --help)"},
      {{"sub", "h/a/#/b"}, "topic \"a/#/b\": # can only be the last level (rtmqtt sub --help)"},
      {{"pub", "h/a/#", "x"},
       "\"a/#\" has wildcards: name one topic to publish to (rtmqtt pub --help)"},
      {{"pipe", "h/+"},
       "\"+\" has wildcards: name one topic to publish to, and give --topic FILTER to read more "
       "(rtmqtt pipe --help)"},
      {{"pub", "h", "x"},
       "no topic to publish to: write mqtt://HOST/TOPIC, or use --json (rtmqtt pub --help)"},
      {{"pipe", "-J", "h"},
       "no topic to read: write mqtt://HOST/TOPIC, or give --topic (rtmqtt pipe --help)"},
      {{"pipe", "h/a", "h/b"}, "unexpected argument h/b: rtmqtt pipe URL (rtmqtt pipe --help)"},
      {{"serve"}, "serve needs a port: rtmqtt serve [HOST:]PORT[/CHANNEL] (rtmqtt serve --help)"},
  };
  for (const Case& c : cases) {
    Strings arguments = {"rtmqtt"};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    CHECK(refused(arguments) == c.expected);
  }
  CHECK(contains(refused({"rtmqtt", "sub", "--will-topic", "w", "--will-payload",
                          std::string(65'536, 'x'), "h/a"}),
                 "too long: at most 65535 bytes"));
  for (const char* url : {"mqtt://u:hunter2@h:x/a", "mqtt://u:hunter2@h/a#", "http://u:hunter2@h/"})
    CHECK_FALSE(contains(refused({"rtmqtt", "sub", url}), "hunter2"));
  CHECK_FALSE(contains(refused({"rtmqtt", "pipe", "h/a", "u:hunter2@h/b"}), "hunter2"));
}
