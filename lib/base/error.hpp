#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace rt {

// Whose fault it is. The exit code of a program follows from it (see exit_code).
enum class Fault {
  other,     // anything else, ours included
  usage,     // the command line or a file that the user wrote
  network,   // cannot resolve or connect, or the connection broke
  tls,       // the TLS handshake or a certificate
  refused,   // authentication or authorisation
  protocol,  // the peer broke the protocol
  timeout,   // --timeout passed before --count
  closed,    // the peer closed, and reconnecting was off or cannot help
  lost,      // messages were lost
};

// The process exit code for a fault: 1 to 9, in the order of the table in the manual.
int exit_code(Fault fault);

// An error as a value: whose fault, and one line of text without a newline at its end.
class Error {
 public:
  Error(Fault fault, std::string text) : fault_(fault), text_(std::move(text)) {}

  Fault fault() const { return fault_; }
  const std::string& text() const { return text_; }

  // The same error one layer further up: "clause: text".
  Error within(std::string_view clause) const;

  // True where trying again cannot help: a refusal, a wrong answer, a wrong use.
  bool fatal() const;
  // The same error, marked as one that trying again cannot mend.
  Error as_fatal() const;

 private:
  Fault fault_;
  std::string text_;
  bool fatal_ = false;
};

// "what: the error number's text" for a failed system call.
Error system_error(Fault fault, std::string_view what, int error_number);

}  // namespace rt
