#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "cli/mosquitto/command.hpp"
#include "cli/mosquitto/table.hpp"

using namespace rt;

namespace {

using Words = std::vector<std::string>;

MosquittoCommand good(MosquittoTool tool, const Words& words, std::string_view file = {}) {
  auto parsed = parse_mosquitto(tool, words, file, 42);
  const auto* const end = std::get_if<MosquittoEnd>(&parsed);
  REQUIRE_MESSAGE(end == nullptr, (end != nullptr ? end->err : std::string()));
  return std::get<MosquittoCommand>(std::move(parsed));
}

MosquittoEnd bad(MosquittoTool tool, const Words& words, std::string_view file = {}) {
  auto parsed = parse_mosquitto(tool, words, file, 42);
  const auto* const end = std::get_if<MosquittoEnd>(&parsed);
  REQUIRE(end != nullptr);
  return *end;
}

}  // namespace

TEST_CASE("where a line of Mosquitto's clients connects to") {
  struct Row {
    MosquittoTool tool;
    Words words;
    const char* url;
  };
  const Row rows[] = {
      {MosquittoTool::sub, {"-t", "a/#"}, "mqtt://localhost:1883/"},
      {MosquittoTool::pub, {"-t", "a b/c", "-n"}, "mqtt://localhost:1883/a%20b/c"},
      {MosquittoTool::pub, {"-h", "::1", "-p", "1", "-t", "a", "-n"}, "mqtt://[::1]:1/a"},
      {MosquittoTool::sub, {"-t", "a", "--cafile", "x"}, "mqtts://localhost:8883/"},
      {MosquittoTool::sub, {"-t", "a", "--capath", "x", "-p", "7"}, "mqtts://localhost:7/"},
      {MosquittoTool::sub, {"-t", "a", "-p", "8883"}, "mqtts://localhost:8883/"},
      {MosquittoTool::sub, {"-t", "a", "--cert", "x", "--key", "y"}, "mqtt://localhost:1883/"},
      {MosquittoTool::sub, {"-t", "a", "--tls-use-os-certs"}, "mqtts://localhost:1883/"},
      {MosquittoTool::sub, {"-L", "mqtt://h/t"}, "mqtt://h:1883/"},
      {MosquittoTool::sub, {"-L", "MQTTS://u:p:q@h:9/t/u"}, "mqtts://h:9/"},
      {MosquittoTool::pub, {"-L", "mqtt://h:9/t/u", "-m", "x"}, "mqtt://h:9/t/u"},
  };
  for (const Row& row : rows) CHECK(good(row.tool, row.words).options.url == row.url);

  const MosquittoCommand login = good(MosquittoTool::sub, {"-L", "mqtt://u:p:q@h/t"});
  CHECK(login.user == "u");
  CHECK(login.password == "p:q");
  CHECK(login.options.topics == Words{"t"});
  const MosquittoCommand local = good(MosquittoTool::sub, {"-t", "a", "--unix", "/run/s"});
  CHECK(local.options.network.unix_socket == "/run/s");
  CHECK(local.options.network.proxy == "");
}

TEST_CASE("what a line of Mosquitto's clients means in ours") {
  const MosquittoCommand sub =
      good(MosquittoTool::sub,
           {"-t", "a", "--topic", "b/+", "-T", "c", "-C", "3",  "-W", "2",  "-q", "1",
            "-k", "5", "-R",      "-E",  "-U", "d", "-v", "-N", "-i", "me", "-M", "7"});
  CHECK(sub.options.verb == Verb::sub);
  CHECK(sub.options.topics == Words{"a", "b/+"});
  CHECK(sub.options.excludes == Words{"c"});
  CHECK(sub.options.count == 3u);
  CHECK(sub.options.timeout == 2s);
  CHECK(sub.options.qos == 1);
  CHECK(sub.options.mqtt_keepalive == 5s);
  CHECK(sub.options.no_retained);
  CHECK(sub.subscription_options == 0x20);
  CHECK(sub.exits_when_subscribed);
  CHECK(sub.unsubscribed == Words{"d"});
  CHECK(sub.format.verbose);
  CHECK(!sub.format.end_of_line);
  CHECK(sub.id == "me");
  CHECK(sub.most_under_way == 7);
  CHECK(sub.options.protocol == MqttProtocol::v311);

  const MosquittoCommand rr = good(MosquittoTool::rr, {"-t", "a", "-e", "b", "-m", "x"});
  CHECK(rr.options.verb == Verb::rpc);
  CHECK(rr.options.protocol == MqttProtocol::v5);
  CHECK(rr.options.count == 1u);
  CHECK(rr.response_topic == "b");

  CHECK(good(MosquittoTool::sub, {"-t", "a", "-I", "pre-"}).id == "pre-42");
  // A property is of MQTT 5, whatever -V said before it.
  const MosquittoCommand pub =
      good(MosquittoTool::pub, {"-V", "311", "-t", "a", "-n", "-D", "publish", "user-property", "k",
                                "v", "-D", "will", "will-delay-interval", "7"});
  CHECK(pub.options.protocol == MqttProtocol::v5);
  CHECK(pub.publish == MqttProperties{{.identifier = 0x26, .text = "k", .value = "v"}});
  CHECK(pub.will == MqttProperties{{.identifier = 0x18, .number = 7}});
}

