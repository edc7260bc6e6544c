#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rt::http1 {

enum class Refusal : std::uint8_t;  // codec/http1_head.hpp
struct Framing;

// What a server accepts (RFC 9112 leaves the sizes to it).
struct Limits {
  std::size_t max_head = 32u << 10;   // request line and header section, CRLFs included: 431
  std::size_t max_target = 8u << 10;  // 414
  std::size_t max_headers = 100;      // 431
  std::size_t max_body = 16u << 20;   // 413
};

struct Header {
  std::string_view name;   // as sent
  std::string_view value;  // without optional white space around it
};

// One request. The views live until the decoder's next receive() or reset(), and, when the whole
// head came in one receive(), no longer than the bytes given to it.
struct Request {
  std::string_view method;  // any token: whether it is a known one is the server's business
  std::string_view target;  // origin-form, "*", or what follows an absolute-form's authority
  std::string_view path;    // the target before '?', never empty; bytes above 0x7F are let through
  std::string_view query;   // after '?', or empty
  int minor_version = 1;    // HTTP/1.x: 0, or 1 for all that is higher
  std::vector<Header> headers;
  std::string_view host;         // the Host field's value (or an absolute-form target's authority)
  bool keep_alive = true;        // the connection may be used again after this request
  bool has_body = false;         // a Content-Length > 0 or chunked
  bool expect_continue = false;  // HTTP/1.1 only
  std::string_view body;

  // The value of the first field of that name (case-insensitive), or empty with found == false.
  const Header* find(std::string_view name) const;
  std::string_view value(std::string_view name) const;  // empty when absent
  // All values of a list field joined with ", ".
  std::string joined(std::string_view name) const;
  // True when a field of that name is a comma-separated list with that token (case-insensitive).
  bool has_token(std::string_view name, std::string_view token) const;
};

// Takes a server connection's bytes and gives requests. It owns no socket. A strict reading of RFC
// 9112: what could be understood in two ways is refused (bare LF or CR, obs-fold, white space
// before the colon, two Content-Lengths, Content-Length with Transfer-Encoding, a transfer coding
// other than a single final "chunked", no or two Host fields in HTTP/1.1, a target that is not
// origin-form or absolute-form http(s) (or "*" with OPTIONS), control characters). Leading empty
// lines (CRLF) before the request line are skipped, a few of them. Chunk extensions and trailers
// are checked, bounded and dropped.
//
// What comes out does not depend on how the bytes are cut. An idle decoder (between requests) owns
// no heap memory and takes at most 48 bytes; a request that comes in one receive() without chunks
// costs no allocation.
class RequestDecoder {
 public:
  enum class State : std::uint8_t {
    idle,      // nothing of the next request has come
    head,      // part of a head has come
    body,      // the head is whole, the body is not
    complete,  // the request is whole
    failed,    // refused: see status() and reason(); the connection must be closed
  };

  explicit RequestDecoder(const Limits& limits);  // limits must outlive the decoder
  ~RequestDecoder();
  RequestDecoder(RequestDecoder&&) noexcept;
  RequestDecoder& operator=(RequestDecoder&&) noexcept;

  // Takes bytes up to the end of one request and returns how many were taken; the rest belongs to
  // the next request (pipelining). Fills `request`, a scratch object that the caller may share
  // among decoders: it is valid when the state is complete, and when it has just become body.
  // When the request did not come in one receive(), its views point into the decoder's own copy.
  // Takes nothing when complete or failed.
  std::size_t receive(std::string_view bytes, Request& request);

  State state() const { return state_; }
  // After complete: forgets the request and its memory. state() is idle.
  void reset();

  // When complete, once: the body, moved out of the decoder when it holds it and copied otherwise.
  std::string take_body(const Request& request);

  // When failed: the status to answer (400, 413, 414, 417, 431, 501 or 505).
  int status() const;
  std::string_view reason() const;  // one line, what is wrong

 private:
  struct Partial;

  std::size_t start(std::string_view bytes, Request& request);
  std::size_t resume_head(std::string_view bytes, Request& request);
  std::size_t begin_body(std::string_view head, std::string_view rest, const Framing& framing,
                         Request& request);
  std::size_t resume_body(std::string_view bytes, Request& request);
  Refusal feed_body(std::string_view bytes, std::size_t& taken);
  void refill(Request& request) const;
  std::size_t refuse(Refusal refusal, std::size_t taken);

  const Limits* limits_;
  std::unique_ptr<Partial> partial_;
  State state_ = State::idle;
  Refusal refusal_{};
  std::uint8_t empty_lines_ = 0;
};

// The standard reason phrase, "Unknown" for a status without one here.
std::string_view reason_phrase(int status);

// Appends "HTTP/1.1 200 OK\r\n".
void append_status_line(std::string& out, int status);
// Appends "name: value\r\n". CR, LF and NUL in either are replaced by spaces: no injection.
void append_header(std::string& out, std::string_view name, std::string_view value);
void append_header(std::string& out, std::string_view name, std::uint64_t value);

// A field name is a token (RFC 9110 section 5.1).
bool valid_field_name(std::string_view name);
// A field value may hold anything but control characters other than tab.
bool valid_field_value(std::string_view value);

// Content negotiation (RFC 9110 section 12.5.1): the quality (0 to 1000) that an Accept field's
// value gives to a media type such as "text/event-stream"; an empty Accept accepts all with 1000.
// The most specific range counts; parameters other than q are not looked at.
int accept_quality(std::string_view accept, std::string_view media_type);
// True when the Accept value names that very type (no wildcard) with a quality above 0.
bool accepts_explicitly(std::string_view accept, std::string_view media_type);
// True when it names that very type with this profile parameter (a token or a quoted string, in any
// case) and a quality above 0: `text/event-stream;profile="rt.v1"`.
bool accepts_profile(std::string_view accept, std::string_view media_type,
                     std::string_view profile);

// True when an If-None-Match value matches the entity tag (given with its quotes): weak
// comparison, RFC 9110 section 13.1.2. "*" matches.
bool etag_matches(std::string_view if_none_match, std::string_view etag);

// Takes the next "name=value" off the front of a query string, as it is written. False at the end.
bool next_parameter(std::string_view& query, std::string_view& name, std::string_view& value);
// The value of a parameter, percent-decoded ('+' stays '+'); a malformed escape leaves it as it is.
std::string decode_parameter(std::string_view value);

}  // namespace rt::http1
