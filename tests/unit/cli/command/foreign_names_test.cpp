#include "cli/command/foreign_names.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command/foreign_options.hpp"
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
      // curl
      {Program::rtsse, Verb::sub, "--anyauth",
       "leave it out: --user NAME meets what the server asks for"},
      {Program::rtws, Verb::sub, "--basic", "leave it out: use --user NAME"},
      {Program::rtpoll, Verb::sub, "-K", "use --config FILE: it has another form"},
      {Program::rtsse, Verb::sub, "-C", "use --state FILE, or --since ID"},
      {Program::rtsse, Verb::sub, "-D", "-v shows the heads of answers"},
      {Program::rtpoll, Verb::sub, "--etag-save",
       "use --state FILE: it keeps what to ask with next time"},
      {Program::rtpoll, Verb::sub, "-z", "use -H 'If-Modified-Since: DATE'"},
      {Program::rtpoll, Verb::sub, "--url-query", "write the query in the URL, ?NAME=VALUE"},
      {Program::rtpoll, Verb::sub, "-g", "leave it out: {} and [] mean nothing in a URL here"},
      {Program::rtsse, Verb::sub, "--http1.1", "leave it out: both sides agree on the version"},
      {Program::rtws, Verb::pipe, "--keepalive-time", "use --keepalive DURATION"},
      {Program::rtsse, Verb::sub, "--keepalive-time", "use --idle-timeout DURATION"},
      {Program::rtsse, Verb::sub, "-y", "use --idle-timeout DURATION"},
      {Program::rtsse, Verb::sub, "-Y", "use --idle-timeout DURATION"},
      {Program::rtpoll, Verb::sub, "--location-trusted",
       "leave it out: redirects are followed, and credentials stay with their own server"},
      {Program::rtpoll, Verb::sub, "--max-filesize", "use --max-message SIZE"},
      {Program::rtpoll, Verb::pub, "--no-progress-meter", "use --no-progress"},
      {Program::rtpoll, Verb::pub, "-#", "use --progress"},
      {Program::rtpoll, Verb::sub, "-O", "use --output FILE"},
      {Program::rtpoll, Verb::sub, "--retry-delay", "use --retry-max-delay DURATION"},
      {Program::rtpoll, Verb::sub, "--retry-connrefused", "use --retry"},
      {Program::rtpoll, Verb::sub, "--retry-max-time", "use --retry with --timeout DURATION"},
      {Program::rtpoll, Verb::sub, "--rate", "use --interval DURATION"},
      {Program::rtpoll, Verb::sub, "--stderr", "use the shell's 2>FILE"},
      {Program::rtsse, Verb::sub, "--ssl-reqd", "write https:// or wss:// before the host"},
      {Program::rtmqtt, Verb::sub, "--tls", "write mqtts:// before the host"},
      {Program::rtsse, Verb::sub, "--doh-url", "use --resolve HOST:PORT:ADDRESS"},
      {Program::rtsse, Verb::sub, "-w", "use --format TEMPLATE, or --stats for totals"},
      {Program::rtsse, Verb::sub, "--libcurl", "use --dry-run: it prints curl's command"},
      {Program::rtsse, Verb::sub, "-e", "use -H 'Referer: URL'"},
      {Program::rtsse, Verb::sub, "--proxytunnel", "leave it out: --proxy URL does so"},
      {Program::rtsse, Verb::sub, "--socks5-hostname",
       "use --proxy socks5://HOST:PORT (or socks4, socks4a, socks5h)"},
      {Program::rtsse, Verb::sub, "--connect-to", "use --resolve HOST:PORT:ADDRESS"},
      {Program::rtsse, Verb::sub, "--abstract-unix-socket", "use --unix-socket FILE"},
      {Program::rtsse, Verb::sub, "--netrc-optional", "use --netrc"},
      {Program::rtsse, Verb::sub, "--max-redirs", "use --no-location to follow none"},
      {Program::rtsse, Verb::sub, "--ciphers",
       "leave it out: what the TLS library holds for safe is offered"},
      {Program::rtsse, Verb::sub, "--cert-type",
       "leave it out: certificates and keys are PEM files"},
      {Program::rtsse, Verb::sub, "--pass",
       "use --password-file FILE or RT_PASSWORD; for that of --key --key-password-file FILE"},
      // websocat
      {Program::rtws, Verb::serve, "--conncap", "use --max-connections N"},
      {Program::rtws, Verb::serve, "--server-protocol", "use --subprotocol NAME"},
      {Program::rtws, Verb::serve, "--exec-args", "use --exec 'CMD ARGUMENT...'"},
      {Program::rtws, Verb::pipe, "--autoreconnect-delay-millis", "use --retry-max-delay DURATION"},
      {Program::rtws, Verb::pipe, "--byte-to-exit-on", "use --until PATTERN"},
      {Program::rtws, Verb::pipe, "--linemode-zero-terminated", "use --null"},
      {Program::rtws, Verb::pipe, "--no-line", "use --raw"},
      {Program::rtws, Verb::sub, "--max-messages", "use --count N"},
      {Program::rtws, Verb::sub, "--max-ws-message-length", "use --max-message SIZE"},
      {Program::rtws, Verb::sub, "--ping-timeout", "use --idle-timeout DURATION"},
      {Program::rtws, Verb::sub, "--preamble", "use --send MESSAGE"},
      {Program::rtws, Verb::sub, "--tls-domain",
       "use --resolve HOST:PORT:ADDRESS, with that name in the URL"},
      {Program::rtws, Verb::sub, "--dump-spec", "use --dry-run"},
      {Program::rtws, Verb::sub, "--log-traffic", "use -vv"},
      // wscat
      {Program::rtws, Verb::pipe, "--host", "use -H 'Host: NAME'"},
      {Program::rtws, Verb::pipe, "--slash",
       "leave it out: /ping, /close and /help can be typed on a terminal"},
      {Program::rtws, Verb::pipe, "--no-color", "leave it out: messages are not coloured"},
      {Program::rtws, Verb::pipe, "--passphrase",
       "use --key-password-file FILE or RT_KEY_PASSWORD"},
      {Program::rtws, Verb::pipe, "--max-redirects", "use --no-location to follow none"},
      // mosquitto_pub, mosquitto_sub
      {Program::rtmqtt, Verb::pub, "--repeat-delay", "use a loop of the shell"},
      {Program::rtmqtt, Verb::pub, "-M", "leave it out: the broker says how many it takes"},
      {Program::rtmqtt, Verb::sub, "-U",
       "use --clean: subscriptions end with the session that had them"},
      {Program::rtmqtt, Verb::sub, "-E",
       "use --client-id ID and --timeout 1s: the session keeps its subscriptions"},
      {Program::rtmqtt, Verb::sub, "--pretty", "pipe what --json prints into jq"},
      {Program::rtmqtt, Verb::sub, "--nodelay", "leave it out: each message is sent at once"},
      {Program::rtmqtt, Verb::sub, "-A", "use --interface ADDRESS"},
      {Program::rtmqtt, Verb::sub, "--unix", "use --unix-socket FILE"},
      {Program::rtmqtt, Verb::sub, "--keyform",
       "leave it out: certificates and keys are PEM files"},
      // kcat and its like
      {Program::rtmqtt, Verb::sub, "-G", "use --topic '$share/GROUP/FILTER'"},
      {Program::rtmqtt, Verb::sub, "-e", "use --count N, or --timeout DURATION"},
      {Program::rtmqtt, Verb::sub, "--bootstrap-server",
       "the broker stands in the URL: mqtt://HOST/TOPIC"},
      {Program::rtsse, Verb::sub, "--from-beginning", "use --since ''"},
      {Program::rtsse, Verb::sub, "--offset", "use --since ID, or --last N"},
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

// The names of our options in a text for people, without their dashes.
static std::vector<std::string> options_in(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = text.find("--"); at != std::string_view::npos; at = text.find("--", at)) {
    at += 2;
    const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at);
    out.emplace_back(text.substr(at, end == std::string_view::npos ? end : end - at));
  }
  return out;
}

TEST_CASE("what is advised is an option of that program") {
  for (const ForeignOption& foreign : foreign_options()) {
    for (const Program program :
         {Program::rtpoll, Program::rtsse, Program::rtws, Program::rtmqtt, Program::rtrelay}) {
      const auto verbs = verbs_of(program);
      const bool here = (foreign.programs & program_bit(program)) != 0 &&
                        std::any_of(verbs.begin(), verbs.end(), [&](Verb verb) {
                          return (foreign.verbs & verb_bit(verb)) != 0;
                        });
      if (!here) continue;
      for (const std::string& name : options_in(foreign.instead)) {
        CAPTURE(foreign.names);
        CAPTURE(program);
        CAPTURE(name);
        const OptionRow* const row = find_option(name);
        REQUIRE(row != nullptr);
        CHECK(applies(*row, program));
      }
    }
  }
}
