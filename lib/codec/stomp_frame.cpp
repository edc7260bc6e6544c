#include "codec/stomp_frame.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostHead = 64u << 10;
constexpr std::size_t kMostHeaders = 1000;

Error wrong(std::string_view what) {
  return Error(Fault::protocol, "STOMP: " + std::string(what)).as_fatal();
}

bool escapes(std::string_view command) {
  return command != "CONNECT" && command != "CONNECTED";
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\r':
        out += "\\r";
        break;
      case '\n':
        out += "\\n";
        break;
      case ':':
        out += "\\c";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += c;
    }
  }
}

// Nothing for an escape that is none.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    if (++at == text.size()) return std::nullopt;
    constexpr std::string_view kLetters = "rnc\\";
    constexpr std::string_view kMeant = "\r\n:\\";
    const std::size_t which = kLetters.find(text[at]);
    if (which == std::string_view::npos) return std::nullopt;
    out += kMeant[which];
  }
  return out;
}

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::optional<std::string_view> StompFrame::header(std::string_view name) const {
  for (const auto& [its_name, value] : headers)
    if (its_name == name) return value;
  return std::nullopt;
}

void append_stomp(std::string& out, const StompFrame& frame) {
  out += frame.command;
  out += '\n';
  for (const auto& [name, value] : frame.headers) {
    if (escapes(frame.command)) {
      append_escaped(out, name);
      out += ':';
      append_escaped(out, value);
    } else {
      out += name + ":" + value;
    }
    out += '\n';
  }
  if (frame.body.find('\0') != std::string::npos || !valid_utf8(frame.body))
    out += "content-length:" + std::to_string(frame.body.size()) + "\n";
  out += '\n';
  out += frame.body;
  out += '\0';
}

Result<void> StompReader::receive(std::string_view bytes) {
  buffer_ += bytes;
  Result<bool> whole = take_frame();
  while (whole && *whole) whole = take_frame();
  buffer_.erase(0, begin_);
  scanned_ -= std::min(scanned_, begin_);
  begin_ = 0;
  if (!whole) return whole.error();
  return {};
}

std::optional<StompFrame> StompReader::next() {
  if (given_ == ready_.size()) {
    ready_.clear();
    given_ = 0;
    return std::nullopt;
  }
  return std::move(ready_[given_++]);
}

Result<std::size_t> StompReader::head_size() const {
  std::size_t line = begin_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', line);
    if (std::min(end, buffer_.size()) - begin_ > kMostHead)
      return wrong("a head is longer than 64 KiB");
    if (end == std::string::npos) return std::size_t{0};
    if (without_return(std::string_view(buffer_).substr(line, end - line)).empty())
      return end + 1 - begin_;
    line = end + 1;
  }
}

Result<void> StompReader::read_head(std::string_view head) {
  const auto lines = split(head, '\n');
  frame_.command = without_return(lines.front());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = without_return(lines[i]);
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return wrong("a header without a colon");
    if (frame_.headers.size() == kMostHeaders) return wrong("more than 1000 headers");
    std::string name(line.substr(0, colon));
    std::string value(line.substr(colon + 1));
    if (escapes(frame_.command)) {
      // STOMP 1.1 knows fewer escapes, and 1.0 none: what is none is taken as it is.
      name = unescaped(name).value_or(name);
      value = unescaped(value).value_or(value);
    }
    frame_.headers.emplace_back(std::move(name), std::move(value));
  }
  length_.reset();
  const auto length = frame_.header("content-length");
  if (!length) return {};
  const auto bytes = parse_uint(trim(*length));
  if (!bytes) return wrong("a content-length that is no number");
  if (*bytes > most_)
    return wrong("a message of " + std::to_string(*bytes) + " bytes").with_hint("--max-message");
  length_ = static_cast<std::size_t>(*bytes);
  return {};
}

Result<bool> StompReader::take_frame() {
  if (head_ == 0) {
    begin_ = std::min(buffer_.find_first_not_of("\r\n", begin_), buffer_.size());
    const Result<std::size_t> size = head_size();
    if (!size) return size.error();
    if (*size == 0) return false;
    if (Result<void> read = read_head(std::string_view(buffer_).substr(begin_, *size)); !read)
      return read.error();
    head_ = *size;
    scanned_ = begin_ + head_;
  }
  const std::size_t body = begin_ + head_;
  const std::size_t end = length_ ? body + *length_ : buffer_.find('\0', scanned_);
  if (length_ && end < buffer_.size() && buffer_[end] != '\0')
    return wrong("no NUL at the end of a frame");
  if (std::min(end, buffer_.size()) - body > most_)
    return wrong("a message of more than " + std::to_string(most_) + " bytes")
        .with_hint("--max-message");
  if (end >= buffer_.size()) {
    scanned_ = buffer_.size();
    return false;
  }
  frame_.body = buffer_.substr(body, end - body);
  begin_ = end + 1;
  ready_.push_back(std::exchange(frame_, {}));
  head_ = 0;
  return true;
}

}  // namespace rt
