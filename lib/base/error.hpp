#pragma once

#include <cstdint>
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

// What happened, where code acts on it and the fault says too little. Most errors have none.
enum class Cause : std::uint8_t {
  unnamed,
  http_status,           // an answer that is no success; the number is its status
  mqtt_reason,           // a publication that was not taken; the number is the reason code
  mqtt_connack,          // a broker's refusal of the connection; the number is its code
  subscription_refused,  // by the broker; the number is the reason code
  connection_lost,       // to a broker, which had been there
  qos_not_offered,       // by the broker, for any message
  no_connection,         // it cannot be made; the number is the system's
  unknown_name,          // it cannot be resolved
  unknown_placeholder,   // of a format; the number is its first byte
};

// An error as a value: whose fault, and one line of text without a newline at its end. The text is
// for people: what code acts on is fault(), cause(), number(), has_hint() and fatal(), which all
// the functions below keep but where they say otherwise.
class Error {
 public:
  Error(Fault fault, std::string text) : fault_(fault), text_(std::move(text)) {}

  Fault fault() const { return fault_; }
  const std::string& text() const { return text_; }

  Cause cause() const { return cause_; }
  // What the cause says of it, else 0.
  int number() const { return number_; }
  Error because_of(Cause cause, int number = 0) const;

  // The same error one layer further up: "clause: text".
  Error within(std::string_view clause) const;
  // The same error, seen as another's fault.
  Error as(Fault fault) const;

  // "text (hint)": what to do about it, or what else is known. Without a hint the same error.
  Error with_hint(std::string_view hint) const;
  bool has_hint() const { return has_hint_; }

  // True where trying again cannot help: a refusal, a wrong answer, a wrong use.
  bool fatal() const;
  // The same error, marked as one that trying again cannot mend.
  Error as_fatal() const;

 private:
  Fault fault_;
  Cause cause_ = Cause::unnamed;
  bool fatal_ = false;
  bool has_hint_ = false;
  int number_ = 0;
  std::string text_;
};

// "what: the error number's text" for a failed system call.
Error system_error(Fault fault, std::string_view what, int error_number);

}  // namespace rt
