#include "codec/content_type.hpp"

#include <string>

#include "base/text.hpp"

namespace rt {

std::string_view content_type_of(PayloadKind kind) {
  return kind == PayloadKind::text ? "text/plain; charset=utf-8" : "application/octet-stream";
}

std::string_view content_type_of(const Message& message) {
  return message.content_type.empty() ? content_type_of(message.kind) : message.content_type;
}

void set_content_type(Message& message, std::string_view declared) {
  const std::string type = ascii_lower(trim(declared.substr(0, declared.find(';'))));
  const bool untyped = type.empty() || type == "application/x-www-form-urlencoded";
  message.content_type = untyped ? std::string() : std::string(declared);
  const bool binary_type = type == "application/octet-stream" || type.starts_with("image/") ||
                           type.starts_with("audio/") || type.starts_with("video/");
  message.kind =
      binary_type || !valid_utf8(message.payload) ? PayloadKind::binary : PayloadKind::text;
  message.guessed = untyped;
}

}  // namespace rt
