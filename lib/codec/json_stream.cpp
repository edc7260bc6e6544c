#include "codec/json_stream.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr char kRecordSeparator = '\x1e';
constexpr std::size_t kMostDropped = 64u << 20;
constexpr std::size_t kMostTimes = 16;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::optional<JsonStreamKind> json_stream_kind(std::string_view content_type) {
  const std::string type = ascii_lower(trim(content_type.substr(0, content_type.find(';'))));
  for (const std::string_view lines :
       {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl",
        "application/jsonlines", "application/x-jsonlines"})
    if (type == lines) return JsonStreamKind::lines;
  if (type == "application/json-seq") return JsonStreamKind::sequence;
  if (type == "application/json") return JsonStreamKind::values;
  return std::nullopt;
}

Result<void> JsonStream::receive(std::string_view bytes) {
  if (kind_ == JsonStreamKind::lines)
    take_lines(bytes);
  else
    take_values(bytes);
  if (dropped_ > kMostDropped && dropped_ / kMostTimes > most_)
    return Error(Fault::protocol, "a value goes on without an end, far over the limit of " +
                                      std::to_string(most_) + " bytes");
  return {};
}

std::optional<JsonStream::Value> JsonStream::next() {
  if (taken_ == ready_.size()) return std::nullopt;
  Value value = std::move(ready_[taken_++]);
  if (taken_ == ready_.size()) {
    ready_.clear();
    taken_ = 0;
  }
  return value;
}

void JsonStream::take_lines(std::string_view bytes) {
  for (std::size_t end; (end = bytes.find('\n')) != std::string_view::npos;) {
    keep(bytes.substr(0, end));
    finish();
    bytes.remove_prefix(end + 1);
  }
  keep(bytes);
}

void JsonStream::take_values(std::string_view bytes) {
  std::size_t begin = 0;  // of what belongs to the value and is not kept yet
  const auto keep_until = [&](std::size_t end) {
    keep(bytes.substr(begin, end - begin));
    begin = end;
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c == kRecordSeparator && kind_ == JsonStreamKind::sequence) {
      // What was before it and has not ended was cut off.
      keep_until(i);
      forget();
      begin = i + 1;
    } else if (in_string_) {
      if (std::exchange(escaped_, false)) continue;
      if (c == '\\') escaped_ = true;
      if (c == '"') in_string_ = false;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      // Two values need nothing between them.
      if (depth_++ > 0) continue;
      keep_until(i);
      finish();
      depth_ = 1;
    } else if (c == '}' || c == ']') {
      if (depth_ > 0 && --depth_ > 0) continue;
      keep_until(i + 1);
      finish();
    } else if (depth_ == 0 && is_space(c)) {
      keep_until(i);
      finish();
      begin = i + 1;
    }
  }
  keep_until(bytes.size());
}

void JsonStream::keep(std::string_view bytes) {
  if (too_long_ || bytes.size() > most_ - std::min(most_, text_.size())) {
    if (!std::exchange(too_long_, true)) ready_.push_back({{}, true});
    dropped_ += text_.size() + bytes.size();
    text_.clear();
    return;
  }
  text_ += bytes;
}

void JsonStream::finish() {
  std::string_view text = text_;
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  if (!too_long_ && !text.empty()) ready_.push_back({std::string(text), false});
  forget();
}

void JsonStream::forget() {
  text_.clear();
  too_long_ = in_string_ = escaped_ = false;
  dropped_ = depth_ = 0;
}

}  // namespace rt
