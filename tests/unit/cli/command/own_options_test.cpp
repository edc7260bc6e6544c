#include "unit/cli/command_lines.hpp"

using namespace rt;

namespace {

// "QOS USER COUNT FORMAT" of each end and, before them, of the relay.
std::string shown(const Options& options) {
  const auto one = [](const Options& of) {
    return std::to_string(of.qos.value_or(9)) + " " + (of.user.empty() ? "-" : of.user) + " " +
           (of.framing == FramingKind::json ? "json" : "lines");
  };
  std::string text = one(options) + " n" + std::to_string(options.count.value_or(0));
  for (const Options& end : options.ends) text += " | " + one(end);
  return text;
}

}  // namespace

TEST_CASE("an option behind an end is that end's alone, if it can have it") {
  struct Case {
    Strings arguments;
    std::string_view shown;
  };
  const Case cases[] = {
      {{"mqtt://a", "mqtt://b"}, "9 - lines n0"},
      {{"--qos", "2", "mqtt://a", "mqtt://b"}, "2 - lines n0"},
      {{"mqtt://a", "--qos", "2", "mqtt://b"}, "9 - lines n0 | 2 - lines | 9 - lines"},
      {{"mqtt://a", "mqtt://b", "--qos=2"}, "9 - lines n0 | 9 - lines | 2 - lines"},
      {{"--qos", "0", "mqtt://a", "mqtt://b", "--qos=2"}, "0 - lines n0 | 0 - lines | 2 - lines"},
      {{"mqtt://a", "--qos", "1", "mqtt://b", "--qos=2", "mqtt://c"},
       "9 - lines n0 | 1 - lines | 2 - lines | 9 - lines"},
      // Of the relay wherever it stands.
      {{"mqtt://a", "-n", "3", "mqtt://b"}, "9 - lines n3"},
      {{"mqtt://a", "mqtt://b", "-n3", "--qos", "0"}, "9 - lines n3 | 9 - lines | 0 - lines"},
      // What an end cannot have is for all.
      {{"mqtt://a", "ws://b", "--qos", "2"}, "2 - lines n0"},
      {{"-", "ws://b", "-J"}, "9 - json n0"},
      {{"-", "-J", "-"}, "9 - lines n0 | 9 - json | 9 - lines"},
      {{"-", "-", "-J"}, "9 - lines n0 | 9 - lines | 9 - json"},
      {{"-", "--", "-"}, "9 - lines n0"},
      {{"ws://a", "-u", "x", "mqtt://b", "-u", "y"}, "9 - lines n0 | 9 x lines | 9 y lines"},
      {{"relay", "ws://a", "-u", "x", "mqtt://b"}, "9 - lines n0 | 9 x lines | 9 - lines"},
      {{"--from", "ws://a", "-u", "x", "--from=mqtt://c", "--qos", "0", "mqtt://b", "-u", "y"},
       "9 - lines n0 | 9 x lines | 0 - lines | 9 y lines"},
      {{"mqtt://b", "-u", "y", "--from", "ws://a", "-u", "x"},
       "9 - lines n0 | 9 x lines | 9 y lines"},
      // A source only, or a sink only.
      {{"--both", "mqtt://a", "mqtt://b", "--topic", "t"}, "9 - lines n0 | 9 - lines | 9 - lines"},
      {{"mqtt://a", "mqtt://b", "--topic", "t"}, "9 - lines n0"},
  };
  for (const Case& c : cases) {
    Strings arguments = {"rtrelay"};
    arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
    std::string written;
    for (const std::string& argument : c.arguments) written += argument + " ";
    INFO(written);
    Variables password;
    password["RT_PASSWORD"] = "p";
    CHECK(shown(parsed(arguments, password)) == c.shown);
  }
}

TEST_CASE("--protocol is of MQTT or of what is spoken inside, as its value says") {
  const Options o = parsed({"rtrelay", "mqtt://a", "ws://b", "--protocol", "3.1.1"});
  CHECK(o.protocol == MqttProtocol::v311);
  CHECK(o.ends.empty());
  const Options own = parsed({"rtrelay", "ws://b", "--protocol", "stomp:/q", "mqtt://a"});
  REQUIRE(own.ends.size() == 2);
  CHECK(own.ends[0].dialect.kind == DialectKind::stomp);
  CHECK(own.ends[1].dialect.kind == DialectKind::none);
}

TEST_CASE("what is behind an end stands before its table, and both before what is for all") {
  const Configured config{
      "[endpoints.b]\nurl = \"mqtt://h\"\nuser = \"me\"\npassword = \"p\"\n"
      "qos = 2\ntopic = [\"x\"]\n"};
  const Options o = parsed({"rtrelay", "--qos", "0", "@b", "--topic", "y", "--topic", "z", "@b",
                            "--qos=1", "-u", "you:q"},
                           {}, config);
  REQUIRE(o.ends.size() == 2);
  CHECK(o.ends[0].qos == 0);  // a flag for all stands before the file, as ever
  CHECK(o.ends[0].user == "me");
  CHECK(o.ends[0].password == "p");
  CHECK(o.ends[0].topics == Strings{"y", "z"});
  CHECK(o.ends[1].qos == 1);
  CHECK(o.ends[1].user == "you");
  CHECK(o.ends[1].password == "q");
  CHECK(o.ends[1].of_endpoint == Strings{"topic", "qos", "user"});
  // Options that exclude each other may be of two ends.
  CHECK(parsed({"rtrelay", "-", "-0", "file:x", "-J"}).ends.at(1).framing == FramingKind::json);
  CHECK(contains(refused({"rtrelay", "-", "file:x", "-J", "-0"}), "exclude each other"));
  CHECK(parsed({"rtrelay", "-J", "-", "-0", "file:x"}).ends.at(0).framing ==
        FramingKind::null_byte);
}

TEST_CASE("two clients of a broker have two identifiers") {
  CHECK(contains(refused({"rtrelay", "--client-id", "me", "mqtt://h/a", "mqtt://h/b"}),
                 "write another --client-id behind one of them"));
  CHECK(parsed({"rtrelay", "--client-id", "me", "mqtt://h/a", "mqtt://other/b"}).client_id == "me");
  CHECK(parsed({"rtrelay", "mqtt://h/a", "--client-id", "a", "mqtt://h/b", "--client-id", "b"})
            .ends.at(1)
            .client_id == "b");
}

TEST_CASE("--explain shows whose an option is") {
  const auto result = outcome({"rtrelay", "mqtt://h/a", "-u", "me:p", "--qos=2", "ws://h/b", "-H",
                               "A: secret", "--explain", "-n", "4"});
  REQUIRE(std::holds_alternative<TextToPrint>(result));
  const std::string& text = std::get<TextToPrint>(result).text;
  CHECK(contains(text, "mqtt://h/a --user"));
  CHECK(contains(text, "me:***"));
  CHECK(contains(text, "ws://h/b --header"));
  CHECK_FALSE(contains(text, "secret"));
}
