#pragma once

#include <string>
#include <vector>

#include "cli/options/options.hpp"
#include "model/endpoint.hpp"

// What --dry-run says. Nothing here looks at anything but its arguments, and no text has a secret
// in it.
namespace rt::cli {

// What the options do not tell.
struct DryRunFacts {
  std::string proxy = {};  // "host:port" that a client's connection goes through; empty: none
  bool stdin_is_terminal = false;
  bool password_is_variable = false;  // it is what RT_PASSWORD holds
  bool bearer_is_variable = false;    // it is what RT_BEARER holds
};

// In whole sentences, one a line, and then the equal command of another program, if there is one.
// The options are those that parse() gives, before secrets are read from files; their addresses
// are valid.
std::string dry_run_text(Program program, const Options& options, const DryRunFacts& facts);

// A command line for sh.
struct EqualCommand {
  std::string with;                // "curl"; empty: there is none
  std::vector<std::string> lines;  // to be typed as they are
  std::vector<std::string> notes;  // what it does differently, or why there is none; sentences
};

EqualCommand equal_command(Program program, const Options& options, const Endpoint& endpoint,
                           const DryRunFacts& facts);

// Of rtpoll and rtsse, of rtws, and of rtmqtt.
EqualCommand curl_command(Program program, const Options& options, const Endpoint& endpoint,
                          const DryRunFacts& facts);
EqualCommand websocat_command(const Options& options, const Endpoint& endpoint,
                              const DryRunFacts& facts);
EqualCommand mosquitto_command(const Options& options, const Endpoint& endpoint,
                               const DryRunFacts& facts);

}  // namespace rt::cli
