#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rt {

// JSON texts (RFC 8259), one after another in a stream, with or without white space between them.
// Each is checked while it comes, and needs no stack however deep it is.
class JsonValues {
 public:
  enum class Step : std::uint8_t { more, value, wrong };

  // Of a longer text only the length is kept.
  explicit JsonValues(std::size_t most) : most_(most) {}

  // Takes bytes off the front, up to the end of a value or all of them. After `wrong` it must not
  // be used again.
  Step next(std::string_view& bytes);
  // The end of the stream: a number at the top ends there. Else `more`: there is nothing.
  Step finish();

  // After `value`: its text, as it was written; empty where it is longer than `most`.
  std::string& value() { return text_; }
  // Of that, or of the value that has begun: bytes.
  std::size_t size() const { return size_; }
  // After `wrong`: what is wrong, for people.
  const std::string& fault() const { return fault_; }
  // Of the byte that was looked at last; the first is 1.
  std::uint64_t line() const { return line_; }

 private:
  enum class State : std::uint8_t {
    between,     // values
    value,       // one must come
    first,       // of an array, or its end
    first_name,  // of an object, or its end
    name,
    colon,
    behind,  // a value in an array or object
    string,
    escape,
    hex,
    minus,
    zero,
    whole,
    point,
    fraction,
    exponent,
    exponent_sign,
    power,
    literal,
  };

  bool take(char c);
  bool take_value(char c);
  bool take_behind(char c);
  bool take_string(char c);
  bool take_number(char c);
  bool in_number() const { return state_ >= State::minus && state_ <= State::power; }
  bool number_may_end() const;
  void end_value();
  void keep(std::string_view bytes);
  bool wrong(char c);

  std::size_t most_;
  State state_ = State::between;
  std::vector<bool> nested_;  // true: an object
  bool is_name_ = false;      // the string
  int digits_ = 0;            // of \uXXXX that are still to come
  std::string_view rest_;     // of true, false or null
  bool complete_ = false;
  bool taken_ = false;  // the value before has been
  std::string text_;
  std::size_t size_ = 0;
  std::string fault_;
  std::uint64_t line_ = 1;
};

}  // namespace rt
