#pragma once

#include <string>

#include "cli/dry_run/equal_command.hpp"

namespace rt::cli {

// A path as a sentence of --dry-run names it.
std::string file_named(const std::string& path);

// What --dry-run says of one connection: where it goes, how, as whom, and what it asks. Appends to
// `text`, a sentence a line; no secret is in it.
class ConnectionSentences {
 public:
  ConnectionSentences(std::string& text, Verb verb, const DryRunFacts& facts)
      : text_(text), verb_(verb), facts_(facts) {}

  // `own`: the options of this end.
  void connection(const Endpoint& endpoint, const Options& own);
  void request(const Options& own);

 private:
  void say(const std::string& sentence) { text_ += sentence + "\n"; }
  void network(const NetworkOptions& network);
  void security(const Endpoint& endpoint, const Options& own);
  void authentication(const Endpoint& endpoint, const Options& own);

  std::string& text_;
  const Verb verb_;
  const DryRunFacts& facts_;
};

}  // namespace rt::cli
