#include "cli/command/foreign_names.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include "cli/options/table.hpp"
#include "unit/cli/command_lines.hpp"

using namespace rt;
using namespace rt::cli;

TEST_CASE("instead_of_option: what is written here for what is written elsewhere") {
  const struct {
    Program program;
    std::optional<Verb> verb;
    std::string_view typed;
    std::string_view instead;
  } rows[] = {
      {Program::rtpoll, Verb::sub, "--max-time", "use --timeout DURATION"},
      {Program::rtpoll, Verb::sub, "-m", "use --timeout DURATION"},
      {Program::rtsse, Verb::sub, "-x", "use --proxy URL"},
      {Program::rtsse, Verb::sub, "-c", "use --cookie-jar FILE"},
      {Program::rtsse, Verb::sub, "-N", "leave it out: each message is written at once"},
      {Program::rtmqtt, Verb::sub, "-t",
       "topics stand in the URL: mqtt://HOST/TOPIC, or --topic FILTER"},
      {Program::rtmqtt, Verb::pub, "-t", "the topic stands in the URL: mqtt://HOST/TOPIC"},
      {Program::rtmqtt, Verb::pub, "-f", "use --data @FILE"},
      {Program::rtmqtt, Verb::sub, "-f", "use --format TEMPLATE"},
      {Program::rtmqtt, std::nullopt, "--host", "the host stands in the URL: mqtt://HOST/TOPIC"},
      {Program::rtmqtt, Verb::pub, "-L", "the URL is an argument: write it without a name"},
      {Program::rtmqtt, Verb::sub, "--cafile", "use --cacert FILE"},
      {Program::rtmqtt, Verb::sub, "--CAFILE", "use --cacert FILE"},
      {Program::rtws, std::nullopt, "-c", "the URL is an argument: rtws URL"},
      {Program::rtws, Verb::sub, "--text", "leave it out: text and binary arrive alike"},
      {Program::rtws, Verb::pub, "-1", ""},
      {Program::rtws, Verb::sub, "-1", "use --count 1"},
      {Program::rtsse, Verb::sub, "-b", "use -H 'Cookie: NAME=VALUE', or --cookie-jar FILE"},
      {Program::rtpoll, Verb::pub, "-b", "use -H 'Cookie: NAME=VALUE', or --cookie-jar FILE"},
      {Program::rtpoll, Verb::pub, "-t", ""},
      {Program::rtws, Verb::pipe, "-b", "use --binary"},
      {Program::rtws, Verb::pub, "-b", "use --binary"},
      {Program::rtws, Verb::sub, "-b", "leave it out: text and binary arrive alike"},
      {Program::rtmqtt, Verb::sub, "-b", "the broker stands in the URL: mqtt://HOST/TOPIC"},
      {Program::rtmqtt, std::nullopt, "-b", "the broker stands in the URL: mqtt://HOST/TOPIC"},
      {Program::rtmqtt, Verb::serve, "--tls",
       "for TLS and passwords run mosquitto itself, with a configuration of your own"},
      {Program::rtrelay, Verb::serve, "--password",
       "for passwords put nginx or the like in front of serve; that of the broker of --bus is in "
       "--password-file FILE or RT_PASSWORD"},
      {Program::rtrelay, Verb::serve, "--host",
       "the address stands before the port: HOST:PORT, or '*:PORT' for all interfaces"},
      {Program::rtpoll, Verb::pub, "-G",
       "sub asks with GET: write the query in the URL, ?NAME=VALUE"},
      {Program::rtpoll, Verb::sub, "--wait", "use --long, or --long=WAIT"},
      {Program::rtrelay, Verb::relay, "--listen", "use serve PORT"},
      {Program::rtrelay, Verb::serve, "--listen",
       "the port is an argument: write it without a name"},
      {Program::rtws, Verb::sub, "--", ""},
      {Program::rtws, Verb::sub, "-", ""},
      {Program::rtpoll, Verb::sub, "-interval", ""},
      {Program::rtmqtt, Verb::sub, "-p1883", "the port stands in the URL: mqtt://HOST:PORT/TOPIC"},
      {Program::rtws, Verb::sub, "--nonsense", ""},
      {Program::rtws, Verb::sub, "--cafil", ""},
      {Program::rtpoll, Verb::sub, "--host", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.typed);
    CHECK(instead_of_option(row.program, row.verb, row.typed).value_or("") == row.instead);
  }
}

TEST_CASE("instead_of_letters: each is told, and one that is nobody's makes it a word") {
  const auto told = [](Program program, Verb verb, std::string_view typed) {
    return instead_of_letters(program, verb, typed).value_or("");
  };
  CHECK(told(Program::rtsse, Verb::sub, "-sS") ==
        "-s: use --quiet; -S: leave it out: errors are always shown");
  CHECK(told(Program::rtsse, Verb::sub, "-kN") ==
        "-N: leave it out: each message is written at once");
  CHECK(told(Program::rtsse, Verb::sub, "-kv").empty());
  CHECK(told(Program::rtsse, Verb::sub, "-sQ").empty());
  CHECK(told(Program::rtsse, Verb::sub, "-s").empty());
  CHECK(told(Program::rtsse, Verb::sub, "--s").empty());
  CHECK(told(Program::rtsse, Verb::sub, "-sSsSsS").empty());
}

TEST_CASE("instead_of_verb") {
  CHECK(instead_of_verb(Program::rtws, "subscribe") == Verb::sub);
  CHECK(instead_of_verb(Program::rtmqtt, "Publish") == Verb::pub);
  CHECK(instead_of_verb(Program::rtws, "listen") == Verb::serve);
  CHECK(instead_of_verb(Program::rtws, "connect") == Verb::pipe);
  CHECK(instead_of_verb(Program::rtrelay, "listen") == Verb::serve);
  CHECK(!instead_of_verb(Program::rtrelay, "subscribe"));
  CHECK(!instead_of_verb(Program::rtws, "sbu"));
  CHECK(!instead_of_verb(Program::rtws, ""));
}

// A name that became one of ours would hide behind the advice.
TEST_CASE("no foreign name is an option of the same program and verb") {
  for (const OptionRow& row : option_table()) {
    for (const Program program :
         {Program::rtpoll, Program::rtsse, Program::rtws, Program::rtmqtt, Program::rtrelay}) {
      for (const Verb verb : verbs_of(program)) {
        if (!applies(row, program, verb)) continue;
        CAPTURE(row.name);
        if (!row.name.empty())
          CHECK(!instead_of_option(program, verb, "--" + std::string(row.name)));
        if (row.letter != '\0')
          CHECK(!instead_of_option(program, verb, std::string{'-', row.letter}));
      }
    }
  }
}
