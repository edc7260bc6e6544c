#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http1_chunked.hpp"
#include "codec/http_fields.hpp"

// The client's half of the opening handshake as data (RFC 6455 section 4.1), without I/O.
namespace rt::ws {

// What a request offers, and its answer is held to.
struct Offer {
  std::string key;  // of Sec-WebSocket-Key: 16 random bytes in base64
  std::vector<std::string> subprotocols;
  std::string extensions;  // a field value; empty: none
};

// The whole request. `fields` are lines that end in CRLF, without those of the offer.
std::string request_text(std::string_view target, std::string_view fields, const Offer& offer);
// The names as one field value; empty: none.
std::string subprotocol_list(const std::vector<std::string>& names);

// The last answer: not one of those (1xx but 101) that announce it.
struct Answer {
  int status = 0;
  std::string status_line;  // "404 Not Found"
  http::Fields fields;
  std::string body;  // of a refusal: its beginning

  std::string_view value(std::string_view name) const { return fields.find(name).value_or(""); }
  // Of a 101, each at most once and offered; else empty.
  std::string subprotocol;
  std::string extensions;
};

// What is wrong with an answer.
enum class AnswerFault : std::uint8_t {
  none,
  not_http,  // from its first bytes on
  malformed,
  too_long,  // its head
  no_upgrade,
  other_upgrade,
  accept_missing,
  accept_wrong,
  accept_twice,
  subprotocol,
  extension,
};

// Takes the bytes of the answer. What comes out does not depend on how they are cut. Strict but for
// line ends: a bare LF counts as one (RFC 9112 section 2.2).
class AnswerReader {
 public:
  enum class State : std::uint8_t {
    nothing,   // no byte of it has come
    head,      // it is not whole
    body,      // of a refusal: more of it may come, and may be awaited for a moment
    complete,  // a refusal or a redirect
    switched,  // 101, and nothing is wrong with it
    failed,
  };

  // So much of heads is read, those of 1xx included, and of a body.
  static constexpr std::size_t kMaxHead = 64u << 10;
  static constexpr std::size_t kMaxBody = 8u << 10;

  explicit AnswerReader(Offer offer) : offer_(std::move(offer)) {}

  // Returns how many bytes were taken. Those after a 101 are the session's.
  std::size_t receive(std::string_view bytes);
  // The connection has ended, or nobody waits any longer: a body is as whole as it will be.
  void end();

  State state() const { return state_; }
  AnswerFault fault() const { return fault_; }
  const Answer& answer() const { return answer_; }
  // The heads that have come, as they are written, for logs; moved out.
  std::string take_heads() { return std::exchange(heads_, {}); }

 private:
  bool receive_line(std::string_view line);
  bool read_status_line(std::string_view line);
  bool read_field(std::string_view line);
  void finish_head();
  void begin_body();
  void receive_body(std::string_view bytes);
  AnswerFault judge() const;
  AnswerFault judge_choices();
  void fail(AnswerFault fault);

  Offer offer_;
  Answer answer_;
  std::string line_;  // what has come of one
  std::string heads_;
  std::size_t head_bytes_ = 0;
  std::optional<std::uint64_t> body_left_;  // by Content-Length
  bool chunked_ = false;
  int minor_version_ = 0;
  http1::ChunkedReader chunks_;
  State state_ = State::nothing;
  AnswerFault fault_ = AnswerFault::none;
};

}  // namespace rt::ws
