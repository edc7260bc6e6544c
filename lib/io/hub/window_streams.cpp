#include "io/hub/window_streams.hpp"

#include <asio/post.hpp>
#include <memory>
#include <utility>

#include "io/hub/delivery.hpp"
#include "io/hub/listed.hpp"

namespace rt {
namespace {

constexpr std::size_t kPiece = 64u << 10;
constexpr std::size_t kTurn = 256u << 10;  // then others have one

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
        end_(end),
        alive_(std::make_shared<Stream*>(this)) {}
  ~Stream() { *alive_ = nullptr; }

  void begin(const http::Fields& fields, Channel& channel, std::uint64_t start) {
    channel.attach(*this, start);
    if (exchange_.open_body(fields, *this))
      write();
    else
      delete this;
  }
  // What is published now is not part of the answer.
  void flush(Delivery&) override {}
  void cut() override {}
  const Identity& identity() const override { return exchange_.identity(); }

 private:
  void write() {
    for (std::size_t written = 0; written < kTurn;) {
      body_.add_window(owner_.hub_.hub, *channel(), position, end_, kPiece);
      const bool last = position >= end_;
      const std::string piece = body_.take(last);
      const bool room = exchange_.write_body(piece);
      if (last) {
        exchange_.end_stream();
        delete this;
        return;
      }
      if (!room) return;
      written += piece.size();
    }
    asio::post(owner_.hub_.reactor.context(), [stream = alive_] {
      if (*stream != nullptr) (*stream)->write();
    });
  }
  void on_writable() override { write(); }
  void on_gone() override { delete this; }

  WindowStreams& owner_;
  Exchange& exchange_;
  WindowBody body_;
  const std::uint64_t end_;
  const std::shared_ptr<Stream*> alive_;  // null behind it: what was posted is for nobody
};

WindowStreams::~WindowStreams() {
  while (!streams_.empty()) delete streams_.back();
}

void WindowStreams::answer(Exchange& exchange, const http::Fields& more_fields, WindowBody body,
                           Channel& channel, std::uint64_t position) {
  const Hub& hub = hub_.hub;
  const std::uint64_t end =
      position + body.room(static_cast<std::size_t>(channel.end() - position));
  const MessageId cursor = cursor_before(hub, channel, end);
  body.add_window(hub, channel, position, end, kPiece);
  if (position >= end) {
    Response response = body.finish(cursor);
    response.fields.add(more_fields);
    return exchange.respond(response);
  }
  http::Fields fields = body.fields(cursor);
  fields.add(more_fields);
  (new Stream(*this, exchange, std::move(body), end))->begin(fields, channel, position);
}

}  // namespace rt
