#include "io/mqtt/broker_lines.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kLinesKept = 20;
constexpr std::size_t kLinesTold = 5;
constexpr std::size_t kLongestLine = 500;

// The coming and going of clients explains no death, and would push out the lines that do.
bool about_a_client(std::string_view line) {
  return line.starts_with("New connection from ") || line.starts_with("New client connected ") ||
         (line.starts_with("Client ") &&
          (line.ends_with(" disconnected.") || line.ends_with(" closed its connection.")));
}

}  // namespace

void BrokerLines::take(std::string_view bytes, std::string& partial) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    partial += part.substr(0, kLongestLine - std::min(partial.size(), kLongestLine));
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    take_line(partial);
    partial.clear();
  }
}

void BrokerLines::take_line(std::string_view line) {
  std::string text = printable(line, kLongestLine);
  Log::info("mosquitto: " + text);
  on_line_(text);
  if (!about_a_client(text)) lines_.push_back(std::move(text));
  if (lines_.size() > kLinesKept) lines_.pop_front();
}

bool BrokerLines::said(std::string_view text) const {
  return std::any_of(lines_.begin(), lines_.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

std::string BrokerLines::last() const {
  if (lines_.empty()) return " (it wrote nothing)";
  std::string out = "; it wrote:";
  const std::size_t skipped = lines_.size() - std::min(lines_.size(), kLinesTold);
  for (std::size_t i = skipped; i < lines_.size(); ++i)
    out += (i > skipped ? " | " : " ") + lines_[i];
  return out;
}

std::string_view refused_for_memory(std::string_view line) {
  constexpr std::string_view kBefore = "Client ";
  constexpr std::string_view kAfter = " disconnected due to out of memory.";
  if (!line.starts_with(kBefore) || !line.ends_with(kAfter)) return {};
  if (line.size() < kBefore.size() + kAfter.size()) return {};
  line.remove_prefix(kBefore.size());
  line.remove_suffix(kAfter.size());
  return line;
}

}  // namespace rt
