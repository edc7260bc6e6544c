#include "cli/command/habits.hpp"

#include "unit/cli/command_lines.hpp"

using namespace rt;
using namespace rt::cli;

namespace {

std::string printed(const Strings& arguments) {
  const auto result = outcome(arguments);
  if (const auto* error = std::get_if<Error>(&result)) return "error: " + error->text();
  const auto* text = std::get_if<TextToPrint>(&result);
  return text != nullptr ? text->text : "(options)";
}

}  // namespace

TEST_CASE("is_plainly_address") {
  for (const char* text : {"ws://h/x", "mqtt://h", ":8080/news", ":1", "localhost", "localhost/x",
                           "localhost:80", "example.org:8080/x", "10.0.0.1:80"})
    CHECK_MESSAGE(is_plainly_address(text), text);
  for (const char* text :
       {"", "hello", "out.txt", "dir/out.txt", "user:secret", "user:12", "a b://c", ":word", ":",
        "localhosts", "example.org/x", "a.b:c", "X: http:/"})
    CHECK_MESSAGE(!is_plainly_address(text), text);
}

TEST_CASE("letters of Mosquitto's clients that mean something else here") {
  const std::string qos = "-q is --quiet: for the QoS write --qos ";
  const std::string keepalive = "-k is --insecure: for the keep alive write --keepalive ";
  CHECK(contains(refused({"rtmqtt", "pub", "localhost/x", "-q", "1", "hello"}), qos + "1"));
  CHECK(contains(refused({"rtmqtt", "sub", "-q", "2", "localhost/x"}), qos + "2"));
  CHECK(contains(refused({"rtmqtt", "-q", "0", "sub", "localhost/x"}), qos + "0"));
  CHECK(contains(refused({"rtmqtt", "sub", "-kq", "1", "localhost/x"}), qos + "1"));
  CHECK(contains(refused({"rtmqtt", "sub", "-k", "30", "localhost/x"}), keepalive + "30s"));
  CHECK(contains(refused({"rtmqtt", "pub", "-k", "30", "localhost/x", "m"}), keepalive + "30s"));
  CHECK(parsed({"rtmqtt", "pub", "localhost/x", "-q", "3"}).messages == Strings{"3"});
  CHECK(parsed({"rtmqtt", "pub", "localhost/x", "-q", "--", "1"}).messages == Strings{"1"});
  CHECK(parsed({"rtmqtt", "pub", "localhost/x", "--will-payload", "-q", "1", "--will-topic", "w"})
            .messages == Strings{"1"});
  CHECK(parsed({"rtmqtt", "pub", "mqtts://h/x", "-k", "30"}).messages == Strings{"30"});
  CHECK(parsed({"rtmqtt", "serve", "-q", "0"}).quiet);
  CHECK(parsed({"rtws", "pub", ":80", "-q", "1"}).messages == Strings{"1"});
}

TEST_CASE("-V with a version of MQTT behind it is no question for the program's") {
  const std::string shown = "-V is --version: for the version of MQTT write --protocol ";
  for (const char* name : {"mqttv5", "5", "MQTTV5"})
    CHECK(contains(refused({"rtmqtt", "sub", "-V", name, "localhost/x"}), shown + "5"));
  for (const char* name : {"mqttv311", "311", "31", "mqttv31", "3.1.1"})
    CHECK(contains(refused({"rtmqtt", "sub", "-V", name, "localhost/x"}), shown + "3.1.1"));
  CHECK(contains(printed({"rtmqtt", "-V"}), "(rtwire)"));
  CHECK(contains(printed({"rtmqtt", "-V", "sub"}), "(rtwire)"));
  CHECK(contains(printed({"rtws", "-V", "5"}), "(rtwire)"));
}

TEST_CASE("a topic that stands beside the URL of its broker") {
  CHECK(contains(refused({"rtmqtt", "sub", "localhost:1883", "lab/random"}),
                 "the topic stands in the URL: localhost:1883/lab/random, or --topic lab/random"));
  CHECK(contains(refused({"rtmqtt", "sub", "mqtt://h/", "#"}), "mqtt://h/#, or --topic #"));
  const std::string secret = refused({"rtmqtt", "sub", "mqtt://u:pw@h", "a/b"});
  CHECK(contains(secret, "mqtt://HOST/TOPIC, or --topic a/b"));
  CHECK_FALSE(contains(secret, "pw"));
  CHECK(contains(refused({"rtmqtt", "sub", "localhost/a", "lab/b"}), "--topic adds topics"));
  CHECK(contains(refused({"rtmqtt", "sub", "mqtt://h/a", "mqtt://other/b"}), "several brokers"));
  CHECK(contains(refused({"rtmqtt", "sub", "h.lan/a", "other.lan/b"}), "several brokers"));
  CHECK(parsed({"rtmqtt", "sub", "h/a", "h/b"}).more_urls == Strings{"h/b"});
}

