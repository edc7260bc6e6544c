#include "app/compare/load.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/text.hpp"

namespace rt {

ComparedLoad::ComparedLoad(std::string payload, Time interval, Time length, PayloadKind kind)
    : payload_(std::move(payload)),
      interval_(std::max(interval, Time(1))),
      count_(static_cast<std::uint32_t>(
          std::clamp<std::int64_t>((length - Time(1)) / interval_ + 1, 1, kNoNumber - 1))),
      utf8_(valid_utf8(payload_)),
      kind_(utf8_ ? kind : PayloadKind::binary) {}

ComparedLoad ComparedLoad::of_size(std::size_t size, Time interval, Time length, PayloadKind kind) {
  // Not one letter again and again: it would be compressed away. What is binary begins with a byte
  // that is no UTF-8, or some ways would carry it as text.
  const bool binary = kind == PayloadKind::binary;
  std::string payload;
  for (std::uint32_t state = 1; payload.size() + kMark < size;) {
    state = state * 1664525 + 1013904223;
    const std::uint32_t byte = state >> 24;
    if (binary)
      payload += static_cast<char>(payload.empty() ? 0xff : byte);
    else
      payload += static_cast<char>('a' + byte % 26);
  }
  return ComparedLoad(std::move(payload), interval, length, kind);
}

ComparedLoad ComparedLoad::of_payload(std::string payload, Time interval, Time length,
                                      PayloadKind kind) {
  return ComparedLoad(std::move(payload), interval, length, kind);
}

std::string ComparedLoad::payload(std::uint32_t number) const {
  char mark[kMark + 1];
  std::snprintf(mark, sizeof mark, "#%08x", static_cast<unsigned>(number));
  return payload_ + mark;
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
