#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "codec/http_fields.hpp"
#include "codec/http_request.hpp"
#include "model/defaults.hpp"

namespace rt::http1 {

enum class Refusal : std::uint8_t;  // codec/http1_head.hpp
struct Framing;

// What a server accepts (RFC 9112 leaves the sizes to it).
struct Limits {
  std::size_t max_head = 32u << 10;   // request line and header section, CRLFs included: 431
  std::size_t max_target = 8u << 10;  // 414
  std::size_t max_headers = 100;      // 431
  std::size_t max_body = defaults::kMaxMessage;  // 413
};

// One request. The views live until the decoder's next receive() or reset(), and, when the whole
// head came in one receive(), no longer than the bytes given to it. The decoder leaves `scheme` and
// `websocket` alone (see ws::wish_of).
struct Request : http::Request {
  int minor_version = 1;         // HTTP/1.x: 0, or 1 for all that is higher
  bool keep_alive = true;        // the connection may be used again after this request
  bool has_body = false;         // a Content-Length > 0 or chunked
  bool expect_continue = false;  // HTTP/1.1 only
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
  // Bytes of memory that it keeps of a request whose end has not come.
  std::size_t held() const;
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

// Appends "HTTP/1.1 200 OK\r\n".
void append_status_line(std::string& out, int status);
// Appends "name: value\r\n" for each field.
void append_fields(std::string& out, const http::Fields& fields);
// Appends "Content-Length: 12\r\n".
void append_content_length(std::string& out, std::uint64_t length);

}  // namespace rt::http1
