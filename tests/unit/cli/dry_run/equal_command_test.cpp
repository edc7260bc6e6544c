#include "cli/dry_run/equal_command.hpp"

#include <algorithm>

#include "unit/cli/command_lines.hpp"

using namespace rt;
using namespace rt::cli;

namespace {

std::string dry(const Strings& arguments, const DryRunFacts& facts = {},
                const Variables& variables = {}) {
  const std::map<std::string, Program> programs = {{"rtpoll", Program::rtpoll},
                                                   {"rtsse", Program::rtsse},
                                                   {"rtws", Program::rtws},
                                                   {"rtmqtt", Program::rtmqtt},
                                                   {"rtrelay", Program::rtrelay}};
  return dry_run_text(programs.at(arguments.at(0)), parsed(arguments, variables), facts);
}

}  // namespace

TEST_CASE("the transport that a program's URLs mean") {
  CHECK(transport_of(Program::rtpoll) == Transport::poll);
  CHECK(transport_of(Program::rtsse) == Transport::sse);
  CHECK(transport_of(Program::rtws) == Transport::ws);
  CHECK(transport_of(Program::rtmqtt) == Transport::mqtt);
  CHECK(transport_of(Program::rtrelay) == Transport::poll);
}

TEST_CASE("the equal command") {
  struct Case {
    Strings arguments;
    std::string command;
    DryRunFacts facts = {};
  };
  const DryRunFacts password{.password_is_variable = true, .bearer_is_variable = true};
  const std::string post = "curl -sSf -o /dev/null -H 'Content-Type: text/plain; charset=utf-8' ";
  const Case cases[] = {
      {{"rtsse", "sub", "h/x"},
       "curl -sSfNL -H 'Accept: text/event-stream' http://h/x | sed -u -n 's/^data: \\{0,1\\}//p'"},
      {{"rtsse", "sub", "https://h/x", "-n", "2", "--timeout", "1500ms", "--cacert", "/c a", "-o",
        "out"},
       "curl -sSfNL -H 'Accept: text/event-stream' --max-time 1.5 --cacert '/c a' https://h/x | "
       "sed "
       "-u -n 's/^data: \\{0,1\\}//p' | head -n 2 > out"},
      {{"rtsse", "sub", "h/x?a", "--since", "1-2", "-u", "me"},
       "curl -sSfNL -H 'Accept: text/event-stream' -u me 'http://h/x?a&since=1-2' | sed -u -n "
       "'s/^data: \\{0,1\\}//p'"},
      {{"rtpoll", "sub", "h/x", "-n", "1", "-k", "--last", "1"}, "curl -sSfL 'http://h/x?last=1'"},
      {{"rtpoll", "sub", "h/x", "-n", "1"}, "curl -sSfL -w '\\n' http://h/x"},
      {{"rtpoll", "sub", "h/x", "-n", "1", "-X", "PUT", "-d", "{\"a\": 1}", "--content-type",
        "application/json"},
       "curl -sSfL -X PUT -H 'Content-Type: application/json' --data-raw '{\"a\": 1}' -w '\\n' "
       "http://h/x"},
      {{"rtpoll", "sub", "h/x", "-n", "1", "--netrc"},
       "curl -sSfL --netrc-optional -w '\\n' http://h/x"},
      {{"rtpoll", "sub", "https://h/x", "-n", "1", "--proxy", "http://p:1", "--resolve",
        "h:443:127.0.0.1", "--interface", "lo", "-4", "--no-location", "--cookie-jar", "j",
        "--tls-max", "1.2", "--netrc-file", "n"},
       "curl -sSf -x http://p:1 --resolve h:443:127.0.0.1 --interface lo -4 -b j -c j --tls-max "
       "1.2 --netrc-optional --netrc-file n -w '\\n' https://h/x"},
      {{"rtpoll", "sub", "h/x", "-n", "1", "--proxy", "http://me:s3cret@p:1"},
       "curl -sSfL -x \"$RT_PROXY\" -w '\\n' http://h/x"},
      {{"rtpoll", "sub", "h/x", "-n", "1", "--unix-socket", "/run/a b"},
       "curl -sSfL --unix-socket '/run/a b' -w '\\n' http://h/x"},
      {{"rtmqtt", "sub", "mqtt://h/x", "--unix-socket", "/s"},
       "mosquitto_sub -h h -p 1883 --unix /s -V 5 -t x"},
      {{"rtpoll", "sub", "h/x", "-n", "1", "--bearer", "s3cret"},
       "curl -sSfL -H \"Authorization: Bearer $RT_BEARER\" -w '\\n' http://h/x",
       password},
      {{"rtpoll", "pub", "h/x", "@a", "-"}, post + "--data-raw @a http://h/x"},
      {{"rtpoll", "pub", "h/x", "-d", "@f", "--content-type", "a/b"},
       "curl -sSf -o /dev/null -H 'Content-Type: a/b' --data-binary @f http://h/x"},
      {{"rtpoll", "pub", "h/x"},
       "while IFS= read -r line || [ -n \"$line\" ]; do " + post +
           "--data-raw \"$line\" http://h/x; done"},
      {{"rtpoll", "pub", "u:s3cret@h/x", "a"}, post + "-u u --data-raw a http://h/x"},
      {{"rtpoll", "pub", "h/x", "a", "-u", "me"},
       post + "-u me:\"$RT_PASSWORD\" --data-raw a http://h/x",
       {.password_is_variable = true}},
      {{"rtpoll", "pub", "h/x", "a", "-u", "me", "--password-file", "/p"},
       post + "-u me:\"$(head -n 1 /p)\" --data-raw a http://h/x"},
      {{"rtmqtt", "sub", "h/a/#", "-n", "3"}, "mosquitto_sub -h h -p 1883 -V 5 -C 3 -t 'a/#'"},
      {{"rtmqtt", "sub", "mqtts://me:s3cret@h:99/a", "--topic", "b", "--qos", "1", "--client-id",
        "i", "--protocol", "3.1.1"},
       "mosquitto_sub -h h -p 99 -V 311 -i i -c -q 1 --tls-use-os-certs -u me -P \"$RT_PASSWORD\" "
       "-t a -t b"},
      {{"rtmqtt", "sub", "mqtt://[::1]/a", "--no-retained", "--raw"},
       "mosquitto_sub -h ::1 -p 1883 -V 5 -N -R -t a"},
      {{"rtmqtt", "pub", "h/a", "it's", "", "--retain"},
       "mosquitto_pub -h h -p 1883 -V 5 -t a -r -m 'it'\\''s'"},
      {{"rtmqtt", "pub", "h/a"}, "mosquitto_pub -h h -p 1883 -V 5 -t a -l"},
      {{"rtmqtt", "pub", "h/a", "-d", "@-"}, "mosquitto_pub -h h -p 1883 -V 5 -t a -s"},
      {{"rtmqtt", "pub", "h/a", "-d", "@/f", "--property", "k=v w"},
       "mosquitto_pub -h h -p 1883 -V 5 -t a -D publish user-property k 'v w' -f /f"},
      {{"rtmqtt", "pub", "h/a", "x", "--property", "Db-Password=s3cret"},
       "mosquitto_pub -h h -p 1883 -V 5 -t a -D publish user-property Db-Password "
       "\"$DB_PASSWORD\" -m x"},
      {{"rtws", "sub", "wss://h/x"}, "websocat -U wss://h/x"},
      {{"rtws", "pub", "h/x", "a b", "c"}, "printf '%s\\n' 'a b' c | websocat -u -t ws://h/x"},
      {{"rtws", "h/x", "--subprotocol", "v1", "--origin", "https://o", "-k"},
       "websocat -t --origin=https://o --protocol=v1 ws://h/x"},
  };
  for (const Case& c : cases) {
    Strings arguments = c.arguments;
    const bool prompts = std::find(arguments.begin(), arguments.end(), "-u") != arguments.end();
    Variables variables;
    if (prompts && c.facts.password_is_variable) variables["RT_PASSWORD"] = "s3cret";
    const std::string text = dry(arguments, c.facts, variables);
    CAPTURE(text);
    CHECK(contains(text, "\n  " + c.command + "\n"));
    CHECK_FALSE(contains(text, "s3cret"));
  }
}

