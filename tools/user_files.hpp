#pragma once

#include "base/result.hpp"
#include "cli/options/options.hpp"

namespace rt {

// Looks at the files that the command line names, before anything connects: the secrets are read
// (their first lines become the password and the bearer token), certificates and keys have to hold
// what they are named for, and a file to be sent has to be readable. Errors (usage) name the option
// and the file.
Result<Options> with_user_files(Options options);

// What --netrc or --netrc-file names. Errors: usage.
Result<std::string> read_netrc(const Options& options);

}  // namespace rt
