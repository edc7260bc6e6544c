#include "line_protocol.hpp"

#include <libwebsockets.h>

#include <array>
#include <cstdio>

namespace peer {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 8, '\0');
  const int length = lws_b64_encode_string(bytes.data(), static_cast<int>(bytes.size()), out.data(),
                                           static_cast<int>(out.size()));
  out.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return out;
}

std::string from_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 8, '\0');
  const int length = lws_b64_decode_string_len(text.data(), static_cast<int>(text.size()),
                                               out.data(), static_cast<int>(out.size()));
  out.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return out;
}

Event::Event(std::string_view name, std::string_view of, long number) {
  line_ = "{\"event\":" + quoted(name);
  this->number(of, number);
}

Event& Event::number(std::string_view name, long value) {
  return raw(name, std::to_string(value));
}

Event& Event::text(std::string_view name, std::string_view value) {
  return raw(name, quoted(value));
}

Event& Event::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

Event& Event::payload(std::string_view bytes) {
  return raw("payload", '"' + base64(bytes) + '"');
}

Event& Event::raw(std::string_view name, std::string_view json) {
  line_ += ',' + quoted(name) + ':';
  line_ += json;
  return *this;
}

std::string Event::line() && {
  return std::move(line_) + "}\n";
}

}  // namespace peer
