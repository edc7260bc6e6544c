#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/http1.hpp"
#include "codec/http_bytes.hpp"

namespace rt::http1 {

// Why a request is refused. Each has a status and a line of text.
enum class Refusal : std::uint8_t {
  none,
  line_end,
  empty_lines,
  request_line,
  method_size,
  target_size,
  target,
  version,
  head_size,
  field,
  folded_field,
  field_count,
  host_missing,
  host,
  content_length,
  two_framings,
  transfer_coding,
  transfer_coding_unknown,
  body_size,
  expectation,
  chunk,
  chunk_extension,
  trailer,
  trailer_size,
};

int status_of(Refusal refusal);
std::string_view reason_of(Refusal refusal);

// How the body is delimited. Neither chunked nor a length: there is none.
struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;
};

// How much of a head has been read: whole lines only.
struct HeadProgress {
  std::size_t bytes = 0;
  std::size_t lines = 0;
};

// The bytes that a head may have before its line number `lines` has ended, and the refusal when it
// has not.
std::size_t head_window(const Limits& limits, std::size_t lines);
Refusal window_refusal(std::size_t lines);

// One line of a head, which ends in LF. `last` is set at the empty line.
Refusal read_request_line(std::string_view line, const Limits& limits, Request& request);
Refusal read_field_line(std::string_view line, http::Field& field, bool& last);

enum class HeadOutcome { whole, partial, refused };

// Reads a head from the start of `bytes`, which do not begin with an empty line. When whole,
// `progress.bytes` is its length, `request` is filled but for its body, and `framing` is set.
HeadOutcome read_head(std::string_view bytes, const Limits& limits, Request& request,
                      Framing& framing, HeadProgress& progress, Refusal& refusal);

}  // namespace rt::http1
