#include <array>
#include <charconv>
#include <cstring>

#include "codec/http1.hpp"
#include "codec/http_values.hpp"

namespace rt::http1 {
namespace {

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

}  // namespace

void append_status_line(std::string& out, int status) {
  out += "HTTP/1.1 ";
  append_number(out, status);
  out += ' ';
  out += http::reason_phrase(status);
  out += "\r\n";
}

// Written into place: an append() for every part would cost twice as much.
void append_fields(std::string& out, const http::Fields& fields) {
  std::size_t size = 0;
  for (const http::Field field : fields) size += field.name.size() + field.value.size() + 4;
  const std::size_t start = out.size();
  out.resize(start + size);
  char* at = out.data() + start;
  for (const http::Field field : fields) {
    at = put(at, field.name);
    at = put(at, ": ");
    at = put(at, field.value);
    at = put(at, "\r\n");
  }
}

void append_content_length(std::string& out, std::uint64_t length) {
  out += "Content-Length: ";
  append_number(out, length);
  out += "\r\n";
}

}  // namespace rt::http1
