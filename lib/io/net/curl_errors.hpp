#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

// What curl's codes (CURLcode) and sentences mean, as far as they are about the connection. `easy`
// is a CURL* whose transfer ended with `code`, and `text` what curl wrote into its error buffer.
namespace rt {

// The error for a connection. `clear_url` is what the user writes for the same in clear text.
Error connection_error(void* easy, int code, const char* text, std::string_view clear_url);

// --- its parts, for who knows more about what was transferred

// curl's sentence, secrets struck out.
std::string said_by_curl(int code, const char* text);
// Why no connection came to be: names, proxies, TLS. Nothing where it is for anything else.
std::optional<Error> connecting_fault(void* easy, int code, const std::string& said,
                                      std::string_view clear_url);
// For a connection that was lost, and what else there may be.
Error ending_fault(void* easy, int code, const std::string& said);
// True when the connection stood.
bool connection_stood(void* easy);

}  // namespace rt
