#pragma once

#include "base/result.hpp"
#include "model/tls_options.hpp"

namespace rt {

// Whether the files that the user named can be read and look right, said in one way for all
// libraries.
Result<void> check_tls_files(const TlsOptions& options);

}  // namespace rt
