#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "codec/envelope.hpp"
#include "codec/envelope_draft.hpp"
#include "codec/json_number.hpp"

namespace rt::envelope {
namespace {

namespace json = simdjson::ondemand;

constexpr std::size_t kFirstCapacity = 4096;
// What one long line needed is given back after it.
constexpr std::size_t kKeptCapacity = 1u << 20;
constexpr int kMaxDepth = 128;

// By length first: most lines have seven members.
Key key_of(std::string_view name) {
  const auto is = [name](std::string_view known, Key key) {
    return name == known ? key : Key::unknown;
  };
  switch (name.size()) {
    case 1:
      return is("v", Key::v);
    case 2:
      return is("id", Key::id);
    case 3:
      if (name[0] == 'v') return is("via", Key::via);
      return name[0] == 'q' ? is("qos", Key::qos) : is("gap", Key::gap);
    case 4:
      return name[0] == 'd' ? is("data", Key::data) : is("time", Key::time);
    case 5:
      return name[0] == 't' ? is("topic", Key::topic) : is("event", Key::event);
    case 6:
      if (name[0] == 'e') return is("expiry", Key::expiry);
      return name[0] == 'b' ? is("binary", Key::binary) : is("retain", Key::retain);
    case 7:
      return is("channel", Key::channel);
    case 9:
      return is("origin_id", Key::origin_id);
    case 10:
      return is("properties", Key::properties);
    case 11:
      return name[0] == 'd' ? is("data_base64", Key::data_base64)
                            : is("correlation", Key::correlation);
    case 12:
      return is("content_type", Key::content_type);
    case 14:
      return is("response_topic", Key::response_topic);
    case 18:
      return is("correlation_base64", Key::correlation_base64);
    default:
      return Key::unknown;
  }
}

}  // namespace

// Every function that returns bool is false when the line is wrong, and then has said so.
class Reader::Parser {
 public:
  bool read(std::string_view line, Message& message);
  bool read_recorded(std::string_view line, Message& message, RecordedFacts& facts) {
    facts_ = &facts;
    const bool done = read(line, message);
    facts_ = nullptr;
    return done;
  }
  const std::string& problem() const { return draft_.problem(); }
  bool oversized() const { return capacity_ > kKeptCapacity; }

 private:
  bool prepare(std::string_view line);
  bool member(std::string_view name, json::value& value, Message& message);
  bool fact(std::string_view name, json::value& value);

  bool via(json::value& value, Message& message);
  bool properties(json::value& value, Message& message);
  bool property_pairs(json::value& value, Message& message);
  bool gap(json::value& value);

  // nullopt, and true, for null.
  bool text(std::string_view name, json::value& value, std::optional<std::string_view>& out,
            std::string_view wanted = "must be a string");
  bool text(std::string_view name, json::value& value, std::string& out);
  // A number, true, false or null as it is written.
  bool token(std::string_view name, std::string_view wanted, json::value& value,
             std::string_view& out);
  bool type_of(json::value& value, json::json_type& out);
  bool skip(json::value& value, int depth);

  // visit(name, value) and visit(element), until one is false. Values go by reference: copying one
  // just after it was made costs a stalled load, a fifth of the time of a short line.
  template <class Visit>
  bool each_field(json::object& object, Visit visit);
  template <class Visit>
  bool each_element(json::value& array, Visit visit);

  bool wrong(std::string problem) { return draft_.wrong(std::move(problem)); }
  bool malformed(simdjson::error_code code);

  json::parser parser_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  Draft draft_;
  RecordedFacts* facts_ = nullptr;  // of a recording's line, else null
};

bool Reader::Parser::malformed(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR:
      return wrong("not valid UTF-8");
    case simdjson::MEMALLOC:
    case simdjson::CAPACITY:
      return wrong("too large for the memory");
    case simdjson::INCORRECT_TYPE:
      return wrong("not a JSON object");
    default:
      return wrong("not valid JSON");
  }
}

template <class Visit>
bool Reader::Parser::each_field(json::object& object, Visit visit) {
  for (auto next : object) {
    if (const auto code = next.error()) return malformed(code);
    json::field&& field = std::move(next).value_unsafe();
    std::string_view name;
    if (const auto code = field.unescaped_key().get(name)) return malformed(code);
    if (!visit(name, field.value())) return false;
  }
  return true;
}

template <class Visit>
bool Reader::Parser::each_element(json::value& array, Visit visit) {
  json::array elements;
  if (const auto code = array.get_array().get(elements)) return malformed(code);
  for (auto next : elements) {
    if (const auto code = next.error()) return malformed(code);
    // Newer versions of simdjson take the value out of a moved result only.
    // NOLINTNEXTLINE(performance-move-const-arg)
    json::value&& element = std::move(next).value_unsafe();
    if (!visit(element)) return false;
  }
  return true;
}

