#include "codec/http1_chunked.hpp"

#include <algorithm>

#include "base/growing.hpp"
#include "base/text.hpp"

namespace rt::http1 {
namespace {

constexpr std::uint8_t kMaxSizeDigits = 16;
constexpr std::uint32_t kMaxExtensionBytes = 4096;  // of all the chunks of one body
constexpr std::uint32_t kMaxTrailerBytes = 8192;

}  // namespace

void append_bounded(std::string& body, std::string_view bytes, std::size_t limit) {
  grow_exactly(body, grown_capacity(body, body.size() + bytes.size(), limit));
  body.append(bytes);
}

std::size_t ChunkedReader::receive(std::string_view bytes, std::size_t max_body,
                                   std::string& body) {
  std::size_t taken = 0;
  while (taken < bytes.size() && phase_ != Phase::done && refusal_ == Refusal::none) {
    if (phase_ != Phase::data) {
      receive_byte(bytes[taken++], max_body - body.size());
      continue;
    }
    const auto piece = bytes.substr(
        taken, static_cast<std::size_t>(std::min<std::uint64_t>(size_, bytes.size() - taken)));
    append_bounded(body, piece, max_body);
    taken += piece.size();
    size_ -= piece.size();
    if (size_ == 0) phase_ = Phase::data_cr;
  }
  return taken;
}

void ChunkedReader::receive_byte(char c, std::size_t left) {
  switch (phase_) {
    case Phase::first_digit:
    case Phase::size:
      return receive_size_byte(c, left);
    case Phase::before_extension:
    case Phase::extension:
      return receive_extension_byte(c);
    case Phase::size_lf:
      return expect(c, '\n', size_ > 0 ? Phase::data : Phase::trailer_start);
    case Phase::data_cr:
      return expect(c, '\r', Phase::data_lf);
    case Phase::data_lf:
      digits_ = 0;
      return expect(c, '\n', Phase::first_digit);
    case Phase::trailer_start:
    case Phase::trailer_name:
    case Phase::trailer_value:
      return receive_trailer_byte(c);
    case Phase::trailer_lf:
      return expect(c, '\n', Phase::trailer_start);
    case Phase::end_lf:
      return expect(c, '\n', Phase::done);
    case Phase::data:
    case Phase::done:
      return;
  }
}

void ChunkedReader::receive_size_byte(char c, std::size_t left) {
  const int digit = hex_value(c);
  if (digit >= 0) {
    // Leading zeros are digits too: without a bound a size line would never end.
    if (++digits_ > kMaxSizeDigits) {
      refusal_ = Refusal::chunk;
      return;
    }
    const auto value = static_cast<std::uint64_t>(digit);
    // Sixteen digits cannot overflow.
    if (((size_ << 4) | value) > left) {
      refusal_ = Refusal::body_size;
      return;
    }
    size_ = (size_ << 4) | value;
    phase_ = Phase::size;
  } else if (phase_ == Phase::first_digit) {
    refusal_ = Refusal::chunk;
  } else if (c == '\r') {
    phase_ = Phase::size_lf;
  } else if (c == ';' || c == ' ' || c == '\t') {
    phase_ = c == ';' ? Phase::extension : Phase::before_extension;
    receive_extension_byte(c);
  } else {
    refusal_ = Refusal::chunk;
  }
}

void ChunkedReader::receive_extension_byte(char c) {
  if (++extension_bytes_ > kMaxExtensionBytes) {
    refusal_ = Refusal::chunk_extension;
  } else if (phase_ == Phase::before_extension) {
    if (c == ';') {
      phase_ = Phase::extension;
    } else if (c != ' ' && c != '\t') {
      refusal_ = Refusal::chunk;
    }
  } else if (c == '\r') {
    phase_ = Phase::size_lf;
  } else if (!http::is(c, http::kTextByte)) {
    refusal_ = Refusal::chunk;
  }
}

void ChunkedReader::receive_trailer_byte(char c) {
  if (++trailer_bytes_ > kMaxTrailerBytes) {
    refusal_ = Refusal::trailer_size;
  } else if (phase_ == Phase::trailer_start && c == '\r') {
    phase_ = Phase::end_lf;
  } else if (phase_ == Phase::trailer_value) {
    if (c == '\r') {
      phase_ = Phase::trailer_lf;
    } else if (!http::is(c, http::kTextByte)) {
      refusal_ = Refusal::trailer;
    }
  } else if (phase_ == Phase::trailer_name && c == ':') {
    phase_ = Phase::trailer_value;
  } else if (http::is(c, http::kTokenByte)) {
    phase_ = Phase::trailer_name;
  } else {
    refusal_ = Refusal::trailer;
  }
}

void ChunkedReader::expect(char c, char wanted, Phase next) {
  if (c == wanted) {
    phase_ = next;
  } else {
    refusal_ =
        phase_ == Phase::trailer_lf || phase_ == Phase::end_lf ? Refusal::trailer : Refusal::chunk;
  }
}

}  // namespace rt::http1
