#include "io/http/line_stream.hpp"

#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace rt {

asio::awaitable<Result<std::vector<std::string>>> LineStream::read(
    std::optional<Milliseconds> patience) {
  while (!ended_) {
    auto bytes = co_await stream_->read(patience);
    if (!bytes) co_return bytes.error();
    ended_ = bytes->empty();
    if (ended_ && !rest_.empty()) *bytes = "\n";
    auto lines = take(*bytes);
    if (!lines || !lines->empty()) co_return lines;
  }
  co_return std::vector<std::string>();
}

Result<std::vector<std::string>> LineStream::take(std::string_view bytes) {
  std::vector<std::string> lines;
  std::string_view left = bytes;
  for (std::size_t end; (end = left.find('\n')) != std::string_view::npos;) {
    rest_ += left.substr(0, end);
    left.remove_prefix(end + 1);
    std::string line = std::exchange(rest_, {});
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty() && line.front() == '\x1e') line.erase(0, 1);
    if (line.size() > most_) return message_too_long(line.size(), most_);
    if (!trim(line).empty()) lines.push_back(std::move(line));
  }
  rest_ += left;
  if (rest_.size() > most_ + 1) return message_too_long(rest_.size(), most_);
  return lines;
}

}  // namespace rt