bool Reader::Parser::prepare(std::string_view line) {
  if (line.size() > capacity_) {
    const std::size_t capacity = std::bit_ceil(std::max(line.size(), kFirstCapacity));
    if (const auto code = parser_.allocate(capacity)) return malformed(code);
    buffer_ = std::make_unique<char[]>(capacity + simdjson::SIMDJSON_PADDING);
    capacity_ = capacity;
  }
  std::memcpy(buffer_.get(), line.data(), line.size());
  return true;
}

bool Reader::Parser::read(std::string_view line, Message& message) {
  draft_.begin();
  if (line.empty()) return wrong("not a JSON object");
  if (!prepare(line)) return false;
  json::document document;
  if (const auto code =
          parser_.iterate(buffer_.get(), line.size(), capacity_ + simdjson::SIMDJSON_PADDING)
              .get(document))
    return malformed(code);
  json::object object;
  if (const auto code = document.get_object().get(object)) return malformed(code);
  if (!each_field(object, [&](std::string_view name, json::value& value) {
        return member(name, value, message);
      }))
    return false;
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return wrong("not valid JSON: text after the object");
  if (facts_ != nullptr && facts_->event()) {
    message = Message();
    return true;
  }
  return draft_.complete(message);
}

bool Reader::Parser::member(std::string_view name, json::value& value, Message& message) {
  const Key key = key_of(name);
  switch (key) {
    case Key::unknown:
      return facts_ != nullptr ? fact(name, value) : skip(value, 1);
    case Key::channel:
      return text(name, value, message.channel);
    case Key::id:
      return text(name, value, message.id);
    case Key::origin_id:
      return text(name, value, message.origin_id);
    case Key::event:
      return text(name, value, message.event);
    case Key::content_type:
      return text(name, value, message.content_type);
    case Key::via:
      return via(value, message);
    case Key::properties:
      return properties(value, message);
    case Key::gap:
      return gap(value);
    case Key::time:
    case Key::topic:
    case Key::data:
    case Key::data_base64:
    case Key::response_topic:
    case Key::correlation:
    case Key::correlation_base64: {
      std::optional<std::string_view> written;
      return text(name, value, written) && draft_.take_text(key, written, message);
    }
    case Key::v:
    case Key::qos:
    case Key::retain:
    case Key::expiry:
    case Key::binary: {
      std::string_view written;
      return token(name, Draft::wanted(key), value, written) &&
             draft_.take_token(key, written, message);
    }
  }
  return true;
}

bool Reader::Parser::fact(std::string_view name, json::value& value) {
  const auto number = [&](std::string_view wanted, std::string_view& written) {
    return token(name, wanted, value, written);
  };
  std::string_view written;
  if (name == "at") {
    constexpr std::string_view kWanted = "must be a number of seconds";
    if (!number(kWanted, written)) return false;
    if (written != "null" && !(facts_->at = microseconds_of(written)))
      return wrong(named(name, kWanted));
    return true;
  }
  if (name == "code") {
    constexpr std::string_view kWanted = "must be a whole number";
    if (!number(kWanted, written)) return false;
    if (written != "null" && !(facts_->code = parse_uint(written)))
      return wrong(named(name, kWanted));
    return true;
  }
  if (name == "relayed") {
    if (!number("must be true or false", written)) return false;
    facts_->relayed = written == "true";
    return true;
  }
  if (name == "received") {
    std::optional<std::string_view> time;
    if (!text(name, value, time)) return false;
    if (time) facts_->received = parse_time(*time).value_or(WallTime{});
    return true;
  }
  if (name == "end" || name == "client") facts_->one_of_several = true;
  if (name == "from") return text(name, value, facts_->from);
  if (name == "recording") return text(name, value, facts_->recording);
  if (name == "connection") return text(name, value, facts_->connection);
  if (name == "reason") return text(name, value, facts_->reason);
  return skip(value, 1);
}

bool Reader::Parser::via(json::value& value, Message& message) {
  constexpr std::string_view kWanted = "must be an array of strings";
  message.via.clear();
  json::json_type type{};
  if (!type_of(value, type)) return false;
  if (type == json::json_type::null) return skip(value, 1);
  if (type != json::json_type::array) return wrong(named("via", kWanted));
  return each_element(value, [&](json::value& relay) {
    std::optional<std::string_view> id;
    if (!text("via", relay, id, kWanted)) return false;
    if (!id) return wrong(named("via", kWanted));
    message.via.emplace_back(*id);
    return true;
  });
}

bool Reader::Parser::properties(json::value& value, Message& message) {
  constexpr std::string_view kWanted = "must be an object of strings or an array of pairs";
  message.properties.clear();
  json::json_type type{};
  if (!type_of(value, type)) return false;
  if (type == json::json_type::null) return skip(value, 1);
  if (type == json::json_type::array) return property_pairs(value, message);
  json::object object;
  if (type != json::json_type::object) return wrong(named("properties", kWanted));
  if (const auto code = value.get_object().get(object)) return malformed(code);
  return each_field(object, [&](std::string_view name, json::value& property) {
    std::optional<std::string_view> written;
    if (!text("properties", property, written, kWanted)) return false;
    if (!written) return wrong(named("properties", kWanted));
    message.properties.emplace_back(name, *written);
    return true;
  });
}

