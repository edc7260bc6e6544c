#include "io/hub/window_streams.hpp"

#include <algorithm>
#include <utility>

#include "io/hub/listed.hpp"

namespace rt {
namespace {

constexpr std::size_t kPiece = 64u << 10;
constexpr std::size_t kTurn = 256u << 10;  // then others have one

std::uint64_t end_of(const WindowBody& body, const Channel& channel, std::uint64_t position) {
  return position + body.room(static_cast<std::size_t>(channel.end() - position));
}

bool is_long(Channel& channel, std::uint64_t position, std::uint64_t end) {
  std::size_t bytes = 0;
  for (position = std::max(position, channel.begin()); position < end && bytes <= kPiece;
       ++position)
    bytes += channel.at(position).message->payload.size();
  return bytes > kPiece;
}

}  // namespace

// It deletes itself when all is written, or its peer is gone.
class WindowStreams::Stream final : public Subscriber,
                                    public Listed<Stream>,
                                    private ExchangeListener {
 public:
  Stream(WindowStreams& owner, Exchange& exchange, WindowBody body, std::uint64_t end)
      : Listed(owner.streams_, this),
        owner_(owner),
        exchange_(exchange),
        body_(std::move(body)),
        end_(end) {}

  void begin(const http::Fields& fields, Channel& channel, std::uint64_t start) {
    channel.attach(*this, start);
    if (exchange_.open_body(fields, *this))
      go_on_later();
    else
      delete this;
  }
  // What is published now is not part of the answer.
  void flush(Delivery&) override {
    if (has_turn_ && !next_turn_.stands()) write();
  }
  void cut() override {
    exchange_.cut();
    delete this;
  }
  const Identity& identity() const override { return exchange_.identity(); }

 private:
  void go_on_later() {
    has_turn_ = true;
    owner_.delivery_.goes_on_later(next_turn_, *this);
  }
  void write() {
    has_turn_ = false;
    for (std::size_t written = 0; written < kTurn;) {
      body_.add_window(owner_.hub_.hub, *channel(), position, end_, kPiece);
      if (body_.in_middle()) owner_.delivery_.trim_soon();
      const bool last = position >= end_ && !body_.in_middle();
      const std::string piece = body_.take(last);
      const bool room = exchange_.write_body(piece);
      if (last) {
        exchange_.end_stream();
        delete this;
        return;
      }
      if (!room) {
        if (body_.in_middle())
          owner_.delivery_.stalls(stall_, *this, {body_.sequence(), body_.made()});
        return;
      }
      written += piece.size();
    }
    go_on_later();
  }
  void on_writable() override {
    stall_.end();
    write();
  }
  void on_gone() override { delete this; }

  WindowStreams& owner_;
  Exchange& exchange_;
  WindowBody body_;
  const std::uint64_t end_;
  PlaceInLine stall_;
  PlaceInLine next_turn_;
  bool has_turn_ = false;  // or stands in line for it
};

WindowStreams::~WindowStreams() {
  while (!streams_.empty()) delete streams_.back();
}

void WindowStreams::answer(Exchange& exchange, const http::Fields& more_fields, WindowBody body,
                           Channel& channel, std::uint64_t position) {
  const std::uint64_t end = end_of(body, channel, position);
  const MessageId cursor = cursor_before(hub_.hub, channel, end);
  // Many may ask at a time: each in its turn.
  const bool in_pieces = is_long(channel, position, end);
  if (!in_pieces) body.add_window(hub_.hub, channel, position, end, kPiece);
  if (position < end || in_pieces)
    return stream(exchange, more_fields, std::move(body), channel, position, end, cursor);
  Response response = body.finish(cursor);
  response.fields.add(more_fields);
  exchange.respond(response);
}

void WindowStreams::answer_later(Exchange& exchange, const http::Fields& more_fields,
                                 WindowBody body, Channel& channel, std::uint64_t position) {
  const std::uint64_t end = end_of(body, channel, position);
  const MessageId cursor = cursor_before(hub_.hub, channel, end);
  stream(exchange, more_fields, std::move(body), channel, position, end, cursor);
}

void WindowStreams::stream(Exchange& exchange, const http::Fields& more_fields, WindowBody body,
                           Channel& channel, std::uint64_t position, std::uint64_t end,
                           const MessageId& cursor) {
  http::Fields fields = body.fields(cursor);
  fields.add(more_fields);
  (new Stream(*this, exchange, std::move(body), end))->begin(fields, channel, position);
}

}  // namespace rt
