#include "codec/ws_extensions.hpp"

#include <cstddef>
#include <utility>

#include "codec/http_bytes.hpp"

namespace rt::ws {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool take(char wanted) {
    skip_space();
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool at_end() {
    skip_space();
    return text_.empty();
  }
  // Empty when none is there.
  std::string_view token() {
    skip_space();
    std::size_t size = 0;
    while (size < text_.size() && http::is(text_[size], http::kTokenByte)) ++size;
    const std::string_view token = text_.substr(0, size);
    text_.remove_prefix(size);
    return token;
  }
  // A token, or a quoted string that is one within its quotes.
  std::optional<std::string> value() {
    if (!take('"')) {
      const std::string_view plain = token();
      return plain.empty() ? std::nullopt : std::optional(std::string(plain));
    }
    std::string out;
    while (!text_.empty() && text_.front() != '"') {
      if (text_.front() == '\\') text_.remove_prefix(1);
      if (text_.empty() || !http::is(text_.front(), http::kTokenByte)) return std::nullopt;
      out += text_.front();
      text_.remove_prefix(1);
    }
    if (text_.empty() || out.empty()) return std::nullopt;
    text_.remove_prefix(1);
    return out;
  }

 private:
  void skip_space() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t'))
      text_.remove_prefix(1);
  }
  std::string_view text_;
};

std::optional<Extension> read_extension(Reader& reader) {
  Extension extension{reader.token(), {}};
  if (extension.name.empty()) return std::nullopt;
  while (reader.take(';')) {
    ExtensionParameter parameter{reader.token(), {}};
    if (parameter.name.empty()) return std::nullopt;
    if (reader.take('=')) {
      parameter.value = reader.value();
      if (!parameter.value) return std::nullopt;
    }
    extension.parameters.push_back(std::move(parameter));
  }
  return extension;
}

}  // namespace

std::optional<std::vector<Extension>> parse_extensions(std::string_view value) {
  std::vector<Extension> extensions;
  Reader reader(value);
  for (;;) {
    // Empty elements of a list are passed over (RFC 9110 section 5.6.1.2).
    while (reader.take(',')) {
    }
    if (reader.at_end()) break;
    auto extension = read_extension(reader);
    if (!extension) return std::nullopt;
    extensions.push_back(std::move(*extension));
    if (!reader.at_end() && !reader.take(',')) return std::nullopt;
  }
  if (extensions.empty()) return std::nullopt;
  return extensions;
}

}  // namespace rt::ws
