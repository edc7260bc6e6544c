#include "model/message_id.hpp"

#include <charconv>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kEpochDigits = 10;

}  // namespace

void append(std::string& out, const MessageId& id) {
  constexpr char kHex[] = "0123456789abcdef";
  char text[kEpochDigits + 1 + 20];
  for (std::size_t i = 0; i < kEpochDigits; ++i)
    text[i] = kHex[id.epoch >> (4 * (kEpochDigits - 1 - i)) & 15];
  text[kEpochDigits] = '-';
  const auto [end, failed] =
      std::to_chars(text + kEpochDigits + 1, text + sizeof text, id.sequence);
  static_cast<void>(failed);  // 20 digits hold every 64-bit number
  out.append(text, static_cast<std::size_t>(end - text));
}

std::string to_string(const MessageId& id) {
  std::string out;
  append(out, id);
  return out;
}

std::optional<MessageId> parse_message_id(std::string_view text) {
  if (text.size() < kEpochDigits + 2 || text[kEpochDigits] != '-') return std::nullopt;
  MessageId id;
  for (const char c : text.substr(0, kEpochDigits)) {
    if (c >= '0' && c <= '9')
      id.epoch = id.epoch << 4 | static_cast<std::uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      id.epoch = id.epoch << 4 | static_cast<std::uint64_t>(c - 'a' + 10);
    else
      return std::nullopt;
  }
  const std::string_view digits = text.substr(kEpochDigits + 1);
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  const auto sequence = parse_uint(digits);
  if (!sequence) return std::nullopt;
  id.sequence = *sequence;
  return id;
}

}  // namespace rt
