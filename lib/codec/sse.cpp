#include "codec/sse.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "base/text.hpp"
#include "codec/utf8_repair.hpp"

namespace rt::sse {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// A line holds the field's name and colon as well as its value.
constexpr std::size_t kFieldName = 16;
// A thing that is too long is passed over, but not for ever.
constexpr std::size_t kMostDropped = 64u << 20;
constexpr std::size_t kMostTimes = 16;

// Gives the ends of lines in `bytes` in order. Each of CR and LF is searched for once over the
// bytes, so that a stream with only one of them costs no more.
class LineEnds {
 public:
  explicit LineEnds(std::string_view bytes)
      : end_(bytes.data() + bytes.size()),
        lf_(find(bytes.data(), '\n')),
        cr_(find(bytes.data(), '\r')) {}

  // The first CR or LF at or after `from`, or null.
  const char* after(const char* from) {
    if (lf_ != nullptr && lf_ < from) lf_ = find(from, '\n');
    if (cr_ != nullptr && cr_ < from) cr_ = find(from, '\r');
    if (lf_ == nullptr || cr_ == nullptr) return lf_ == nullptr ? cr_ : lf_;
    return std::min(lf_, cr_);
  }

 private:
  const char* find(const char* from, char c) const {
    if (from == end_) return nullptr;
    return static_cast<const char*>(std::memchr(from, c, static_cast<std::size_t>(end_ - from)));
  }

  const char* end_;
  const char* lf_;
  const char* cr_;
};

void assign_text(std::string& out, std::string_view value) {
  if (valid_utf8(value)) {
    out = value;
  } else {
    out.clear();
    append_valid_utf8(out, value);
  }
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') out += c;
  out += '\n';
}

}  // namespace

Result<void> Decoder::receive(std::string_view bytes) {
  if (failed_) return no_end();
  if (at_start_) skip_byte_order_mark(bytes);
  if (bytes.empty()) return {};
  LineEnds ends(bytes);
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    if (after_cr_ && *at == '\n') {
      after_cr_ = false;
      ++at;
      continue;
    }
    after_cr_ = false;
    const char* const stop = ends.after(at);
    std::string_view text(at, static_cast<std::size_t>((stop == nullptr ? end : stop) - at));
    if (stop == nullptr)
      keep_partial(text);
    else
      end_line(text);
    if (has_no_end()) {
      failed_ = true;
      return no_end();
    }
    if (stop == nullptr) return {};
    after_cr_ = *stop == '\r';
    at = stop + 1;
  }
  return {};
}

std::optional<Event> Decoder::next() {
  if (taken_ == ready_.size()) return std::nullopt;
  Event event = std::move(ready_[taken_++]);
  if (taken_ == ready_.size()) {
    ready_.clear();
    taken_ = 0;
  }
  return event;
}

bool Decoder::mid_event() const {
  return in_event_ || (!line_.empty() && line_[0] != ':');
}

void Decoder::restart() {
  line_.clear();
  data_.clear();
  event_.clear();
  // As browsers do: an event without an id on the new connection keeps the old one.
  id_buffer_ = last_event_id_;
  mark_ = 0;
  at_start_ = true;
  after_cr_ = false;
  in_event_ = false;
  too_long_ = false;
  dropping_line_ = false;
  dropped_ = 0;
  failed_ = false;
}

void Decoder::skip_byte_order_mark(std::string_view& bytes) {
  while (!bytes.empty() && bytes[0] == kByteOrderMark[mark_]) {
    bytes.remove_prefix(1);
    if (++mark_ == kByteOrderMark.size()) {
      at_start_ = false;
      return;
    }
  }
  if (bytes.empty()) return;
  line_.append(kByteOrderMark.substr(0, mark_));
  at_start_ = false;
}

std::size_t Decoder::most_of_line() const {
  return max_event_ + kFieldName;
}

