#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace rt {

// What Mosquitto writes, line by line: shown with -v, and the last of what explains its end kept.
class BrokerLines {
 public:
  // `on_line` is called for each.
  explicit BrokerLines(std::function<void(const std::string&)> on_line)
      : on_line_(std::move(on_line)) {}

  // Bytes of one of its two streams, and what has come of a line there before.
  void take(std::string_view bytes, std::string& partial);
  void take_line(std::string_view line);
  void clear() { lines_.clear(); }

  bool said(std::string_view text) const;
  // For people, to be appended: "; it wrote: ...".
  std::string last() const;

 private:
  std::function<void(const std::string&)> on_line_;
  std::deque<std::string> lines_;
};

// The client that it has thrown out for want of memory, or nothing.
std::string_view refused_for_memory(std::string_view line);

}  // namespace rt
