#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/message.hpp"
#include "model/pattern.hpp"

namespace rt {

// The message that a run waits for.
struct Expectation {
  std::optional<Pattern> pattern;      // nothing: none is waited for
  bool must_come = false;              // --expect; else --until
  std::optional<Milliseconds> within;  // from the start on
};

// Whether it has come, and what is to be said when it has not.
class ExpectationState {
 public:
  explicit ExpectationState(Expectation wanted) : wanted_(std::move(wanted)) {}

  bool exists() const { return wanted_.pattern.has_value(); }
  bool came() const { return came_; }
  // It has not come and it is a failure.
  bool missing() const { return exists() && wanted_.must_come && !came_; }
  std::optional<Milliseconds> within() const { return wanted_.within; }

  // True when it is this one.
  bool look_at(const Message& message);
  // Of a message that is not wanted itself: it is what --until names.
  bool is_end(const Message& message) { return !wanted_.must_come && look_at(message); }

  // Errors with fault timeout: `"TEXT" did not come` and the circumstance: "within 5s".
  Error missed(const std::string& circumstance) const;

 private:
  Expectation wanted_;
  bool came_ = false;
};

// "5s", "1.5s", "250ms".
std::string duration_text(Milliseconds duration);

}  // namespace rt
