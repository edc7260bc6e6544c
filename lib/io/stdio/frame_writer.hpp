#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "codec/framing.hpp"
#include "model/message.hpp"

namespace rt {

// The framing for that descriptor: on a terminal what strangers send must not steer it, unless the
// user wants it as it is (--escape none, --raw).
Framing framing_for(int descriptor, Framing framing);

// Messages as bytes for stdout, a file or a program, and a word on stderr about those that do not
// read back as they were.
class FrameWriter {
 public:
  // `who` begins the lines on stderr.
  FrameWriter(const Framing& framing, std::optional<Transport> proto, std::string who);

  // As FrameEncoder::append. A message whose time is not known came just now.
  void append(std::string& out, const Message& message);

  std::uint64_t refused() const { return refused_; }
  // An error (lost) that says how many were refused.
  Result<void> verdict() const;

 private:
  void tell_split();
  void tell_refused(const Message& message);

  FramingKind kind_;
  Escape escape_;
  bool has_format_;
  bool shows_time_;
  std::string who_;
  FrameEncoder encoder_;
  std::uint64_t refused_ = 0;
  bool told_split_ = false;
};

}  // namespace rt
