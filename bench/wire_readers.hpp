#pragma once

// Bytes in, messages out, for the formats in which a channel reaches its subscribers. Nothing
// here owns a socket. Each reader takes all bytes not consumed so far and returns how many it
// consumed; the caller keeps the rest. A malformed stream throws std::runtime_error.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rt::bench {

// The value of a header field, or nothing. `head` is a whole head, its empty line included;
// names compare without regard to case.
inline std::optional<std::string_view> header(std::string_view head, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  for (auto at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at)) {
    ++at;
    const auto line = head.substr(at, head.find('\r', at) - at);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    std::size_t same = 0;
    while (same < name.size() && lower(line[same]) == lower(name[same])) ++same;
    if (same < name.size()) continue;
    auto value = line.substr(name.size() + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
  }
  return std::nullopt;
}

// A response head at the start of `bytes`, empty line included; empty when it is not complete.
inline std::string_view response_head(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string_view{} : bytes.substr(0, end + 4);
}

inline int response_status(std::string_view head) {
  int status = 0;
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) {
    throw std::runtime_error("not an HTTP/1.1 response: " + std::string(head.substr(0, 40)));
  }
  std::from_chars(head.data() + 9, head.data() + 12, status);
  return status;
}

struct Response {
  int status = 0;
  std::string_view head;
  std::string_view body;

  std::size_t size() const { return head.size() + body.size(); }
};

// One whole response, or nothing yet. A body is delimited by Content-Length only.
inline std::optional<Response> read_response(std::string_view bytes) {
  Response response;
  response.head = response_head(bytes);
  if (response.head.empty()) return std::nullopt;
  response.status = response_status(response.head);
  if (header(response.head, "transfer-encoding")) {
    throw std::runtime_error("a chunked response where Content-Length was expected");
  }
  std::size_t length = 0;
  if (const auto value = header(response.head, "content-length")) {
    std::from_chars(value->data(), value->data() + value->size(), length);
  }
  if (bytes.size() < response.head.size() + length) return std::nullopt;
  response.body = bytes.substr(response.head.size(), length);
  return response;
}

// Takes the chunked transfer coding off a body that arrives in pieces.
class Dechunker {
 public:
  // Appends the decoded bytes to `body`; returns how many of `bytes` it consumed.
  std::size_t receive(std::string_view bytes, std::string& body) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      if (left_ > 0) {
        const auto run = std::min(left_, bytes.size() - at);
        // The last two bytes of what is left are the chunk's own line end.
        const auto payload = left_ > 2 ? std::min(run, left_ - 2) : 0;
        body.append(bytes.substr(at, payload));
        left_ -= run;
        at += run;
        continue;
      }
      const auto end = bytes.find("\r\n", at);
      if (end == std::string_view::npos) break;
      std::size_t size = 0;
      std::from_chars(bytes.data() + at, bytes.data() + end, size, 16);
      if (size == 0) throw std::runtime_error("the event stream ended");
      left_ = size + 2;
      at = end + 2;
    }
    return at;
  }

 private:
  std::size_t left_ = 0;
};

// Calls on_data(std::string_view) for each event of one data line. An event stream with LF line
// ends. Comments and events without data pass unseen; an event of a type of its own (a gap) throws.
template <class OnData>
std::size_t read_events(std::string_view bytes, OnData on_data) {
  std::size_t at = 0;
  for (;;) {
    const auto end = bytes.find("\n\n", at);
    if (end == std::string_view::npos) return at;
    for (auto line = at; line < end;) {
      const auto line_end = bytes.find('\n', line);
      auto text = bytes.substr(line, line_end - line);
      line = line_end + 1;
      if (text.starts_with("event:")) {
        throw std::runtime_error("unexpected event: " + std::string(bytes.substr(at, end - at)));
      }
      if (!text.starts_with("data:")) continue;
      text.remove_prefix(5);
      if (text.starts_with(' ')) text.remove_prefix(1);
      on_data(text);
    }
    at = end + 2;
  }
}

enum class Opcode : std::uint8_t { text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Calls on_frame(Opcode, std::string_view payload) for each whole, unfragmented, unmasked frame
// (RFC 6455, section 5.2).
template <class OnFrame>
std::size_t read_frames(std::string_view bytes, OnFrame on_frame) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  std::size_t at = 0;
  while (bytes.size() - at >= 2) {
    const auto first = byte(at);
    std::size_t size = byte(at + 1);
    if ((first & 0xf0) != 0x80 || size == 127 || (size & 0x80) != 0) {
      throw std::runtime_error("unexpected frame: fragmented, compressed, masked or too large");
    }
    std::size_t head = 2;
    if (size == 126) {
      head = 4;
      if (bytes.size() - at < head) break;
      size = static_cast<std::size_t>(byte(at + 2) << 8 | byte(at + 3));
    }
    if (bytes.size() - at < head + size) break;
    on_frame(static_cast<Opcode>(first & 0x0f), bytes.substr(at + head, size));
    at += head + size;
  }
  return at;
}

// Calls on_data(std::string_view) with the `data` of each NDJSON envelope of a whole body. The
// data must not need JSON escapes; a line without data (a gap) throws.
template <class OnData>
void read_envelopes(std::string_view body, OnData on_data) {
  static constexpr std::string_view kKey = R"("data":")";
  while (!body.empty()) {
    const auto line_end = std::min(body.find('\n'), body.size());
    const auto line = body.substr(0, line_end);
    body.remove_prefix(std::min(line_end + 1, body.size()));
    if (line.empty()) continue;
    const auto key = line.find(kKey);
    const auto first = key + kKey.size();
    const auto end = key == std::string_view::npos ? key : line.find('"', first);
    if (end == std::string_view::npos) {
      throw std::runtime_error("an envelope without data: " + std::string(line.substr(0, 200)));
    }
    on_data(line.substr(first, end - first));
  }
}

}  // namespace rt::bench