TEST_CASE("a topic and a message that stand beside the host") {
  const std::string told = "the topic stands in the URL: rtmqtt pub ";
  CHECK(contains(refused({"rtmqtt", "pub", "localhost", "lab/a", "hello"}),
                 told + "localhost/lab/a -d MSG (rtmqtt pub --help)"));
  CHECK(contains(refused({"rtmqtt", "pub", "mqtt://h:1884/", "lab/a", "-d", "hello"}),
                 told + "mqtt://h:1884/lab/a -d MSG"));
  CHECK(contains(refused({"rtmqtt", "pub", "h", "a b", "hello"}), told + "'h/a b' -d MSG"));
  for (const char* topic : {"50%", "a/#", "a\nb", ""})
    CHECK(contains(refused({"rtmqtt", "pub", "h", topic, "x"}), told + "mqtt://HOST/TOPIC -d MSG"));
  const std::string secret = refused({"rtmqtt", "pub", "mqtt://u:pw@h", "a/b", "s3cret"});
  CHECK(contains(secret, told + "mqtt://HOST/TOPIC -d MSG"));
  CHECK_FALSE(contains(secret, "pw"));
  CHECK_FALSE(contains(secret, "s3cret"));
  CHECK(contains(refused({"rtmqtt", "pipe", "localhost", "lab/a"}),
                 "the topic stands in the URL: rtmqtt pipe localhost/lab/a (rtmqtt pipe --help)"));
  CHECK(parsed({"rtmqtt", "pub", "h/a", "b", "c"}).messages == Strings{"b", "c"});
}

TEST_CASE("messages of -d without the verb that sends them") {
  const std::string told = "-d is what pub sends, and no verb is given: write ";
  CHECK(refused({"rtws", "-d", "ws://h/x", "hello"}) ==
        told + "rtws pub URL -d DATA (rtws --help)");
  CHECK(contains(refused({"rtws", "-d", "ws://h/x"}), told + "rtws pub URL -d DATA"));
  CHECK(contains(refused({"rtws", "-d", "hello", "ws://h/x"}), told + "rtws pub URL -d DATA"));
  CHECK(contains(refused({"rtsse", "-d", "hello", "http://h/x"}), told + "rtsse pub URL -d DATA"));
  CHECK(contains(refused({"rtmqtt", "--data", "hello"}), told + "rtmqtt pub URL -d DATA"));
  CHECK(contains(refused({"rtws", "pbu", "-d", "x", "ws://h"}), "did you mean pub?"));
  CHECK(contains(refused({"rtws", "send", "-d", "x", "ws://h"}), "use pub"));
}

TEST_CASE("an option that took the URL for its value") {
  const struct {
    Strings line;
    std::string_view error;
  } rows[] = {
      {{"rtws", "-n", "ws://h/x"},
       "-n took ws://h/x as its value, and no URL is left: write -n N URL"},
      {{"rtws", "sub", "--count", ":80/x"}, "--count took :80/x as its value"},
      {{"rtws", "-u", "ws://u:pw@h/x"}, "-u took the URL as its value"},
      {{"rtws", "pub", "-d", ":80/x"}, "-d took :80/x as its value"},
      {{"rtws", "-H", "ws://h/x"}, "-H took the URL as its value"},
      {{"rtws", "-o", "ws://h/x"}, "-o took ws://h/x as its value"},
      {{"rtws", "--origin", "ws://u:pw@h/x"}, "--origin took the URL as its value"},
      {{"rtsse", "sub", "--since", ":80/x"}, "--since took :80/x as its value"},
      {{"rtws", "-o", "@lab"}, "-o took @lab as its value"},
  };
  for (const auto& row : rows) {
    const std::string error = refused(row.line);
    CHECK_MESSAGE(contains(error, row.error), error);
    CHECK_FALSE(contains(error, "pw"));
  }
  CHECK(contains(refused({"rtws", "sub", "-o", "out.txt"}), "sub needs a URL"));
  CHECK(contains(refused({"rtws", "pub", "-d", "@file"}), "pub needs a URL"));
  CHECK(contains(refused({"rtws", "-u", "user:12"}), "a verb is missing"));
  CHECK(contains(refused({"rtrelay", "--from", "ws://h/x"}), "needs a sink"));
  CHECK(parsed({"rtws", "sub", "--since", ":80/x", ":80/y"}).since == ":80/x");
}

