#include "base/error.hpp"

#include <system_error>

namespace rt {

int exit_code(Fault fault) {
  switch (fault) {
    case Fault::other:
      return 1;
    case Fault::usage:
      return 2;
    case Fault::network:
      return 3;
    case Fault::tls:
      return 4;
    case Fault::refused:
      return 5;
    case Fault::protocol:
      return 6;
    case Fault::timeout:
      return 7;
    case Fault::closed:
      return 8;
    case Fault::lost:
      return 9;
  }
  return 1;
}

Error Error::because_of(Cause cause, int number) const {
  Error out = *this;
  out.cause_ = cause;
  out.number_ = number;
  return out;
}

Error Error::within(std::string_view clause) const {
  Error out = *this;
  out.text_ = std::string(clause) + ": " + text_;
  return out;
}

Error Error::as(Fault fault) const {
  Error out = *this;
  out.fault_ = fault;
  return out;
}

Error Error::with_hint(std::string_view hint) const {
  Error out = *this;
  if (hint.empty()) return out;
  out.text_.append(" (").append(hint).append(")");
  out.has_hint_ = true;
  return out;
}

bool Error::fatal() const {
  return fatal_ || fault_ == Fault::usage || fault_ == Fault::refused || fault_ == Fault::protocol;
}

Error Error::as_fatal() const {
  Error out = *this;
  out.fatal_ = true;
  return out;
}

Error system_error(Fault fault, std::string_view what, int error_number) {
  std::string text(what);
  text += ": ";
  text += std::generic_category().message(error_number);
  return Error(fault, std::move(text));
}

}  // namespace rt
