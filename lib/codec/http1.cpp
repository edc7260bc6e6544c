#include "codec/http1.hpp"

#include "base/growing.hpp"
#include "codec/http1_chunked.hpp"
#include "codec/http1_head.hpp"

namespace rt::http1 {
namespace {

constexpr std::uint8_t kMaxEmptyLines = 4;

}  // namespace

// What is kept of a request that did not come whole in one receive().
struct RequestDecoder::Partial {
  std::string head;  // from the request line on; a lone CR may be half of an empty line instead
  HeadProgress progress;
  Framing framing;
  ChunkedReader chunks;
  std::string body;

  bool body_done() const { return framing.chunked ? chunks.done() : body.size() == framing.length; }
};

RequestDecoder::RequestDecoder(const Limits& limits) : limits_(&limits) {}
RequestDecoder::~RequestDecoder() = default;
RequestDecoder::RequestDecoder(RequestDecoder&&) noexcept = default;
RequestDecoder& RequestDecoder::operator=(RequestDecoder&&) noexcept = default;

std::size_t RequestDecoder::receive(std::string_view bytes, Request& request) {
  switch (state_) {
    case State::idle:
      return start(bytes, request);
    case State::head:
      return bytes.empty() ? 0 : resume_head(bytes, request);
    case State::body:
      return resume_body(bytes, request);
    case State::complete:
    case State::failed:
      break;
  }
  return 0;
}

void RequestDecoder::reset() {
  partial_.reset();
  state_ = State::idle;
  refusal_ = Refusal::none;
  empty_lines_ = 0;
}

std::size_t RequestDecoder::held() const {
  return partial_ ? sizeof(Partial) + partial_->head.capacity() + partial_->body.capacity() : 0;
}

std::string RequestDecoder::take_body(const Request& request) {
  if (partial_ && request.body.data() == partial_->body.data()) {
    drop_spare_room(partial_->body);
    return std::move(partial_->body);
  }
  return std::string(request.body);
}

int RequestDecoder::status() const {
  return status_of(refusal_);
}

std::string_view RequestDecoder::reason() const {
  return reason_of(refusal_);
}

std::size_t RequestDecoder::refuse(Refusal refusal, std::size_t taken) {
  partial_.reset();
  state_ = State::failed;
  refusal_ = refusal;
  return taken;
}

std::size_t RequestDecoder::start(std::string_view bytes, Request& request) {
  std::size_t first = 0;
  while (first < bytes.size() && bytes[first] == '\r') {
    if (first + 1 == bytes.size()) break;
    if (bytes[first + 1] != '\n') return refuse(Refusal::line_end, bytes.size());
    if (++empty_lines_ > kMaxEmptyLines) return refuse(Refusal::empty_lines, bytes.size());
    first += 2;
  }
  if (first == bytes.size()) return first;

  const std::string_view rest = bytes.substr(first);
  Framing framing;
  HeadProgress progress;
  Refusal refusal = Refusal::none;
  HeadOutcome outcome = HeadOutcome::partial;
  if (rest.front() != '\r') {
    // At once, so that a TLS handshake on this port is answered rather than waited out.
    if (!http::is(rest.front(), http::kTokenByte))
      return refuse(Refusal::request_line, bytes.size());
    outcome = read_head(rest, *limits_, request, framing, progress, refusal);
  }
  switch (outcome) {
    case HeadOutcome::whole:
      return first + progress.bytes +
             begin_body(rest.substr(0, progress.bytes), rest.substr(progress.bytes), framing,
                        request);
    case HeadOutcome::partial:
      partial_ = std::make_unique<Partial>();
      partial_->head = rest;
      partial_->progress = progress;
      state_ = State::head;
      break;
    case HeadOutcome::refused:
      return refuse(refusal, bytes.size());
  }
  return bytes.size();
}

std::size_t RequestDecoder::resume_head(std::string_view bytes, Request& request) {
  if (partial_->head == "\r") {
    if (bytes.front() != '\n') return refuse(Refusal::line_end, bytes.size());
    if (++empty_lines_ > kMaxEmptyLines) return refuse(Refusal::empty_lines, bytes.size());
    partial_.reset();
    state_ = State::idle;
    return 1 + start(bytes.substr(1), request);
  }

  std::string& head = partial_->head;
  HeadProgress& progress = partial_->progress;
  std::size_t taken = 0;
  for (bool last = false; !last;) {
    const std::size_t room = head_window(*limits_, progress.lines) - head.size();
    const std::string_view rest = bytes.substr(taken, room);
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      if (rest.size() >= room) return refuse(window_refusal(progress.lines), bytes.size());
      head.append(rest);
      return bytes.size();
    }
    head.append(rest.substr(0, end + 1));
    taken += end + 1;

    const std::string_view line = std::string_view(head).substr(progress.bytes);
    http::Field field;
    Refusal refusal = progress.lines == 0 ? read_request_line(line, *limits_, request)
                                          : read_field_line(line, field, last);
    if (refusal == Refusal::none && progress.lines > limits_->max_headers && !last) {
      refusal = Refusal::field_count;
    }
    if (refusal != Refusal::none) return refuse(refusal, bytes.size());
    progress.bytes = head.size();
    ++progress.lines;
  }

  Framing framing;
  Refusal refusal = Refusal::none;
  if (read_head(head, *limits_, request, framing, progress, refusal) != HeadOutcome::whole) {
    return refuse(refusal, bytes.size());
  }
  return taken + begin_body(head, bytes.substr(taken), framing, request);
}

std::size_t RequestDecoder::begin_body(std::string_view head, std::string_view rest,
                                       const Framing& framing, Request& request) {
  const bool own_head = partial_ != nullptr;
  if (!framing.chunked && (framing.length == 0 || (!own_head && rest.size() >= framing.length))) {
    request.body = rest.substr(0, static_cast<std::size_t>(framing.length));
    state_ = State::complete;
    return request.body.size();
  }
  if (!own_head) partial_ = std::make_unique<Partial>();
  partial_->framing = framing;
  std::size_t taken = 0;
  const Refusal refusal = feed_body(rest, taken);
  if (refusal != Refusal::none) return refuse(refusal, taken);
  if (partial_->body_done()) {
    request.body = partial_->body;
    state_ = State::complete;
  } else {
    state_ = State::body;
    if (!own_head) {
      partial_->head = head;
      refill(request);
    }
  }
  return taken;
}

std::size_t RequestDecoder::resume_body(std::string_view bytes, Request& request) {
  std::size_t taken = 0;
  const Refusal refusal = feed_body(bytes, taken);
  if (refusal != Refusal::none) return refuse(refusal, taken);
  if (partial_->body_done()) {
    refill(request);
    request.body = partial_->body;
    state_ = State::complete;
  }
  return taken;
}

Refusal RequestDecoder::feed_body(std::string_view bytes, std::size_t& taken) {
  Partial& partial = *partial_;
  if (partial.framing.chunked) {
    taken = partial.chunks.receive(bytes, limits_->max_body, partial.body);
    return partial.chunks.refusal();
  }
  const auto length = static_cast<std::size_t>(partial.framing.length);
  const std::string_view piece = bytes.substr(0, length - partial.body.size());
  append_bounded(partial.body, piece, length);
  taken = piece.size();
  return Refusal::none;
}

// The head was read before, so it is whole and allowed.
void RequestDecoder::refill(Request& request) const {
  Framing framing;
  HeadProgress progress;
  Refusal refusal = Refusal::none;
  read_head(partial_->head, *limits_, request, framing, progress, refusal);
}

}  // namespace rt::http1
