#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/dry_run/equal_command.hpp"

// What the equal commands of several programs have in common.
namespace rt::cli {

// There is none; `why` is a sentence.
EqualCommand no_command(std::string why);

// Who logs in, and where the password is.
struct EqualLogin {
  std::string user;            // empty: nobody
  std::string_view file = {};  // the password's; empty: none
  bool variable = false;       // RT_PASSWORD holds it
};
EqualLogin login_of(const Options& options, const Endpoint& endpoint, const DryRunFacts& facts);
// "user:PASSWORD" for sh, the password out of the login's file or else out of RT_PASSWORD.
std::string login_word(const EqualLogin& login);
// For a command line that has "$RT_PASSWORD" in it, whatever holds the password now.
void note_password(const EqualLogin& login, std::vector<std::string>& notes);

// The header of a bearer token for sh; empty: there is none.
std::string bearer_word(const Options& options, const DryRunFacts& facts,
                        std::vector<std::string>& notes);

// The URL with where to begin.
std::string started_url(std::string url, const Options& options);

// " > FILE", or nothing.
std::string redirection_of(const Options& options);

}  // namespace rt::cli
