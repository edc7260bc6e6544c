#include "app/compare/load.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/text.hpp"

namespace rt {

ComparedLoad::ComparedLoad(std::string text, Time interval, Time length)
    : text_(std::move(text)),
      interval_(std::max(interval, Time(1))),
      count_(static_cast<std::uint32_t>(
          std::clamp<std::int64_t>((length - Time(1)) / interval_ + 1, 1, kNoNumber - 1))) {}

ComparedLoad ComparedLoad::of_size(std::size_t size, Time interval, Time length) {
  // Not one letter again and again: it would be compressed away.
  std::string text;
  for (std::uint32_t state = 1; text.size() + kMark < size;) {
    state = state * 1664525 + 1013904223;
    text += static_cast<char>('a' + (state >> 24) % 26);
  }
  return ComparedLoad(std::move(text), interval, length);
}

ComparedLoad ComparedLoad::of_text(std::string text, Time interval, Time length) {
  return ComparedLoad(std::move(text), interval, length);
}

std::string ComparedLoad::payload(std::uint32_t number) const {
  char mark[kMark + 1];
  std::snprintf(mark, sizeof mark, "#%08x", static_cast<unsigned>(number));
  return text_ + mark;
}

std::optional<std::uint32_t> ComparedLoad::number_of(std::string_view payload) {
  if (payload.size() < kMark || payload[payload.size() - kMark] != '#') return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : payload.substr(payload.size() - kMark + 1)) {
    const int digit = hex_value(c);
    if (digit < 0) return std::nullopt;
    number = number << 4 | static_cast<std::uint32_t>(digit);
  }
  return number;
}

std::optional<ComparedLoad::Time> ReaderTally::came(const ComparedLoad& load, std::uint32_t number,
                                                    ComparedLoad::Time at) {
  if (number >= seen_.size()) return std::nullopt;
  if (seen_[number]) {
    ++doubled_;
    return std::nullopt;
  }
  seen_[number] = true;
  ++delivered_;
  if (number < next_) ++disordered_;
  next_ = std::max(next_, number + 1);
  return at - load.due(number);
}

}  // namespace rt
