// The lines that a peer writes: PROTOCOL.md.
#pragma once

#include <string>
#include <string_view>

namespace peer {

// `text` as a string of JSON, quotes included. What is no UTF-8 stays as it is.
std::string quoted(std::string_view text);

std::string base64(std::string_view bytes);

// Nothing of what is no base64.
std::string from_base64(std::string_view text);

// One line of stdout: {"event":NAME,"socket":N,...}.
class Event {
 public:
  Event(std::string_view name, std::string_view of, long number);

  Event& number(std::string_view name, long value);
  Event& text(std::string_view name, std::string_view value);
  Event& boolean(std::string_view name, bool value);
  Event& payload(std::string_view bytes);
  // `json` is written as it is.
  Event& raw(std::string_view name, std::string_view json);

  // The line, with its end.
  std::string line() &&;

 private:
  std::string line_;
};

}  // namespace peer
