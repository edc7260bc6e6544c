#pragma once

#include <map>
#include <string>

#include "app/end.hpp"
#include "app/end_options.hpp"
#include "app/selection.hpp"
#include "cli/options/options.hpp"
#include "model/position.hpp"

namespace rt {

struct Credentials {
  std::string user;  // empty: none
  std::string password;
  std::string bearer;
};

// Of -u, or else of the URL; what is missing comes from a prompt. Errors (usage): no terminal to
// ask on. The files have been read before (with_user_files). The prompt asks for the password of
// `account`; empty: of the user.
Result<Credentials> credentials_for(const Options& options, const Endpoint& endpoint,
                                    const std::string& account = {});

// What of the messages is wanted.
Result<SelectionOptions> selection_of(const Options& options);
// Begins where the run before this one ended.
void go_on(const Position& found, EndOptions& end);

// What the request's query adds to start somewhere in a hub's log.
std::string start_query(const Options& options);

// Makes of endpoints and options what ends are opened with; asks for each password once.
class EndPlanner {
 public:
  // The one end of a client. Errors: usage.
  Result<EndOptions> client_end(const Endpoint& endpoint, const Options& options);
  // An end of several, as rtrelay names them; `own` are its own options. Errors: usage.
  Result<EndOptions> end(const std::string& text, const Options& own, EndUse use);

 private:
  Result<Credentials> credentials(const Endpoint& endpoint, Options own);

  std::map<std::string, std::string> passwords_;  // that were asked for, by user and server
};

}  // namespace rt
