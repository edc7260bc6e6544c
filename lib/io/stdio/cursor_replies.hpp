#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rt {

// A terminal that is asked where its cursor is (kAsk) answers among the keys that are typed: ESC [
// ROW ; COLUMN R. This finds the answers.
class CursorReplies {
 public:
  static constexpr std::string_view kAsk = "\x1b[6n";

  void expect() { ++due_; }
  bool expected() const { return due_ > 0; }
  // None comes any more. Returns keys that were kept back.
  std::string give_up();

  struct Found {
    std::string keys;                   // without the answers
    std::optional<std::size_t> column;  // of the last answer, from 1 on
  };
  // While one is expected, what may be its beginning is kept back for the next call.
  Found take(std::string_view keys);

 private:
  std::size_t due_ = 0;
  std::string kept_;
};

}  // namespace rt
