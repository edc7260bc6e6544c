#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/defaults.hpp"

// Event streams (WHATWG HTML, "Server-sent events").
namespace rt::sse {

struct Event {
  std::string event;  // the event type; empty: "message"
  std::string data;
  std::string last_event_id;  // the last event ID buffer at dispatch
  bool too_long = false;      // it was left out: the id is that of the event before it

  bool operator==(const Event&) const = default;
};

// Takes the bytes of an event stream and gives events, as the standard's "Interpreting an event
// stream": BOM, CR / LF / CRLF line ends, comments, `retry`, `id` without NUL, events without data
// dropped. Invalid UTF-8 is replaced by U+FFFD. An event is dispatched at the first byte that
// completes its empty line: at CR without waiting for an LF.
class Decoder {
 public:
  explicit Decoder(std::size_t max_event = defaults::kMaxMessage) : max_event_(max_event) {}
  // For the events that come from now on.
  void set_max_event(std::size_t max_event) { max_event_ = max_event; }

  // An event whose data, or one line of it, is longer than max_event bytes is left out, and one
  // that is too_long stands in its place; its id counts. Fails (protocol) when such an event does
  // not end within many times that length, and from then on until restart(). Events completed
  // before can still be taken.
  Result<void> receive(std::string_view bytes);
  std::optional<Event> next();

  // What a reconnection sends as Last-Event-ID: it changes when an event is dispatched (also one
  // that is dropped for lack of data).
  const std::string& last_event_id() const { return last_event_id_; }
  void set_last_event_id(std::string id) { last_event_id_ = id, id_buffer_ = std::move(id); }
  // The reconnection time in ms that the stream has set, if it did; a larger number than fits is
  // the largest.
  std::optional<std::uint64_t> reconnection_time() const { return retry_; }
  // True when part of an event has come that is not dispatched: at the end of a stream, a cut
  // event. Comments, `retry` and unknown fields alone are no event.
  bool mid_event() const;
  // A new connection: forgets the partial event, keeps id, reconnection time and complete events.
  void restart();

 private:
  void skip_byte_order_mark(std::string_view& bytes);
  void keep_partial(std::string_view bytes);
  void end_line(std::string_view text);
  void line(std::string_view text);
  void add_data(std::string_view value);
  void dispatch();
  std::size_t most_of_line() const;
  void drop_line(std::string_view start);
  void leave_out();
  bool has_no_end() const;
  Error no_end() const;

  std::size_t max_event_;
  std::string line_;  // the start of a line whose end has not come; of a comment only the colon
  std::string data_;
  std::string event_;
  std::string id_buffer_;
  std::string last_event_id_;
  std::optional<std::uint64_t> retry_;
  std::vector<Event> ready_;
  std::size_t taken_ = 0;  // of ready_
  std::uint8_t mark_ = 0;  // bytes of a byte order mark seen at the start
  bool at_start_ = true;
  bool after_cr_ = false;
  bool in_event_ = false;
  bool too_long_ = false;       // the event: the rest of it is not kept
  bool dropping_line_ = false;  // until its end
  std::size_t dropped_ = 0;     // bytes of the event or line that is not kept
  bool failed_ = false;
};

// True when `data` can be carried by data: fields and come out the same: valid UTF-8 without CR
// and NUL (LF splits into several data fields and joins again).
bool can_carry(std::string_view data);

// Appends one event: "id: …\n" when id is not empty, "event: …\n" when event is not empty, data
// fields, empty line. The data must pass can_carry (a CR in it breaks the line as LF does); in id
// and event, CR, LF and NUL are removed (no injection).
void append_event(std::string& out, std::string_view id, std::string_view event,
                  std::string_view data);
// Appends a comment line and an empty line: ":\n\n" when text is empty. CR, LF and NUL are removed.
void append_comment(std::string& out, std::string_view text);
// Appends a retry field and an empty line, so that it can stand between any two events.
void append_retry(std::string& out, std::uint64_t milliseconds);

}  // namespace rt::sse
