#include "model/message_format.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "model/escape.hpp"

namespace rt {
namespace {

using Kind = FormatPart::Kind;

struct FormatField {
  char letter;  // '\0': it has only a name
  std::string_view name;
  Kind kind;
};

constexpr std::array kFields = {
    FormatField{'d', "data", Kind::data},
    FormatField{'c', "channel", Kind::channel},
    FormatField{'i', "id", Kind::id},
    FormatField{'e', "event", Kind::event},
    FormatField{'t', "time", Kind::time},
    FormatField{'l', "length", Kind::length},
    FormatField{'x', "hex", Kind::hex},
    FormatField{'b', "base64", Kind::base64},
    FormatField{'j', "json", Kind::json},
    FormatField{'\0', "iso", Kind::time},
    FormatField{'\0', "unix", Kind::unix_time},
    FormatField{'\0', "strftime", Kind::strftime},
    FormatField{'\0', "content_type", Kind::content_type},
    FormatField{'\0', "qos", Kind::qos},
    FormatField{'\0', "retain", Kind::retain},
    FormatField{'\0', "retained", Kind::retained},
    FormatField{'\0', "prop", Kind::property},
    FormatField{'\0', "origin_id", Kind::origin_id},
    FormatField{'\0', "proto", Kind::proto},
    FormatField{'\0', "topic", Kind::topic},
    FormatField{'\0', "response_topic", Kind::response_topic},
    FormatField{'\0', "correlation", Kind::correlation},
    FormatField{'\0', "expiry", Kind::expiry},
};

// What strftime(3) knows on all systems that there are programs for.
constexpr std::string_view kConversions = "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZ%";
constexpr std::string_view kFlags = "-_0^#";

bool has_argument(Kind kind) {
  return kind == Kind::strftime || kind == Kind::property;
}

class FormatParser {
 public:
  explicit FormatParser(std::string_view text) : text_(text), rest_(text) {}

  Result<MessageFormat> run() {
    std::string literal;
    while (!rest_.empty()) {
      if (rest_[0] == '\\') {
        if (!take_escape(rest_, literal)) return unknown_escape();
      } else if (rest_.starts_with("%%")) {
        literal += '%';
        rest_.remove_prefix(2);
      } else if (rest_[0] == '%') {
        end_literal(literal);
        if (Result<void> taken = rest_.starts_with("%{") ? take_name() : take_letter(); !taken)
          return taken.error();
      } else {
        literal += rest_[0];
        rest_.remove_prefix(1);
      }
    }
    end_literal(literal);
    return std::move(format_);
  }

 private:
  Error fail_at(std::string_view rest, std::string what) const {
    const std::string_view before = text_.substr(0, text_.size() - rest.size());
    const auto characters = std::count_if(before.begin(), before.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    });
    return Error(Fault::usage,
                 "at character " + std::to_string(characters + 1) + ": " + std::move(what));
  }
  Error fail(std::string what) const { return fail_at(rest_, std::move(what)); }

  Error unknown_escape() const {
    if (rest_.size() == 1) return fail("a backslash at the end: write \\\\ for one");
    return fail("unknown escape " + printable(first_character(1)) + ": use " +
                std::string(kEscapesAllowed));
  }

  // What stands at `at` and the character behind it.
  std::string first_character(std::size_t at) const {
    std::size_t end = at + 1;
    while (end < rest_.size() && (static_cast<unsigned char>(rest_[end]) & 0xC0) == 0x80) ++end;
    return std::string(rest_.substr(0, end));
  }

  void end_literal(std::string& literal) {
    if (literal.empty()) return;
    format_.parts.push_back({Kind::literal, std::exchange(literal, {})});
  }

  Result<void> take_letter() {
    if (rest_.size() == 1) return fail("a % at the end: write %% for one");
    for (const FormatField& field : kFields) {
      if (field.letter == '\0' || field.letter != rest_[1]) continue;
      format_.parts.push_back({field.kind});
      rest_.remove_prefix(2);
      return {};
    }
    return fail("unknown " + printable(first_character(1)) +
                ": use %d %c %i %e %t %l %x %b %j, %{NAME}, or %% for a percent sign")
        .because_of(Cause::unknown_placeholder, static_cast<unsigned char>(rest_[1]));
  }