TEST_CASE("where there is no equal command, that is said") {
  const Strings cases[] = {
      {"rtsse", "pipe", "h/x"},
      {"rtsse", "sub", "h/x", "--json"},
      {"rtsse", "sub", "h/x", "-u", "a:c", "--password-file", "f"},
      {"rtpoll", "pub", "h/x", "--crlf"},
      {"rtsse", "sub", "h/x", "--exec", "cat"},
      {"rtpoll", "sub", "h/x", "--expect", "a"},
      {"rtpoll", "sub", "h/x", "--until", "a"},
      {"rtpoll", "sub", "h/x", "--format", "%d"},
      {"rtpoll", "pub", "h/x", "--length-prefix"},
      {"rtmqtt", "pipe", "h/x"},
      {"rtmqtt", "sub", "h/x", "--null"},
      {"rtmqtt", "sub", "mqtts://h/x", "--insecure"},
      {"rtws", "sub", "h/x", "--hub"},
      {"rtws", "sub", "wss://h/x", "--cert", "c"},
      {"rtws", "pub", "h/x", "a\nb"},
      {"rtrelay", "ws://h/x", "-"},
  };
  for (const Strings& arguments : cases) {
    const std::string text = dry(arguments);
    CAPTURE(text);
    CHECK(contains(text, "No other command does the same."));
    CHECK_FALSE(contains(text, "\n  "));
  }
  CHECK_FALSE(contains(dry({"rtsse", "serve", "80"}), "command"));
}

