#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "codec/backslash.hpp"
#include "model/message.hpp"
#include "model/message_format.hpp"

namespace rt {

// Messages as a template has them.
class FormatWriter {
 public:
  // Where a field lies: what a message brought, not what the template says.
  struct Field {
    std::size_t begin;
    std::size_t end;
  };

  // With `escapes`, which must outlive this, fields of free text are written by them. A `watched`
  // byte in a field is noticed. With `visible` no field can steer a terminal (see append_visible).
  FormatWriter(const std::shared_ptr<const MessageFormat>& format, std::string_view proto,
               const BackslashWriter* escapes, std::optional<char> watched, bool visible = false);

  // Appends the message. What it does not have is empty; so is the time of one whose time is not
  // known.
  void append(std::string& out, const Message& message);

  // Of the last message, in order, as positions in `out`. The time by strftime is none: its
  // characters are the template's.
  const std::vector<Field>& fields() const { return fields_; }
  // A field of the last message has the watched byte in it.
  bool noticed() const { return noticed_; }

 private:
  struct Piece {
    FormatPart part;
    std::int64_t second = 0;  // that `time` is of
    std::string time;         // strftime: as it was for that second; empty: none yet
  };

  void append_part(std::string& out, const Message& message, Piece& piece);
  void append_text(std::string& out, std::string_view text);
  static void append_local(std::string& out, WallTime time, Piece& piece);

  std::vector<Piece> pieces_;
  std::string proto_;
  const BackslashWriter* escapes_;
  std::optional<char> watched_;
  bool visible_;
  bool noticed_ = false;
  std::vector<Field> fields_;
};

}  // namespace rt