  // NAME or NAME:ARGUMENT in braces, a brace in the argument behind a backslash.
  Result<void> take_name() {
    const std::string_view begin = rest_;
    rest_.remove_prefix(2);
    const std::size_t name_end = rest_.find_first_of(":}");
    if (name_end == std::string_view::npos) return fail_at(begin, "%{ has no } behind it");
    const std::string_view name = rest_.substr(0, name_end);
    const bool colon = rest_[name_end] == ':';
    rest_.remove_prefix(name_end + 1);
    std::string argument;
    const std::string_view argument_begin = rest_;
    if (colon) {
      if (Result<void> taken = take_argument(begin, argument); !taken) return taken;
    }
    const auto* const field = std::find_if(kFields.begin(), kFields.end(),
                                           [&](const FormatField& f) { return f.name == name; });
    if (field == kFields.end()) return fail_at(begin, unknown_name(name));
    const std::string shown = "%{" + std::string(name) + "}";
    if (!has_argument(field->kind)) {
      if (colon) return fail_at(begin, shown + " has no part behind a colon");
      format_.parts.push_back({field->kind});
      return {};
    }
    if (argument.empty())
      return fail_at(begin, field->kind == Kind::property
                                ? shown + " needs a name: %{prop:NAME}"
                                : shown + " needs a format, as date has it: %{strftime:%H:%M:%S}");
    if (field->kind == Kind::strftime) return add_strftime(argument_begin, argument);
    format_.parts.push_back({field->kind, std::move(argument)});
    return {};
  }

  Result<void> take_argument(std::string_view begin, std::string& argument) {
    while (!rest_.empty() && rest_[0] != '}') {
      if (rest_.starts_with("\\}")) {
        argument += '}';
        rest_.remove_prefix(2);
      } else if (rest_[0] == '\\') {
        if (!take_escape(rest_, argument)) return unknown_escape();
      } else {
        argument += rest_[0];
        rest_.remove_prefix(1);
      }
    }
    if (rest_.empty()) return fail_at(begin, "%{ has no } behind it");
    rest_.remove_prefix(1);
    return {};
  }

  static std::string unknown_name(std::string_view name) {
    if (name.empty()) return "%{} has no name in it";
    std::vector<std::string_view> names;
    for (const FormatField& field : kFields) names.push_back(field.name);
    const std::string shown = "unknown %{" + printable(name) + "}";
    if (const auto meant = suggestion(ascii_lower(name), names))
      return shown + ": did you mean %{" + std::string(*meant) + "}?";
    std::string all;
    for (const std::string_view known : names) all += " " + std::string(known);
    return shown + ": the names are" + all;
  }

  // %N, a fraction of a second as GNU date writes it, is not strftime's.
  Result<void> add_strftime(std::string_view where, std::string_view given) {
    std::string pending;
    while (!given.empty()) {
      if (given[0] != '%') {
        pending += given[0];
        given.remove_prefix(1);
        continue;
      }
      std::size_t at = 1;
      const bool digit = at < given.size() && given[at] >= '1' && given[at] <= '9';
      const std::size_t digits = digit ? static_cast<std::size_t>(given[at] - '0') : 9;
      if (given.substr(digit ? 2 : 1).starts_with('N')) {
        if (!pending.empty()) format_.parts.push_back({Kind::strftime, std::exchange(pending, {})});
        format_.parts.push_back({Kind::fraction, {}, digits});
        given.remove_prefix(digit ? 3 : 2);
        continue;
      }
      if (at < given.size() && kFlags.find(given[at]) != std::string_view::npos) ++at;
      if (at < given.size() && (given[at] == 'E' || given[at] == 'O')) ++at;
      if (at >= given.size()) return fail_at(where, "the time's format ends in the middle of a %");
      if (kConversions.find(given[at]) == std::string_view::npos)
        return fail_at(where, "unknown " + printable(given.substr(0, at + 1)) +
                                  " in the time's format (see date(1))");
      pending += given.substr(0, at + 1);
      given.remove_prefix(at + 1);
    }
    if (!pending.empty()) format_.parts.push_back({Kind::strftime, std::move(pending)});
    return {};
  }

  std::string_view text_;
  std::string_view rest_;
  MessageFormat format_;
};

bool is_time(Kind kind) {
  return kind == Kind::time || kind == Kind::unix_time || kind == Kind::strftime ||
         kind == Kind::fraction;
}

bool is_payload(Kind kind) {
  return kind == Kind::literal || kind == Kind::data || kind == Kind::length || kind == Kind::hex ||
         kind == Kind::base64;
}

}  // namespace

bool MessageFormat::payload_only() const {
  return std::all_of(parts.begin(), parts.end(),
                     [](const FormatPart& part) { return is_payload(part.kind); });
}

bool MessageFormat::shows_time() const {
  return std::any_of(parts.begin(), parts.end(), [](const FormatPart& part) {
    return is_time(part.kind) || part.kind == Kind::json;
  });
}

bool MessageFormat::shows_id() const {
  return std::any_of(parts.begin(), parts.end(), [](const FormatPart& part) {
    return part.kind == Kind::id || part.kind == Kind::json;
  });
}

Result<MessageFormat> parse_format(std::string_view text) {
  return FormatParser(text).run();
}

}  // namespace rt
