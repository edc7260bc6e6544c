#include "codec/mosquitto_json.hpp"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "codec/json_string.hpp"
#include "codec/json_values.hpp"

namespace rt::mosquitto {
namespace {

bool is_white(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_sound(std::string_view json) {
  JsonValues values(json.size());
  std::string_view rest = json;
  JsonValues::Step step = values.next(rest);
  if (step == JsonValues::Step::more) step = values.finish();
  if (step != JsonValues::Step::value) return false;
  while (!rest.empty() && is_white(rest[0])) rest.remove_prefix(1);
  return rest.empty();
}

void append_indent(std::string& out, std::size_t depth) {
  out.append(depth, '\t');
}

// In the fewest digits of 15 or 17 that read back as the same.
void append_number(std::string& out, std::string_view written) {
  const std::string text(written);
  const double value = std::strtod(text.c_str(), nullptr);
  char digits[40];
  std::snprintf(digits, sizeof digits, "%1.15g", value);
  if (std::strtod(digits, nullptr) != value) std::snprintf(digits, sizeof digits, "%1.17g", value);
  const std::string_view shown = digits;
  out += shown.find_first_of("in") == std::string_view::npos ? shown : "null";
}

// Of a text that is sound: token by token, white space left out.
class Reprinter {
 public:
  Reprinter(std::string& out, std::string_view json, bool pretty, std::size_t depth)
      : out_(out), rest_(json), pretty_(pretty), depth_(depth) {}

  void run() {
    while (!rest_.empty()) {
      const char c = rest_[0];
      if (is_white(c)) {
        rest_.remove_prefix(1);
      } else if (c == '"') {
        take_string();
      } else if (c == '-' || (c >= '0' && c <= '9')) {
        const std::string_view number = rest_.substr(0, rest_.find_first_of(",]} \t\r\n"));
        append_number(out_, number);
        rest_.remove_prefix(number.size());
      } else {
        rest_.remove_prefix(1);
        take(c);
      }
    }
  }

 private:
  void take_string() {
    std::size_t end = 1;
    while (rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    append_string(out_, json_unescaped(rest_.substr(1, end - 1)));
    rest_.remove_prefix(end + 1);
  }

  void take(char c) {
    switch (c) {
      case '{':
        out_ += c;
        opened_.push_back(c);
        ++depth_;
        if (!pretty_) return;
        out_ += '\n';
        return is_empty('}') ? void() : append_indent(out_, depth_);
      case '[':
        out_ += c;
        opened_.push_back(c);
        ++depth_;
        return;
      case '}':
        --depth_;
        opened_.pop_back();
        if (pretty_) {
          if (out_.back() != '\n') out_ += '\n';
          append_indent(out_, depth_);
        }
        out_ += c;
        return;
      case ']':
        --depth_;
        opened_.pop_back();
        out_ += c;
        return;
      case ',':
        out_ += c;
        if (!pretty_) return;
        if (opened_.back() == '[') {
          out_ += ' ';
          return;
        }
        out_ += '\n';
        return append_indent(out_, depth_);
      case ':':
        out_ += c;
        if (pretty_) out_ += '\t';
        return;
      default:  // of true, false or null
        out_ += c;
    }
  }

  bool is_empty(char end) const {
    const std::size_t next = rest_.find_first_not_of(" \t\r\n");
    return next != std::string_view::npos && rest_[next] == end;
  }

  std::string& out_;
  std::string_view rest_;
  bool pretty_;
  std::size_t depth_;
  std::vector<char> opened_;
};

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text.substr(0, text.find('\0'))) {
    switch (c) {
      case '"':
      case '\\':
        out += '\\';
        out += c;
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) >= ' ') {
          out += c;
          break;
        }
        out += "\\u00";
        out += c >= 16 ? '1' : '0';
        out += "0123456789abcdef"[c & 15];
    }
  }
  out += '"';
}

bool append_value(std::string& out, std::string_view json, bool pretty, std::size_t depth) {
  if (!is_sound(json)) return false;
  Reprinter(out, json, pretty, depth).run();
  return true;
}

ObjectWriter::ObjectWriter(std::string& out, bool pretty, std::size_t depth)
    : out_(out), pretty_(pretty), depth_(depth + 1) {
  out_ += '{';
}

void ObjectWriter::name(std::string_view text) {
  if (!first_) out_ += ',';
  first_ = false;
  if (pretty_) {
    out_ += '\n';
    append_indent(out_, depth_);
  }
  append_string(out_, text);
  out_ += ':';
  if (pretty_) out_ += '\t';
}

void ObjectWriter::number(std::string_view text, std::uint64_t value) {
  name(text);
  out_ += std::to_string(value);
}

void ObjectWriter::string(std::string_view text, std::string_view value) {
  name(text);
  append_string(out_, value);
}

void ObjectWriter::end() {
  if (pretty_) {
    out_ += '\n';
    append_indent(out_, depth_ - 1);
  }
  out_ += '}';
}

}  // namespace rt::mosquitto
