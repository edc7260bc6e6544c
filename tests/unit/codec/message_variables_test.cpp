#include "codec/message_variables.hpp"

#include <doctest/doctest.h>

#include <map>

namespace rt {
namespace {

using Variables = std::map<std::string, std::string>;

Variables of(const Message& message, Transport transport = Transport::mqtt) {
  Variables out;
  for (auto& [name, value] : message_variables(message, transport)) {
    CHECK(name.substr(0, kVariablePrefix.size()) == kVariablePrefix);
    CHECK(out.emplace(name.substr(kVariablePrefix.size()), value).second);
  }
  return out;
}

}  // namespace

TEST_CASE("variables: what a message without anything says") {
  CHECK(of(Message{}, Transport::ws) ==
        Variables{{"PROTO", "ws"}, {"KIND", "text"}, {"LENGTH", "0"}});
}

TEST_CASE("variables: all that a message says") {
  Message message;
  message.payload = std::string("\0\xff", 2);
  message.kind = PayloadKind::binary;
  message.channel = "/a/b";
  message.id = "e-5";
  message.event = "tick";
  message.time = WallTime(1'700'000'000'000'000us);
  message.content_type = "text/plain; charset=utf-8";
  message.origin_id = "f-1";
  message.retain = true;
  message.qos = 2;
  message.properties = {{"unit", "C"}, {"PATH", "\"x\n"}};
  CHECK(of(message) == Variables{{"PROTO", "mqtt"},
                                 {"KIND", "binary"},
                                 {"LENGTH", "2"},
                                 {"CHANNEL", "/a/b"},
                                 {"TOPIC", "a/b"},
                                 {"ID", "e-5"},
                                 {"EVENT", "tick"},
                                 {"TIME", "2023-11-14T22:13:20.000000Z"},
                                 {"CONTENT_TYPE", "text/plain; charset=utf-8"},
                                 {"ORIGIN_ID", "f-1"},
                                 {"RETAIN", "1"},
                                 {"QOS", "2"},
                                 {"PROPERTIES", R"({"unit":"C","PATH":"\"x\n"})"}});
  message.properties = {{"a", "1"}, {"a", "2"}};
  CHECK(of(message)["PROPERTIES"] == R"([["a","1"],["a","2"]])");
}

TEST_CASE("variables: what no environment can hold is left out") {
  Message message;
  message.id = std::string("a\0b", 3);
  message.event = std::string(40'000, 'x');
  message.channel = "a\nRTMSG_ID=forged";
  message.properties = {{"big", std::string(40'000, 'x')}};
  const Variables variables = of(message);
  CHECK(variables.count("ID") == 0);
  CHECK(variables.count("EVENT") == 0);
  CHECK(variables.count("PROPERTIES") == 0);
  CHECK(variables.at("CHANNEL") == "a\nRTMSG_ID=forged");
}

}  // namespace rt