TEST_CASE("a value that needs an equals sign") {
  const std::string error = refused({"rtpoll", "sub", "--long", "10s", ":80/x"});
  CHECK_MESSAGE(contains(error, "write --long=10s"), error);
  CHECK(
      contains(refused({"rtrelay", "--long", "10s", "poll+http://h/x", "-"}), "write --long=10s"));
  CHECK(contains(refused({"rtpoll", "sub", "--long", ":80/x", "extra"}), "unexpected argument"));
  CHECK(parsed({"rtpoll", "sub", "--long", ":80/x"}).long_poll);
}

TEST_CASE("a value behind an option that takes none") {
  const std::string retry = "--retry takes no value: leave out 5";
  CHECK(contains(refused({"rtsse", "sub", "--retry", "5", ":80/x"}), retry));
  CHECK(contains(refused({"rtws", "pub", "--retry", "5", ":80/x", "hello"}), retry));
  CHECK(contains(refused({"rtws", "-v", "3", ":80/x"}), "--verbose takes no value: leave out 3"));
  CHECK(contains(refused({"rtpoll", "pub", "--json", "{\"a\":1}", ":80/x"}),
                 "--json takes no value: to send JSON write URL -d JSON --content-type "
                 "application/json"));
  CHECK(parsed({"rtmqtt", "pub", "-v", "10.0.0.1/x", "localhost:80"}).url == "10.0.0.1/x");
  CHECK(parsed({"rtws", "pub", "--retry", "5", "hello"}).url == "5");
  CHECK(parsed({"rtws", "pub", ":80/x", "--retry", "5", ":80/y"}).messages ==
        Strings{"5", ":80/y"});
  CHECK(parsed({"rtws", "pub", "--json", "[::1]:80/x", "{}"}).url == "[::1]:80/x");
}

TEST_CASE("a letter's value has no equals sign before it") {
  CHECK(refused({"rtws", "-H=A:s3cret", "ws://h/x"}) ==
        "the value of -H follows without an equals sign: write -H HEADER (rtws pipe --help)");
  CHECK(contains(refused({"rtws", "sub", "-n=5", "ws://h/x"}), "write -n N"));
  CHECK(contains(refused({"rtws", "sub", "-n=x", "ws://h/x"}), "--count =x: not a whole number"));
  CHECK(contains(refused({"rtws", "sub", "-n", "=5", "ws://h/x"}), "--count =5"));
  CHECK(parsed({"rtws", "pub", "-d=5", "ws://h/x"}).data.size() == 1);
}

TEST_CASE("an option of other verbs is told for what it is elsewhere") {
  const std::string debug =
      "--data is an option of rtmqtt pub or rtmqtt rpc, not of rtmqtt sub: use -v, or -vv";
  CHECK(contains(refused({"rtmqtt", "sub", "-d", "localhost/x"}), debug));
  CHECK(contains(refused({"rtmqtt", "sub", "-d"}), debug));
  const std::string null =
      "--count is an option of rtmqtt sub or rtmqtt pipe, not of rtmqtt pub: give an empty message";
  CHECK(contains(refused({"rtmqtt", "pub", "localhost/x", "-n"}), null));
  CHECK(contains(refused({"rtmqtt", "pub", "-n", "localhost/x"}), null));
  CHECK_FALSE(contains(refused({"rtmqtt", "pub", "localhost/x", "--count"}), "empty message"));
  CHECK(refused({"rtmqtt", "sub", "localhost/x", "-n"}) == "-n needs a value: -n N");
  CHECK(refused({"rtmqtt", "-n"}) == "-n needs a value: -n N");
  CHECK(contains(refused({"rtpoll", "pub", "-F", "a=b", ":80/x"}), "not a form"));
  CHECK_FALSE(contains(refused({"rtpoll", "pub", "--format", "a=b", ":80/x"}), "form "));
  CHECK(contains(refused({"rtws", "serve", "80", "--key", "f"}), "put nginx or the like in front"));
  CHECK_FALSE(contains(refused({"rtws", "serve", "80", "--cacert", "f"}), "nginx"));
}