TEST_CASE("how long a session of Mosquitto's clients is kept") {
  struct Row {
    Words words;
    std::optional<std::uint32_t> expiry;
  };
  const Row rows[] = {
      {{}, std::nullopt},
      {{"-x", "5"}, 5u},
      {{"-x", "0"}, std::nullopt},
      {{"-c", "-i", "me"}, 0xFFFF'FFFFu},
      {{"-c", "-x", "7"}, 7u},
      {{"-x", "-1", "-i", "me"}, 0xFFFF'FFFFu},
      {{"-x", "\xE2\x88\x9E", "-i", "me"}, 0xFFFF'FFFFu},
      {{"-x", "0x10"}, 16u},
  };
  for (const Row& row : rows) {
    Words words{"-t", "a", "-V", "5"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    CHECK(good(MosquittoTool::sub, words).session_expiry == row.expiry);
  }
}

TEST_CASE("a configuration file of Mosquitto's clients stands before the line") {
  const std::string file = "# comment\n\n-h host.example\r\n-t  two words\n-q 2\n-v\n";
  const MosquittoCommand sub = good(MosquittoTool::sub, {"-q", "1"}, file);
  CHECK(sub.options.url == "mqtt://host.example:1883/");
  CHECK(sub.options.topics == Words{" two words"});
  CHECK(sub.options.qos == 1);
  CHECK(sub.format.verbose);
  CHECK(bad(MosquittoTool::sub, {"-t", "a"}, "-l\n").err ==
        "Error: Unknown option '-l'.\n\nUse 'mosquitto_sub --help' to see usage.\n");
}

TEST_CASE("every option of Mosquitto's clients that needs a value says so") {
  for (const cli::MosquittoRow& row : cli::mosquitto_rows()) {
    if (row.missing.empty()) continue;
    for (const auto tool : {MosquittoTool::pub, MosquittoTool::sub, MosquittoTool::rr}) {
      CAPTURE(row.name);
      const MosquittoEnd end = bad(tool, {std::string(row.name)});
      const bool has = (row.tools & 1u << static_cast<unsigned>(tool)) != 0;
      const std::string called(row.apply == nullptr ? std::string_view("--property")
                               : row.called.empty() ? row.name
                                                    : row.called);
      const std::string wanted =
          has ? "Error: " + called + " argument given but " + std::string(row.missing) + ".\n\n"
              : "Error: Unknown option '" + std::string(row.name) + "'.\n";
      CHECK(end.err == wanted + "\nUse '" + mosquitto_name(tool) + " --help' to see usage.\n");
      CHECK(end.code == 1);
      CHECK(end.out.empty());
    }
  }
}

TEST_CASE("what these clients can and this program cannot is told when all else is right") {
  CHECK(bad(MosquittoTool::sub, {"-t", "a", "--psk", "11z", "--psk-identity", "me"}).err ==
        "Error: Problem setting TLS-PSK options.\n");
  CHECK(bad(MosquittoTool::sub, {"--psk", "11", "--psk-identity", "me"})
            .err.starts_with("Error: You must specify a topic"));
}