TEST_CASE("what would be done is said in sentences") {
  const std::string sub = dry({"rtmqtt", "sub", "mqtts://me:s3cret@h/lab/#", "-n", "2", "--retry",
                               "--retry-max-delay", "1m", "--cacert", "ca.pem", "-o", "f"});
  CHECK(contains(sub, "Connect to mqtts://h/lab/# (host h, port 8883, TLS).\n"));
  CHECK(contains(sub, "Trust ca.pem.\n"));
  CHECK(contains(sub, "Authenticate as me, with the password of the URL.\n"));
  CHECK(contains(sub, "Subscribe to \"lab/#\", QoS 0.\n"));
  CHECK(contains(sub, "Write messages to f, one a line.\n"));
  CHECK(contains(sub, "Stop after 2 messages.\n"));
  CHECK(contains(sub,
                 "Try a failed first connection again, and connect again when a connection is "
                 "lost, after at most 1m.\n"));
  const std::string session =
      dry({"rtmqtt", "sub", "h/#", "--exclude", "a/#", "--exclude", "b", "--retained-only",
           "--client-id", "me", "--session-expiry", "1h"});
  CHECK(contains(session, "Leave out what matches \"a/#\" or \"b\".\n"));
  CHECK(contains(session, "Take only what the broker has retained.\n"));
  CHECK(contains(session, "Let the broker keep the session for 1h after the connection.\n"));
  CHECK(contains(dry({"rtmqtt", "sub", "h/a", "--no-retained"}),
                 "Leave out what the broker has retained.\n"));
  CHECK(contains(dry({"rtsse", "sub", "h/x"}, {.proxy = "p:3128"}), "the proxy p:3128.\n"));
  const std::string headers = dry({"rtsse", "sub", "h/x", "-H", "A: s3cret", "-H", "B: 2"});
  CHECK(contains(headers, "Send the headers A and B.\n"));
  CHECK_FALSE(contains(headers, "s3cret"));
  CHECK(contains(dry({"rtws", "serve", "*:8080/x", "--json"}),
                 "Be a hub on all interfaces, port 8080, clear text.\n"));
  CHECK(contains(dry({"rtsse", "serve", "80", "--base-path", "/live/"}),
                 "All of it is under /live/.\n"));
  CHECK(contains(dry({"rtws", "pub", "h/", "--protocol", "socket.io", "--ack"}),
                 "Speak Socket.IO in its messages, at /, with acknowledgements.\n"));
  CHECK(contains(dry({"rtrelay", "ws://a/", "ws://b/", "--record", "f"}),
                 "Record what passes in f.\n"));
  const std::string recorded = dry({"rtws", "pipe", "h/x", "--record", "f"});
  CHECK(contains(recorded, "Record what passes in f.\n"));
  CHECK(contains(recorded, "None has --record."));
  const std::string played = dry({"rtws", "pub", "h/x", "--replay", "f", "--speed", "max"});
  CHECK(contains(played, "Play the recording f, all at once.\n"));
  CHECK_FALSE(contains(played, "stdin"));
  const std::string player = dry({"rtsse", "serve", "0", "--replay", "f"});
  CHECK(contains(player, "Be a server of WebSockets and event streams on"));
  CHECK(contains(player, "Play the recording f, in its time.\n"));
  CHECK(contains(dry({"rtpoll", "serve", "0", "--replay", "f"}), "Be a hub on"));
  for (const Strings& unnamed : {Strings{"rtmqtt", "serve", "80"}, {"rtrelay", "serve", "80"}}) {
    const std::string server = dry(unnamed);
    CHECK(contains(server, "Leave stdin and stdout alone.\n"));
    CHECK_FALSE(contains(server, "messages of stdin"));
    CHECK_FALSE(contains(server, "to stdout"));
  }
  CHECK(contains(dry({"rtmqtt", "serve", "80/x"}), "Send the messages of stdin, one a line.\n"));
  const std::string relay = dry({"rtrelay", "sse+http://h/x", "mqtt://me:s3cret@b/y", "--both"});
  CHECK(contains(relay, "From: sse+http://h/x\n"));
  CHECK(contains(relay, "To: mqtt://b/y\n"));
  CHECK(contains(relay, "Relay both ways.\n"));
  CHECK_FALSE(contains(relay, "s3cret"));
}
