#include "codec/json_values.hpp"

#include "base/text.hpp"

namespace rt {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

JsonValues::Step JsonValues::next(std::string_view& bytes) {
  if (taken_) {
    text_.clear();
    size_ = 0;
    taken_ = complete_ = false;
  }
  std::size_t at = 0;
  std::size_t begin = 0;
  for (; at < bytes.size() && !complete_; ++at) {
    const char c = bytes[at];
    if (c == '\n') ++line_;
    if (state_ == State::between) {
      begin = at;
      if (is_space(c)) continue;
    }
    if (in_number() && number_may_end() && nested_.empty() && !is_digit(c) && c != '.' &&
        c != 'e' && c != 'E') {
      // What comes next is the next value's.
      if (!is_space(c) && c != '{' && c != '[' && c != '"') {
        wrong(c);
        return Step::wrong;
      }
      if (c == '\n') --line_;
      end_value();
      break;
    }
    if (!take(c)) {
      // It was read as one that ends the line.
      if (c == '\n') --line_;
      return Step::wrong;
    }
  }
  if (state_ != State::between || complete_) keep(bytes.substr(begin, at - begin));
  bytes.remove_prefix(at);
  if (!complete_) return Step::more;
  taken_ = true;
  if (valid_utf8(text_)) return Step::value;
  fault_ = "it is not UTF-8";
  return Step::wrong;
}

JsonValues::Step JsonValues::finish() {
  if (state_ == State::between) return Step::more;
  if (in_number() && number_may_end() && nested_.empty()) {
    end_value();
    taken_ = true;
    return Step::value;
  }
  fault_ = "the JSON value is not whole at the end";
  return Step::wrong;
}

void JsonValues::keep(std::string_view bytes) {
  size_ += bytes.size();
  if (size_ > most_)
    std::string().swap(text_);
  else
    text_ += bytes;
}

bool JsonValues::wrong(char c) {
  fault_ = "no JSON: unexpected " + (c == '\n' ? "end of the line" : printable({&c, 1}));
  return false;
}

void JsonValues::end_value() {
  complete_ = nested_.empty();
  state_ = complete_ ? State::between : State::behind;
}

bool JsonValues::take(char c) {
  switch (state_) {
    case State::string:
    case State::escape:
    case State::hex:
      return take_string(c);
    case State::literal:
      if (c != rest_.front()) return wrong(c);
      rest_.remove_prefix(1);
      if (rest_.empty()) end_value();
      return true;
    default:
      break;
  }
  if (in_number()) return take_number(c);
  if (is_space(c)) return true;
  switch (state_) {
    case State::first_name:
      if (c == '}') return take_behind(c);
      [[fallthrough]];
    case State::name:
      if (c != '"') return wrong(c);
      is_name_ = true;
      state_ = State::string;
      return true;
    case State::colon:
      if (c != ':') return wrong(c);
      state_ = State::value;
      return true;
    case State::behind:
      return take_behind(c);
    case State::first:
      if (c == ']') return take_behind(c);
      [[fallthrough]];
    default:
      return take_value(c);
  }
}

bool JsonValues::take_value(char c) {
  if (c == '{' || c == '[') {
    nested_.push_back(c == '{');
    state_ = c == '{' ? State::first_name : State::first;
  } else if (c == '"') {
    is_name_ = false;
    state_ = State::string;
  } else if (c == '-') {
    state_ = State::minus;
  } else if (is_digit(c)) {
    state_ = c == '0' ? State::zero : State::whole;
  } else if (c == 't' || c == 'f' || c == 'n') {
    rest_ = c == 't' ? "rue" : c == 'f' ? "alse" : "ull";
    state_ = State::literal;
  } else {
    return wrong(c);
  }
  return true;
}

bool JsonValues::take_behind(char c) {
  const bool object = nested_.back();
  if (c == (object ? '}' : ']')) {
    nested_.pop_back();
    end_value();
    return true;
  }
  if (c != ',') return wrong(c);
  state_ = object ? State::name : State::value;
  return true;
}

bool JsonValues::take_string(char c) {
  if (static_cast<unsigned char>(c) < 0x20) return wrong(c);
  if (state_ == State::hex) {
    if (hex_value(c) < 0) return wrong(c);
    if (--digits_ == 0) state_ = State::string;
    return true;
  }
  if (state_ == State::escape) {
    if (std::string_view("\"\\/bfnrtu").find(c) == std::string_view::npos) return wrong(c);
    state_ = c == 'u' ? State::hex : State::string;
    digits_ = 4;
    return true;
  }
  if (c == '\\') {
    state_ = State::escape;
  } else if (c == '"') {
    if (is_name_)
      state_ = State::colon;
    else
      end_value();
  }
  return true;
}

bool JsonValues::number_may_end() const {
  return state_ == State::zero || state_ == State::whole || state_ == State::fraction ||
         state_ == State::power;
}

bool JsonValues::take_number(char c) {
  const bool digit = is_digit(c);
  const bool may_have_exponent =
      state_ == State::zero || state_ == State::whole || state_ == State::fraction;
  if (may_have_exponent && (c == 'e' || c == 'E')) {
    state_ = State::exponent;
  } else if ((state_ == State::zero || state_ == State::whole) && c == '.') {
    state_ = State::point;
  } else if (state_ == State::exponent && (c == '+' || c == '-')) {
    state_ = State::exponent_sign;
  } else if (digit && state_ != State::zero) {
    if (state_ == State::minus)
      state_ = c == '0' ? State::zero : State::whole;
    else if (state_ == State::point)
      state_ = State::fraction;
    else if (state_ == State::exponent || state_ == State::exponent_sign)
      state_ = State::power;
  } else if (number_may_end() && !nested_.empty() && !digit) {
    end_value();
    return is_space(c) || take_behind(c);
  } else {
    return wrong(c);
  }
  return true;
}

}  // namespace rt