TEST_CASE("the URL goes before the messages") {
  CHECK(contains(refused({"rtws", "pub", "hello", ":8080/news"}),
                 "the URL goes first: rtws pub URL"));
  CHECK(contains(refused({"rtmqtt", "pub", "hello", "mqtt://h/x"}), "the URL goes first"));
  CHECK(parsed({"rtws", "pub", "h.lan", ":8080/news"}).messages == Strings{":8080/news"});
  CHECK(parsed({"rtws", "pub", "hub", "hello"}).url == "hub");
}

TEST_CASE("what websocat and mosquitto_sub write") {
  CHECK(contains(refused({"rtws", "ws-l:127.0.0.1:8080"}), "to listen write rtws serve PORT"));
  CHECK(contains(refused({"rtws", "ws-l:127.0.0.1:8080", "-"}), "rtws serve PORT"));
  CHECK(contains(refused({"rtmqtt", "sub", "-F", "%t %p", "h/x"}),
                 "unknown %p: %d is the payload, %c the topic, %t the time"));
  CHECK(contains(refused({"rtws", "-E", ":80"}), "leave it out"));
  CHECK(contains(refused({"rtws", "--no-close", ":80"}), "use --linger DURATION"));
  CHECK(contains(refused({"rtws", "-t", ":80"}), "leave it out"));
  CHECK(contains(refused({"rtsse", "sub", "--follow", ":80"}), "sub follows by itself"));
  CHECK(contains(refused({"rtsse", "sub", "--tail", ":80"}), "sub follows by itself"));
  CHECK(contains(refused({"rtsse", "sub", "--token", "x", ":80"}), "use --bearer TOKEN"));
}

TEST_CASE("that messages may begin with a dash is told where nothing better is known") {
  CHECK_FALSE(contains(refused({"rtmqtt", "pub", "-p", "1884", "h/t", "x"}), "goes after --"));
  CHECK_FALSE(contains(refused({"rtws", "pub", ":80", "--dta"}), "goes after --"));
  CHECK(contains(refused({"rtws", "pub", ":80", "-Q"}), "goes after --"));
}

TEST_CASE("help as a word") {
  CHECK(printed({"rtws", "help"}) == printed({"rtws", "--help"}));
  CHECK(printed({"rtws", "help", "sub"}) == printed({"rtws", "sub", "--help"}));
  CHECK(printed({"rtrelay", "help"}) == printed({"rtrelay", "--help"}));
  CHECK(printed({"rtrelay", "help", "serve"}) == printed({"rtrelay", "serve", "--help"}));
  CHECK(contains(printed({"rtws", "help", "nonsense"}), "unknown verb nonsense"));
  CHECK(parsed({"rtws", "pub", ":80", "help"}).messages == Strings{"help"});
}

TEST_CASE("defaults that are no plain value are shown") {
  CHECK(contains(printed({"rtws", "--help"}), "[default: 15s]"));
  CHECK(contains(printed({"rtmqtt", "--help"}), "[default: 1m]"));
  CHECK(contains(printed({"rtws", "pipe", "--help"}), "[default: 1s]"));
  const std::string explained = printed({"rtws", "pipe", ":80", "--explain"});
  for (const char* line : {"--linger", "--keepalive"}) {
    const std::string row = explained.substr(explained.find(line));
    CHECK_MESSAGE(contains(row.substr(0, row.find('\n')), *(line + 2) == 'l' ? " 1s " : " 15s "),
                  row);
  }
}

TEST_CASE("the usage of rtws shows that the verb may be left out") {
  CHECK(contains(printed({"rtws", "-h"}), "rtws [OPTION...] URL"));
  CHECK_FALSE(contains(printed({"rtws", "sub", "-h"}), "rtws [OPTION...] URL"));
  CHECK(contains(printed({"rtws", "--generate", "man"}), ".Nm rtws\n.Op Ar OPTION ...\n\\fIURL"));
}

TEST_CASE("the options know what of them a variable or the file said") {
  using Origins = std::vector<std::pair<std::string, std::string>>;
  const Configured config{"[endpoints.b]\nurl = \"wss://h/x\"\npassword-file = \"/p\"\n"};
  CHECK(parsed({"rtws", "sub", "@b"}, {{"RT_CACERT", "/c"}}, config).origins ==
        Origins{{"cacert", "RT_CACERT="},
                {"password-file", "c.toml:3 [endpoints.b] password-file "}});
  CHECK(parsed({"rtws", "sub", "@b", "--password-file", "/q"}, {}, config).origins == Origins{});
}