bool Reader::Parser::property_pairs(json::value& value, Message& message) {
  constexpr std::string_view kWanted = "must be an array of [name, value] pairs";
  return each_element(value, [&](json::value& pair) {
    json::json_type type{};
    if (!type_of(pair, type)) return false;
    if (type != json::json_type::array) return wrong(named("properties", kWanted));
    std::string_view parts[2];
    std::size_t n = 0;
    const bool read = each_element(pair, [&](json::value& part) {
      std::optional<std::string_view> written;
      if (!text("properties", part, written, kWanted)) return false;
      if (!written || n == 2) return wrong(named("properties", kWanted));
      parts[n++] = *written;
      return true;
    });
    if (!read) return false;
    if (n != 2) return wrong(named("properties", kWanted));
    message.properties.emplace_back(parts[0], parts[1]);
    return true;
  });
}

bool Reader::Parser::gap(json::value& value) {
  std::optional<Gap>& gap = draft_.gap();
  gap.reset();
  json::json_type type{};
  if (!type_of(value, type)) return false;
  if (type == json::json_type::null) return skip(value, 1);
  json::object object;
  if (type != json::json_type::object) return wrong("\"gap\" must be an object");
  if (const auto code = value.get_object().get(object)) return malformed(code);
  gap.emplace();
  return each_field(object, [&](std::string_view name, json::value& member) {
    if (name == "from") return text(name, member, gap->from);
    if (name != "missed") return skip(member, 2);
    std::string_view written;
    if (!token(name, "must be a whole number", member, written)) return false;
    gap->missed = parse_uint(written);
    return gap->missed || written == "null" || wrong("\"missed\" must be a whole number");
  });
}

bool Reader::Parser::text(std::string_view name, json::value& value,
                          std::optional<std::string_view>& out, std::string_view wanted) {
  std::string_view written;
  const auto code = value.get_string().get(written);
  if (code == simdjson::SUCCESS) {
    out = written;
    return true;
  }
  if (code != simdjson::INCORRECT_TYPE) return malformed(code);
  out.reset();
  std::string_view other;
  if (!token(name, wanted, value, other)) return false;
  return other == "null" || wrong(named(name, wanted));
}

bool Reader::Parser::text(std::string_view name, json::value& value, std::string& out) {
  std::optional<std::string_view> written;
  if (!text(name, value, written)) return false;
  out = written.value_or(std::string_view());
  return true;
}

bool Reader::Parser::token(std::string_view name, std::string_view wanted, json::value& value,
                           std::string_view& out) {
  out = value.raw_json_token();
  if (out[0] == '"' || out[0] == '{' || out[0] == '[') return wrong(named(name, wanted));
  while (!out.empty() &&
         (out.back() == ' ' || out.back() == '\t' || out.back() == '\r' || out.back() == '\n'))
    out.remove_suffix(1);
  if (out == "true" || out == "false" || out == "null" || is_json_number(out)) return true;
  return wrong("not valid JSON");
}

bool Reader::Parser::type_of(json::value& value, json::json_type& out) {
  const auto code = value.type().get(out);
  return code == simdjson::SUCCESS || malformed(simdjson::TAPE_ERROR);
}

// Walks through a value that nobody asked for, because On Demand checks only what it visits.
bool Reader::Parser::skip(json::value& value, int depth) {
  if (depth > kMaxDepth) return wrong("nested more than " + std::to_string(kMaxDepth) + " deep");
  json::json_type type{};
  if (!type_of(value, type)) return false;
  if (type == json::json_type::string) {
    std::string_view written;
    const auto code = value.get_string().get(written);
    return code == simdjson::SUCCESS || malformed(code);
  }
  if (type == json::json_type::array)
    return each_element(value, [&](json::value& element) { return skip(element, depth + 1); });
  if (type == json::json_type::object) {
    json::object object;
    if (const auto code = value.get_object().get(object)) return malformed(code);
    return each_field(
        object, [&](std::string_view, json::value& member) { return skip(member, depth + 1); });
  }
  std::string_view written;
  return token("", "", value, written);
}

Reader::Reader() = default;
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<void> Reader::read(std::string_view line, Message& message) {
  if (!parser_) parser_ = std::make_unique<Parser>();
  Result<void> result;
  if (!parser_->read(line, message)) result = Error(Fault::usage, parser_->problem());
  if (parser_->oversized()) parser_.reset();
  return result;
}

Result<void> Reader::read_recorded(std::string_view line, Message& message, RecordedFacts& facts) {
  if (!parser_) parser_ = std::make_unique<Parser>();
  Result<void> result;
  if (!parser_->read_recorded(line, message, facts))
    result = Error(Fault::usage, parser_->problem());
  if (parser_->oversized()) parser_.reset();
  return result;
}

Result<Message> Reader::read(std::string_view line) {
  Message message;
  if (auto result = read(line, message); !result) return result.error();
  return message;
}

}  // namespace rt::envelope
