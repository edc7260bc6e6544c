#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/http1_head.hpp"

namespace rt::http1 {

// Appends to a body whose final length is at most `limit`, growing geometrically with what really
// came: a declared length alone reserves nothing.
void append_bounded(std::string& body, std::string_view bytes, std::size_t limit);

// Takes a chunked body (RFC 9112 section 7.1) and appends its content to a string. Every line must
// end in CRLF; extensions and trailer fields are checked for their bytes, bounded and dropped.
class ChunkedReader {
 public:
  // Returns how many bytes were taken: all, unless the body has ended or is refused.
  std::size_t receive(std::string_view bytes, std::size_t max_body, std::string& body);

  bool done() const { return phase_ == Phase::done; }
  Refusal refusal() const { return refusal_; }

 private:
  enum class Phase : std::uint8_t {
    first_digit,
    size,
    before_extension,  // white space after the size, which only an extension may follow
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
  };

  // One byte outside the chunks' data.
  void receive_byte(char c, std::size_t left);
  void receive_size_byte(char c, std::size_t left);
  void receive_extension_byte(char c);
  void receive_trailer_byte(char c);
  void expect(char c, char wanted, Phase next);

  std::uint64_t size_ = 0;  // of the chunk, then what is left of it
  std::uint32_t extension_bytes_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  std::uint8_t digits_ = 0;
  Phase phase_ = Phase::first_digit;
  Refusal refusal_ = Refusal::none;
};

}  // namespace rt::http1