// The start of a line, or more of it.
void Decoder::keep_partial(std::string_view bytes) {
  if (bytes.empty()) return;
  if (dropping_line_) {
    dropped_ += bytes.size();
    return;
  }
  const bool comment = (line_.empty() ? bytes[0] : line_[0]) == ':';
  if (comment) {
    line_ = ':';
    return;
  }
  const std::size_t room = most_of_line() - std::min(line_.size(), most_of_line());
  line_ += bytes.substr(0, room);
  if (bytes.size() <= room) return;
  drop_line(line_);
  dropping_line_ = true;
  dropped_ += bytes.size() - room;
}

// The rest of a line without its end.
void Decoder::end_line(std::string_view text) {
  if (line_.empty()) return line(text);
  keep_partial(text);
  if (!dropping_line_) line(line_);
  dropping_line_ = false;
  if (!too_long_) dropped_ = 0;
  line_.clear();
}

// Of a line that is too long: whether an event is too long with it.
void Decoder::drop_line(std::string_view start) {
  const std::string_view name = start.substr(0, std::min(start.find(':'), kFieldName));
  if (name == "data" || name == "event" || name == "id") leave_out();
  dropped_ += start.size();
}

void Decoder::leave_out() {
  in_event_ = true;
  if (std::exchange(too_long_, true)) return;
  ready_.push_back(Event{{}, {}, last_event_id_, true});
  dropped_ += data_.size();
  data_.clear();
}

bool Decoder::has_no_end() const {
  return dropped_ / kMostTimes > max_event_ && dropped_ > kMostDropped;
}

// One whole line without its end.
void Decoder::line(std::string_view text) {
  if (text.empty()) return dispatch();
  if (text[0] == ':') return;
  if (text.size() > most_of_line()) {
    drop_line(text);
    if (!too_long_) dropped_ = 0;
    return;
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  std::string_view value;
  if (colon != std::string_view::npos) value = text.substr(colon + 1);
  if (!value.empty() && value[0] == ' ') value.remove_prefix(1);

  if (name == "data") {
    in_event_ = true;
    add_data(value);
  } else if (name == "event") {
    in_event_ = true;
    assign_text(event_, value);
  } else if (name == "id") {
    in_event_ = true;
    if (value.find('\0') == std::string_view::npos) assign_text(id_buffer_, value);
  } else if (name == "retry") {
    const bool digits = !value.empty() && std::all_of(value.begin(), value.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; });
    if (digits) retry_ = parse_uint(value).value_or(std::numeric_limits<std::uint64_t>::max());
  }
}

void Decoder::add_data(std::string_view value) {
  if (too_long_) {
    dropped_ += value.size() + 1;
    return;
  }
  if (valid_utf8(value)) {
    data_ += value;
  } else {
    append_valid_utf8(data_, value);
  }
  if (data_.size() > max_event_) return leave_out();
  data_ += '\n';
}

void Decoder::dispatch() {
  in_event_ = false;
  too_long_ = false;
  dropped_ = 0;
  last_event_id_ = id_buffer_;
  if (!data_.empty()) {
    data_.pop_back();
    ready_.push_back(Event{event_, data_, last_event_id_, false});
    data_.clear();
  }
  event_.clear();
}

Error Decoder::no_end() const {
  return Error(Fault::protocol,
               "event stream: an event or a line goes on without an end, far over "
               "the limit of " +
                   std::to_string(max_event_) + " bytes");
}

bool can_carry(std::string_view data) {
  return data.find('\r') == std::string_view::npos && data.find('\0') == std::string_view::npos &&
         valid_utf8(data);
}

void append_event(std::string& out, std::string_view id, std::string_view event,
                  std::string_view data) {
  if (!id.empty()) append_field(out, "id: ", id);
  if (!event.empty()) append_field(out, "event: ", event);
  const bool plain = data.find('\r') == std::string_view::npos;
  for (;;) {
    const std::size_t end = plain ? data.find('\n') : data.find_first_of("\r\n");
    out += "data: ";
    out += data.substr(0, end);
    out += '\n';
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + 1);
  }
  out += '\n';
}

void append_comment(std::string& out, std::string_view text) {
  append_field(out, text.empty() ? ":" : ": ", text);
  out += '\n';
}

void append_retry(std::string& out, std::uint64_t milliseconds) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, milliseconds).ptr;
  out += "retry: ";
  out.append(digits, end);
  out += "\n\n";
}

}  // namespace rt::sse
